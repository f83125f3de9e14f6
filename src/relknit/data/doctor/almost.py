"""Sentences of two splits that differ in one word: changed, added or left out.

Two such sentences share their first or their last half, so each is looked up by both halves, and only the candidates
found there are compared word by word.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import LineCheck, SourceLine

KIND: Final = "one word apart in two splits"
SHORTEST: Final = 8  # in a shorter sentence, one word is too large a difference
_MOST: Final = 50  # sentences with one half in common that are compared


class _Seen(NamedTuple):
    path: Path
    line: int
    words: array[int]


class AlmostCopies(LineCheck):
    """Finds such sentences; keeps eight bytes for each word of each sentence that is long enough."""

    def __init__(self) -> None:
        self._halves: defaultdict[int, list[_Seen]] = defaultdict(list)

    def check(self, line: SourceLine) -> Iterator[DoctorFinding]:
        """A finding if a sentence of an earlier file differs from this one in one word, ignoring case."""
        words = array("q", (hash(token.casefold()) for token in line.document.tokens))
        if len(words) < SHORTEST:
            return
        seen = _Seen(line.file.path, line.number, words)
        for other in self._candidates(words):
            if other.path != seen.path and (place := differing(words, other.words)) is not None:
                yield line.finding(KIND, _message(line, other, place))
                break
        for key in _keys(words, len(words) // 2):
            self._halves[key].append(seen)

    def _candidates(self, words: array[int]) -> Iterator[_Seen]:
        # a sentence with one word more or less may have halves of another length
        for half in dict.fromkeys((len(words) // 2, (len(words) - 1) // 2, (len(words) + 1) // 2)):
            for key in _keys(words, half):
                yield from self._halves.get(key, ())[:_MOST]


def differing(a: array[int], b: array[int]) -> int | None:
    """The index at which two sequences differ in one changed, added or missing element; None if they are equal or differ more."""
    longer, shorter = max(len(a), len(b)), min(len(a), len(b))
    if longer - shorter > 1 or a == b:
        return None
    start = next((k for k in range(shorter) if a[k] != b[k]), shorter)
    end = next((k for k in range(shorter) if a[-1 - k] != b[-1 - k]), shorter)
    return start if start + end >= longer - 1 else None


def _keys(words: array[int], half: int) -> tuple[int, int]:
    return hash(("first", *words[:half])), hash(("last", *words[len(words) - half :]))


def _message(line: SourceLine, other: _Seen, place: int) -> str:
    tokens = line.document.tokens
    if len(tokens) >= len(other.words):
        what = f"except for {tokens[place]!r}"
    else:
        what = "with one more word " + (f"before {tokens[place]!r}" if place < len(tokens) else "at the end")
    return f"the sentence is also in {other.path}:{other.line}, {what}; check whether that word changes the triples"
