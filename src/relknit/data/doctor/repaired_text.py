"""A text with some of its words repaired, and the new position of every character."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from relknit.data.sentence_keys import trim
from relknit.document import Document
from relknit.text.repair import repair_token


class Repair(NamedTuple):
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

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """The new range of a range of the original text, without spaces at its ends unless it is all spaces."""
        start, end = self.moved(start), self.moved(end)
        words = self.text[start:end]
        inner = trim(words) or words
        start += words.index(inner)
        return start, start + len(inner)


def repaired_text(document: Document, words: Sequence[str]) -> RepairedText | None:
    """The document's text with its tokens replaced by `words`, word by word if it has no offsets; None without text.

    A token that differs from the characters at its offset is left as the text has it.
    """
    text = document.text
    if text is None:
        return None
    found: list[Repair] = []
    if document.offsets is not None:
        triples = zip(document.offsets, document.tokens, words, strict=True)
        placed = [(span, before, after) for span, before, after in triples if span is not None]
        found = [Repair(*span, after) for span, before, after in placed if after != before == text[span[0] : span[1]]]
    elif tuple(words) != document.tokens:
        repaired = ((word, repair_token(word[0])) for word in re.finditer(r"\S+", text))
        found = [Repair(*word.span(), after) for word, after in repaired if after != word[0]]
    parts, cursor = [], 0
    for start, end, after in found:
        parts += [text[cursor:start], after]
        cursor = end
    return RepairedText("".join([*parts, text[cursor:]]), tuple(found))
