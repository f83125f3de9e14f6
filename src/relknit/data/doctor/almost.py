"""Sentences of two splits that are the same but for one word: changed, added or left out.

Two such sentences share their first or their last half, so each is looked up by both halves, and only those found there
are compared word by word.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from relknit.data.doctor.findings import Finding
from relknit.data.doctor.source import Case

KIND: Final = "one word apart in two splits"
SHORTEST: Final = 8  # in fewer words than these one says too much
_MOST: Final = 50  # sentences with one half in common that are compared


class _Seen(NamedTuple):
    path: Path
    line: int
    words: array[int]


class Almost:
    """Remembers eight bytes for each word of each sentence that is long enough."""

    def __init__(self) -> None:
        self._halves: defaultdict[int, list[_Seen]] = defaultdict(list)

    def look(self, case: Case) -> Iterator[Finding]:
        """A finding where a sentence of an earlier file is one word apart from this one, case aside."""
        words = array("q", (hash(token.casefold()) for token in case.document.tokens))
        if len(words) < SHORTEST:
            return
        seen = _Seen(case.file.path, case.line, words)
        for other in self._candidates(words):
            if other.path != seen.path and (place := differing(words, other.words)) is not None:
                yield case.finding(KIND, _message(case, other, place))
                break
        for key in _keys(words, len(words) // 2):
            self._halves[key].append(seen)

    def _candidates(self, words: array[int]) -> Iterator[_Seen]:
        # a sentence of one word more or less is cut in halves of another length, perhaps
        for half in dict.fromkeys((len(words) // 2, (len(words) - 1) // 2, (len(words) + 1) // 2)):
            for key in _keys(words, half):
                yield from self._halves.get(key, ())[:_MOST]


def differing(a: array[int], b: array[int]) -> int | None:
    """Where two sequences begin to differ, if one changed, added or missing element is all; else None, also when equal."""
    longer, shorter = max(len(a), len(b)), min(len(a), len(b))
    if longer - shorter > 1 or a == b:
        return None
    start = next((k for k in range(shorter) if a[k] != b[k]), shorter)
    end = next((k for k in range(shorter) if a[-1 - k] != b[-1 - k]), shorter)
    return start if start + end >= longer - 1 else None


def _keys(words: array[int], half: int) -> tuple[int, int]:
    return hash(("first", *words[:half])), hash(("last", *words[len(words) - half :]))


def _message(case: Case, other: _Seen, place: int) -> str:
    tokens = case.document.tokens
    if len(tokens) < len(other.words):
        what = (
            f"but for a word more there before {tokens[place]!r}" if place < len(tokens) else "but for a last word more"
        )
    else:
        what = f"but for {tokens[place]!r}"
    return f"the sentence also stands in {other.path}:{other.line}, {what}; look whether that word changes the facts"
