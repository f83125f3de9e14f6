"""Documents from formats that number characters: entities are collected under their ids, then relations between them."""

from __future__ import annotations

from collections.abc import Hashable

from relknit.data.convert.base import ReadOptions
from relknit.data.convert.marked_text import TRIMMED, MarkedSpan, MarkedText, Tally, trimmed, type_of_label
from relknit.document import Document, Relation
from relknit.errors import DataError, short

UTF16: str = "entities with offsets in UTF-16 units, converted to code points"


class CharacterSpans:
    """A text with its entities by id and its relations; `tally` counts what is changed."""

    def __init__(self, text: str, tally: Tally) -> None:
        self.text, self._tally = text, tally
        self._spans: list[MarkedSpan] = []
        self._ids: dict[Hashable, int] = {}
        self._relations: dict[Relation, None] = {}

    def entity(self, identity: Hashable, start: int, end: int, label: str | None, *, words: str | None = None) -> int:
        """The index of a new entity of characters `start` to `end` (exclusive); raises DataError.

        words: what the file says is there. Offsets in UTF-16 units, which differ after an emoji, are recognised by it.
        """
        what = f"entity {short(identity)}"
        if identity in self._ids:
            raise DataError(f"{what} occurs twice; give every entity its own id")
        if words is not None and self.text[start:end] != words:
            start, end = self._from_utf16(start, end, words, what)
        if not 0 <= start < end <= len(self.text):
            raise DataError(f"{what} covers characters {start} to {end}, but the text has {len(self.text)}")
        inner = trimmed(self.text, start, end)
        if inner[0] == inner[1]:
            raise DataError(f"{what} covers only white space; remove it")
        self._tally[TRIMMED] += inner != (start, end)
        self._ids[identity] = len(self._spans)
        self._spans.append(MarkedSpan(*inner, type_of_label(label)))
        return self._ids[identity]

    def __contains__(self, identity: Hashable) -> bool:
        return identity in self._ids

    def index(self, identity: Hashable) -> int:
        """The index of an entity by its id; raises DataError if there is none."""
        if identity not in self._ids:
            raise DataError(f"a relation points at entity {short(identity)}, which the record does not have")
        return self._ids[identity]

    def relation(self, head: int, tail: int, label: str) -> None:
        """Add a relation between two entities by index; a repeated one is kept once."""
        self._relations[Relation(head, tail, label)] = None

    @property
    def marked(self) -> MarkedText:
        """Everything, by characters."""
        return MarkedText(self.text, tuple(self._spans), tuple(self._relations))

    def document(self, identity: str, options: ReadOptions) -> Document:
        """Everything as a Document; words are cut where an entity begins or ends inside them, and counted."""
        return self.marked.to_document(identity=identity, tokeniser=options.tokeniser, tally=self._tally)

    def _from_utf16(self, start: int, end: int, words: str, what: str) -> tuple[int, int]:
        units = self.text.encode("utf-16-le")
        before, inside = units[: 2 * start], units[2 * start : 2 * end]
        if 0 <= start <= end and inside == words.encode("utf-16-le"):
            self._tally[UTF16] += 1
            begin = len(before.decode("utf-16-le"))
            return begin, begin + len(words)
        there = self.text[start:end] if 0 <= start <= end else ""
        shown = f"{what} has the words {short(words)}, but characters {start} to {end} are {short(there)}"
        raise DataError(f"{shown}; export the annotation and its text together again")
