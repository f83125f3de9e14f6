"""From a text and triples of names to a Document: each name is placed at one of its mentions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, NamedTuple

from relknit.data.convert.assemble import Anchor, split_at_spaces
from relknit.data.convert.base import ReadOptions
from relknit.data.convert.marked_text import MarkedSpan, MarkedText, Tally, trimmed
from relknit.data.convert.mentions import Mention, Mentions
from relknit.data.convert.same_look import FoldedText
from relknit.document import Document, Relation
from relknit.errors import DataError

Tokens = Sequence[tuple[str, int, int]]
Role = Literal["head", "tail"]
NEAREST: Final = "names with several mentions, of which the nearest to the other name was taken"
FIRST: Final = "names with several mentions, of which the first was taken"
ALIKE: Final = "names found in another spelling of spaces, quotes, dashes, accents or invisible characters"
SEVERAL_TYPES: Final = "entities with several types, of which the first is kept"


class Name(NamedTuple):
    """Head or tail as a file gives it: the name, its type, and where it is in the text if the file says so.

    start, end: characters of the text, `end` exclusive; either may be missing.
    """

    text: str
    type: str | None = None
    start: int | None = None
    end: int | None = None

    @property
    def words(self) -> str:
        """The name without white space around it."""
        return self.text.strip()


class NamedTriple(NamedTuple):
    """A triple of names from a file; `fail` makes an error that names its line."""

    head: Name
    relation: str
    tail: Name
    fail: Callable[[str], DataError]


def document_from_names(
    text: str, triples: Iterable[NamedTriple], *, identity: str, options: ReadOptions, anchor: Anchor = "whole"
) -> Document:
    """A Document of a raw text and triples of names; words are cut where a name begins or ends inside them, and counted.

    Raises the triple's DataError for a name that is empty, is not in the text or not at its offsets, or has several words
    although the names are last words.
    """
    triples = list(triples)
    for triple in triples:
        _check(triple, anchor)
    tokens = options.tokeniser(text)
    placing = _Placing(text, tokens, triples, options, anchor)
    placed = list(dict.fromkeys((*placing.place(triple), triple.relation) for triple in triples))
    placing.count(options.tally)
    found = sorted(placing.types)
    index = {mention: k for k, mention in enumerate(found)}
    spans = tuple(MarkedSpan(*mention, placing.types[mention]) for mention in found)
    relations = tuple(Relation(index[head], index[tail], relation) for head, tail, relation in placed)
    return MarkedText(text, spans, relations).to_document(
        identity=identity, tokeniser=lambda _: tokens, tally=options.tally
    )


class _Placing:
    """Places triples in a text, and keeps the type of each mention."""

    def __init__(
        self, text: str, tokens: Tokens, triples: list[NamedTriple], options: ReadOptions, anchor: Anchor
    ) -> None:
        names = (name.words for triple in triples for name in (triple.head, triple.tail))
        by_default = options.mentions == "auto" and options.tokeniser is split_at_spaces
        self._text = text
        self._takes_first = by_default or options.mentions == "first"
        by_case = anchor == "whole" and not self._takes_first
        self._mentions = Mentions(text, tokens, names, by_case=by_case)
        self._several: set[str] = set()
        self._retyped: set[Mention] = set()
        self.types: dict[Mention, str | None] = {}

    def place(self, triple: NamedTriple) -> tuple[Mention, Mention]:
        """The mentions of head and tail; raises the triple's DataError."""
        heads, tails = self._candidates(triple, "head"), self._candidates(triple, "tail")
        head, tail = (heads[0], tails[0]) if self._takes_first else self._mentions.nearest(heads, tails)
        for mention, label in ((head, triple.head.type), (tail, triple.tail.type)):
            known = self.types.setdefault(mention, label)
            if known is None:
                self.types[mention] = label
            elif label not in (None, known):
                self._retyped.add(mention)
        return head, tail

    def count(self, tally: Tally) -> None:
        """Count what was decided."""
        tally[FIRST if self._takes_first else NEAREST] += len(self._several)
        tally[ALIKE] += len(self._mentions.alike)
        tally[SEVERAL_TYPES] += len(self._retyped)

    def _candidates(self, triple: NamedTriple, role: Role) -> list[Mention]:
        name = getattr(triple, role)
        if name.start is not None or name.end is not None:
            return [self._given(triple, role)]
        found = self._mentions.of(name.words)
        if not found:
            shown = self._text if len(self._text) <= 60 else self._text[:57] + "..."
            raise triple.fail(f'{role} "{name.text:.60}" is not in the sentence "{shown}"; write it as in the sentence')
        if len(found) > 1:
            self._several.add(name.words)
        return found

    def _given(self, triple: NamedTriple, role: Role) -> Mention:
        """The mention at the offsets that the file gives."""
        name, length = getattr(triple, role), len(getattr(triple, role).words)
        start = name.end - length if name.start is None else name.start
        end = start + length if name.end is None else name.end
        wanted = FoldedText(name.words).text
        for stop in (start + length, end):
            inner = trimmed(self._text, start, stop) if 0 <= start < stop <= len(self._text) else (0, 0)
            if inner[0] < inner[1] and FoldedText(self._text[slice(*inner)]).text == wanted:
                return inner
        there = self._text[max(start, 0) : max(end, 0)]
        shown = f'{role} "{name.text:.60}" is not at characters {start} to {end} of the sentence ("{there:.60}" is)'
        raise triple.fail(f"{shown}; offsets count characters from 0")


def _check(triple: NamedTriple, anchor: Anchor) -> None:
    for role, name in (("head", triple.head), ("tail", triple.tail)):
        if not name.words:
            raise triple.fail(f"{role} is empty, expected a name of the sentence")
        if anchor == "last" and len(name.words.split()) > 1:
            shown = f'{role} "{name.text:.60}" has several words, expected only a last word'
            raise triple.fail(f"{shown}; convert with --anchor whole")
