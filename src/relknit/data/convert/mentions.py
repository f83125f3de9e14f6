"""Which mention of a name in a text a triple means, where the file does not say."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import groupby, islice
from typing import Final

from relknit.data.convert.same_look import FoldedText

Mention = tuple[int, int]
"""Characters [start, end) of the text."""

_MOST: Final = 100  # mentions of one name that are considered, which bounds the work on any text
_WORD_BEFORE: Final = re.compile(r"[^\s.!?:;\"“”(]\s([^\W\d_])[\w.'’-]{0,60} \Z")  # not the first word of a sentence
_BEGIN: Final = re.compile(r"(?<![^\W_])[^\W_]|[^\w\s]|_")  # anything but a space, not inside a word
_CLAUSE_END: Final = re.compile(r"[.;!?]\s|[。；！？]")
_WORD_AFTER: Final = re.compile(r" ([^\W\d_])")


class Mentions:
    """The mentions of some names in a text, best ones first.

    A mention that overlaps one of a longer name is the last choice ("Leeds" in "University of Leeds"); before that comes,
    with `by_case`, one inside a longer run of capitalised words ("Holt" in "Mira Holt"). Mentions between word borders hide
    those inside words, and mentions that begin and end with tokens precede the others.
    """

    def __init__(
        self, text: str, tokens: Sequence[tuple[str, int, int]], names: Iterable[str], *, by_case: bool = True
    ) -> None:
        self._text, self._by_case = text, by_case
        self._starts = {start for _, start, _ in tokens}
        self._ends = {end for _, _, end in tokens}
        self.alike: set[str] = set()
        self._best: dict[str, list[Mention]] = {}
        taken = bytearray(len(text))
        longest_first = sorted(dict.fromkeys(names), key=len, reverse=True)
        for _, group in groupby(longest_first, key=len):
            found = {name: self._find(name) for name in group}
            self._best |= {name: self._ranked(mentions, taken) for name, mentions in found.items()}
            for start, end in (mention for mentions in found.values() for mention in mentions):
                taken[start:end] = b"\x01" * (end - start)

    def of(self, name: str) -> list[Mention]:
        """The mentions among which only their order and distance can decide, in reading order; empty if there are none."""
        return self._best[name]

    def nearest(self, heads: Sequence[Mention], tails: Sequence[Mention]) -> tuple[Mention, Mention]:
        """The head and tail with the fewest clauses between them, then the fewest characters; on a tie the first."""

        def distance(pair: tuple[Mention, Mention]) -> tuple[int, int]:
            (start, end), (other_start, other_end) = pair
            left, right = (other_end, start) if start >= other_end else (end, other_start)
            ends = bisect_left(self._clause_ends, right) - bisect_left(self._clause_ends, left)
            return max(ends, 0), max(right - left, 0)

        return min(((head, tail) for head in heads for tail in tails), key=distance)

    @cached_property
    def _clause_ends(self) -> list[int]:
        return [match.start() for match in _CLAUSE_END.finditer(self._text)]

    def _ranked(self, mentions: list[Mention], taken: bytearray) -> list[Mention]:
        if len(mentions) < 2:
            return mentions

        def rank(mention: Mention) -> tuple[bool, bool, bool]:
            start, end = mention
            on_tokens = start in self._starts and end in self._ends
            return 1 in taken[start:end], self._is_in_longer_name(start, end), not on_tokens

        ranks = [rank(mention) for mention in mentions]
        best = min(ranks)
        return [mention for mention, own in zip(mentions, ranks, strict=True) if own == best]

    def _is_in_longer_name(self, start: int, end: int) -> bool:
        """Whether a capitalised word stands beside a capitalised name, at a single space."""
        if not (self._by_case and self._text[start].isupper()):
            return False
        before = _WORD_BEFORE.search(self._text, max(0, start - 64), start)
        after = _WORD_AFTER.match(self._text, end)
        return any(beside is not None and beside[1].isupper() for beside in (before, after))

    def _find(self, name: str) -> list[Mention]:
        """The mentions with the exact characters of the name, or else those that look like it."""
        exact = [(at, at + len(name)) for at in self._own.positions(name)]
        if exact:
            return exact
        folded, looks = FoldedText(name).text.strip(), self._folded
        alike = [looks.original(at, at + len(folded)) for at in _Searched(looks.text).positions(folded)]
        if alike:
            self.alike.add(name)
        return alike

    @cached_property
    def _own(self) -> _Searched:
        return _Searched(self._text, self._starts, self._ends)

    @cached_property
    def _folded(self) -> FoldedText:
        return FoldedText(self._text)


class _Searched:
    """A text in which names are found between the borders of words or, with their starts and ends, of tokens."""

    def __init__(self, text: str, starts: AbstractSet[int] = frozenset(), ends: AbstractSet[int] = frozenset()) -> None:
        self._text, self._starts, self._ends = text, starts, ends
        # only positions with the right borders are compared, for a name may occur as often as the text has letters
        self._begins = sorted({match.start() for match in _BEGIN.finditer(text)} | starts)

    def positions(self, name: str) -> list[int]:
        """Where the name begins between borders or, if nowhere, inside words."""
        first = self._text.find(name) if name else -1
        if first < 0:
            return []
        return list(islice(self._between_borders(name, first), _MOST)) or list(islice(self._apart(name, first), _MOST))

    def _between_borders(self, name: str, first: int) -> Iterator[int]:
        for at in self._begins[bisect_left(self._begins, first) :]:
            if self._text[at] != name[0]:
                continue
            end = at + len(name)
            on_tokens = at in self._starts and end in self._ends
            on_words = not (_inside_word(self._text, at) or _inside_word(self._text, end))
            if (on_tokens or on_words) and self._text.startswith(name, at):
                yield at

    def _apart(self, name: str, first: int) -> Iterator[int]:
        at = first
        while at >= 0:
            yield at
            at = self._text.find(name, at + len(name))


def _inside_word(text: str, border: int) -> bool:
    return 0 < border < len(text) and text[border - 1].isalnum() and text[border].isalnum()
