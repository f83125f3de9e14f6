"""A text with some of its words repaired, and the new position of every character."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from relknit.data.sentence_keys import trim
from relknit.document import Document
from relknit.text.repair import repair_token

Offset = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Repair:
    """Replaces the characters `start` to `end` (exclusive) of a text by `words`."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class RepairedText:
    """A text after repairs, which are in reading order and do not overlap."""

    text: str
    repairs: tuple[Repair, ...] = ()

    def moved(self, place: int) -> int:
        """The new position of a position in the original text; one inside a repaired word stays inside it."""
        shift = 0
        for repair in self.repairs:
            if place <= repair.start:
                break
            if place < repair.end:
                return repair.start + shift + min(place - repair.start, len(repair.words))
            shift += len(repair.words) - (repair.end - repair.start)
        return place + shift

    def trimmed(self, start: int, end: int) -> Offset:
        """The new range of a range of the original text, without spaces at its ends unless it is all spaces."""
        start, end = self.moved(start), self.moved(end)
        held = self.text[start:end]
        inner = trim(held) or held
        start += held.index(inner)
        return start, start + len(inner)


def repaired_text(document: Document, words: Sequence[str]) -> RepairedText | None:
    """The document's text with its tokens replaced by `words`, word by word if it has no offsets; None without text.

    A token that differs from the characters at its offset is left as the text has it.
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
