"""Word pieces of a batch as sequences that the transformer has positions for, each piece once.

Where a sentence has more pieces than there is room for, they are read in overlapping sequences, split by the same
`text.windows` as everywhere, and each piece is taken from the sequence in which it is farther from a split.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relknit.encoders.transformer.word_pieces import PieceRules
from relknit.text.windows import windows

LEAST_LENGTH: Final = 0.75  # of the longest sequence beside it: a CPU pays for padding, and hardly for calls


class Sequences(NamedTuple):
    """Sequences of about one length for the transformer, S of them."""

    pieces: NDArray[np.int64]  # (S, longest) which of P pieces is there; from P on those before, after, the padding
    inside: NDArray[np.bool_]  # (S, longest) false for padding


class Layout(NamedTuple):
    """All sequences of a batch, and where each of its pieces is taken from."""

    groups: tuple[Sequences, ...]
    place: NDArray[np.int64]  # (P,) counted over all elements of all groups, end to end


def layout(counts: Sequence[int], rules: PieceRules, *, least: float) -> Layout:
    """One sequence per sentence that has pieces, or overlapping ones of a sentence with more than there is room for.

    counts: pieces of each sentence. Each piece is taken from where it is farther from a split, at a tie from the first.
    least: the shortest sequence of a group, as a fraction of its longest.
    """
    ranges: list[tuple[int, int]] = []
    first = 0
    for count in counts:
        ranges += [(first + start, first + end) for start, end in windows([(0, count)], rules.room)]
        first += count
    place, margin = np.zeros(first, dtype=np.int64), np.full(first, -1)
    groups: list[Sequences] = []
    offset = 0
    for members in _groups(ranges, least):
        group = _sequences(members, first, rules)
        for row, (start, end) in enumerate(members):
            inside = np.arange(end - start)
            own = np.minimum(inside, inside[::-1])
            better = own > margin[start:end]
            place[start:end][better] = offset + row * group.pieces.shape[1] + len(rules.before) + inside[better]
            margin[start:end][better] = own[better]
        groups.append(group)
        offset += group.pieces.size
    return Layout(tuple(groups), place)


def _groups(ranges: Sequence[tuple[int, int]], least: float) -> list[list[tuple[int, int]]]:
    """The ranges from the longest to the shortest, a new group wherever one is too short for the last."""
    groups: list[list[tuple[int, int]]] = []
    longest = 0
    for start, end in sorted(ranges, key=lambda span: (span[0] - span[1], span)):
        if not groups or end - start < least * longest:
            groups.append([])
            longest = end - start
        groups[-1].append((start, end))
    return groups


def _sequences(ranges: Sequence[tuple[int, int]], total: int, rules: PieceRules) -> Sequences:
    """The pieces of these ranges, of `total` in all, each between the special ones, filled up to the longest."""
    before = list(range(total, total + len(rules.before)))
    after = list(range(total + len(before), total + len(before) + len(rules.after)))
    padding = total + len(before) + len(after)
    rows = [[*before, *range(start, end), *after] for start, end in ranges]
    width = max(map(len, rows))
    pieces = np.array([row + [padding] * (width - len(row)) for row in rows], dtype=np.int64)
    return Sequences(pieces, pieces < padding)
