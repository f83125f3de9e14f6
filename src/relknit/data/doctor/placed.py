"""A text with some of its words repaired, and where every place in it has moved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relknit.data.doctor.text import trim
from relknit.document import Document
from relknit.text.repair import repair_token

Offset = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Repair:
    """The characters `start` to `end` (exclusive) of a text are to be `words`."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class RepairedText:
    """A text after repairs, which stand in its order and do not overlap."""

    text: str
    repairs: tuple[Repair, ...] = ()

    def moved(self, place: int) -> int:
        """Where a place of the text before the repairs is now; one inside a repaired word stays inside."""
        shift = 0
        for repair in self.repairs:
            if place <= repair.start:
                break
            if place < repair.end:
                return repair.start + shift + min(place - repair.start, len(repair.words))
            shift += len(repair.words) - (repair.end - repair.start)
        return place + shift

    def trimmed(self, start: int, end: int) -> Offset:
        """A stretch of the text before the repairs as it lies now, without spaces at its ends unless it is all spaces."""
        start, end = self.moved(start), self.moved(end)
        held = self.text[start:end]
        inner = trim(held) or held
        start += held.index(inner)
        return start, start + len(inner)


def repaired_text(document: Document, words: Sequence[str]) -> RepairedText | None:
    """The document's text with its placed tokens as in `words`, or word by word where none is placed; None without text.

    A token whose offset holds other characters than the token is left as the text has it.
    """
    text = document.text
    if text is None:
        return None
    if document.offsets is not None:
        triples = zip(document.offsets, document.tokens, words, strict=True)
        found = [
            Repair(*span, after)
            for span, before, after in triples
            if span is not None and after != before == text[span[0] : span[1]]
        ]
    elif tuple(words) != document.tokens:
        pairs = ((word, repair_token(word[0])) for word in re.finditer(r"\S+", text))
        found = [Repair(*word.span(), after) for word, after in pairs if after != word[0]]
    else:
        found = []
    return RepairedText(_applied(text, found), tuple(found))


def _applied(text: str, repairs: Sequence[Repair]) -> str:
    parts, cursor = [], 0
    for repair in repairs:
        parts += [text[cursor : repair.start], repair.words]
        cursor = repair.end
    return "".join([*parts, text[cursor:]])
