"""What sampled triples earn."""

import pytest

from relknit.models.copy_re.triples import to_actions
from relknit.models.order_rl.rewards import rewards

A, B, C, NONE = (1, 1, 2), (2, 3, 1), (3, 2, 4), (0, 0, 0)


def earned(predicted, gold):
    """The reward of each of the five triples; the rest of both is NA."""
    found = rewards(flat(predicted), flat(gold))
    assert all(found[k : k + 3] == [found[k]] * 3 for k in range(0, 15, 3))
    return found[::3]


def flat(triples):
    return [part for triple in (*triples, *[NONE] * (5 - len(triples))) for part in triple]


@pytest.mark.parametrize(
    ("predicted", "gold", "expected"),
    [
        ([A, B], [B, A], [1, 1, 0.5, 0.5, 0.5]),  # in any order
        ([A, A], [A, B], [1, 0, 0.5, 0.5, 0.5]),  # a correct one again
        ([C, B], [A, B], [0, 1, 0.5, 0.5, 0.5]),  # a wrong one
        ([A], [A], [1, 0.5, 0.5, 0.5, 0.5]),  # NA in place
        ([NONE, A], [A, B], [0, 1, 0.5, 0.5, 0.5]),  # NA too early
        ([C, A], [A], [0, 0, 0.5, 0.5, 0.5]),  # a correct one too late
        ([(0, 0, 1)], [], [0, 0.5, 0.5, 0.5, 0.5]),  # NA in some parts alone
        ([A, B, C, (1, 2, 1), (4, 1, 1)], [(4, 1, 1), (1, 2, 1), C, B, A], [1, 1, 1, 1, 1]),  # all five places taken
        ([], [A, B, C, (1, 2, 1), (4, 1, 1)], [0, 0, 0, 0, 0]),
    ],
)
def test_rewards(predicted, gold, expected):
    assert earned(predicted, gold) == expected


def test_gold_actions_earn_all_that_can_be_earned():
    gold = to_actions([(0, 1, 2), (3, 2, 5)])
    assert rewards(gold, gold) == [1.0] * 6 + [0.5] * 9
