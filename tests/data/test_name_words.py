from __future__ import annotations

from relknit.data.name_words import LEAST_NAMES, shared_words
from relknit.data.whole_names import rename_for_training
from relknit.document import Document, Entity

FIRST = ("Heron", "Linnet", "Copper", "Slate", "Plover")


def bridge(number: int, name: str) -> Document:
    return Document(f"s{number}", (name, "Bridge", "opened", "."), (Entity(0, 2),))


BRIDGES = [bridge(number, name) for number, name in enumerate(FIRST)]


def test_a_word_of_many_names_is_shared() -> None:
    assert shared_words(BRIDGES) == {"bridge"}


def test_one_name_that_is_often_mentioned_shares_nothing() -> None:
    assert shared_words([bridge(number, "Heron") for number in range(9)]) == frozenset()
    assert shared_words(BRIDGES[: LEAST_NAMES - 1]) == frozenset()


def test_a_word_of_a_small_fraction_of_the_names_is_not_shared() -> None:
    others = [Document(f"o{k}", (f"Name{k}x",), (Entity(0, 1),)) for k in range(200)]
    assert shared_words([*BRIDGES, *others]) == frozenset()


def test_renamed_for_training_names_keep_the_words_they_share() -> None:
    kept = shared_words(BRIDGES)
    for seed in range(20):
        for document in BRIDGES:
            renamed = rename_for_training(document, seed, kept=kept)
            assert renamed.tokens[0] != document.tokens[0]
            assert renamed.tokens[1:] == document.tokens[1:]
