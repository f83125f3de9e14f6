"""A raw text with entities marked by characters, as in BRAT, spaCy and other standoff formats."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Final, NamedTuple

from relknit.data.convert.assemble import Tokeniser, uncrossed
from relknit.document import Document, Entity, Relation
from relknit.document.clean import INVISIBLE, clean
from relknit.document.jsonl import parse_document
from relknit.errors import DataError
from relknit.text.align import align, join_tokens
from relknit.text.read import read_tokens
from relknit.text.sentences import sentence_spans
from relknit.text.tokenise import Token, tokenise

Tally = Counter[str]
_WITHOUT_ENDS: Final = re.compile(rf"[\s{INVISIBLE}]*+(\S(?:.*[^\s{INVISIBLE}])?)[\s{INVISIBLE}]*", re.DOTALL)
UNTYPED: Final = "Untyped"
"""Type of an entity without one, in formats whose entities must have a type."""
WORDS_SPLIT: Final = "words split because an annotation begins or ends inside them"
TRIMMED: Final = "annotations trimmed of white space at their ends"


class MarkedSpan(NamedTuple):
    """Characters `start` to `end` (exclusive, code points) of a text, as an entity; the rest as in `Entity`."""

    start: int
    end: int
    type: str | None = None
    confidence: float | None = None
    tagged: bool = True


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text, its spans, and relations between them (`head` and `tail` are indices into `spans`)."""

    text: str
    spans: tuple[MarkedSpan, ...] = ()
    relations: tuple[Relation, ...] = ()

    @staticmethod
    def of_document(document: Document) -> MarkedText:
        """The document by characters of its text, or of its joined tokens if some entity has no offsets in the text."""
        text, offsets = document.text, document.offsets
        if text is not None and offsets is None:
            offsets = align(document.tokens, text)
        ends = [end for e in document.entities for end in (e.token_start, e.token_end - 1)]
        if text is None or offsets is None or any(offsets[end] is None for end in ends):
            text, offsets = join_tokens(document.tokens)
        placed = replace(document, text=text, offsets=offsets)
        found = [(placed.span(entity), entity) for entity in document.entities]
        spans = (MarkedSpan(s.start or 0, s.end or 0, e.type, e.confidence, e.tagged) for s, e in found)
        return MarkedText(text, tuple(spans), document.relations)

    def to_document(self, *, identity: str, tokeniser: Tokeniser = read_tokens, tally: Tally | None = None) -> Document:
        """Tokens from `tokeniser`, split further where a span begins or ends inside one, so that no offset changes.

        tally: counts the words split. Raises DataError for a span that does not begin and end with a word's character.
        """
        words = tokeniser(self.text)
        tokens = _cut(words, self.text, sorted({border for span in self.spans for border in span[:2]}))
        if tally is not None and len(tokens) > len(words):
            tally[WORDS_SPLIT] += len(tokens) - len(words)
        begins = {token.start: place for place, token in enumerate(tokens)}
        ends = {token.end: place + 1 for place, token in enumerate(tokens)}
        entities = []
        for m in self.spans:
            if m.start not in begins or m.end not in ends or m.start >= m.end:
                shown = f"characters {m.start} to {m.end} are {self.text[m.start : m.end][:40]!r}"
                raise DataError(f"{shown}, expected an entity that begins and ends with a word")
            entities.append(Entity(begins[m.start], ends[m.end], m.type, m.confidence, m.tagged))
        return Document(
            id=identity,
            tokens=tuple(token.text for token in tokens),
            entities=tuple(entities),
            relations=self.relations,
            text=self.text,
            offsets=tuple((token.start, token.end) for token in tokens),
        )

    def part(self, start: int, end: int) -> MarkedText:
        """Characters `start` to `end` as a text of their own, with the spans and relations wholly inside."""
        inside = [k for k, m in enumerate(self.spans) if start <= m.start and m.end <= end]
        place = {k: position for position, k in enumerate(inside)}
        spans = [
            self.spans[k]._replace(start=self.spans[k].start - start, end=self.spans[k].end - start) for k in inside
        ]
        relations = [r for r in self.relations if r.head in place and r.tail in place]
        moved = (replace(r, head=place[r.head], tail=place[r.tail], evidence=()) for r in relations)
        return MarkedText(self.text[start:end], tuple(spans), tuple(moved))

    def parts(self, sentences: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """[start, end) of every sentence, or of several if a span or a relation extends over their border."""
        joined = [(self.spans[r.head], self.spans[r.tail]) for r in self.relations]
        ranges = [m[:2] for m in self.spans] + [(min(a.start, b.start), max(a.end, b.end)) for a, b in joined]
        kept = set(uncrossed([start for start, _ in sentences[1:]], ranges))
        firsts = [k for k, (start, _) in enumerate(sentences) if k == 0 or start in kept]
        return [(sentences[a][0], sentences[b - 1][1]) for a, b in pairwise([*firsts, len(sentences)])]

    def to_plain(self) -> dict[str, Any]:
        """JSON- and msgpack-ready values, without the text; `of_plain` reads them back."""
        entities = [m._asdict() | {"text": self.text[m.start : m.end]} for m in self.spans]
        return {
            "entities": entities,
            "relations": [_plain_relation(relation) for relation in self.relations],
        }

    @staticmethod
    def of_plain(text: str, plain: Any) -> MarkedText:
        """The inverse of `to_plain`; raises DataError for other values, and for the annotations of another text."""
        if not isinstance(plain, Mapping):
            shown = f"the annotations are {type(plain).__name__}"
            raise DataError(f"{shown}, expected an object with entities and relations")
        record = {key: plain.get(key, []) for key in ("entities", "relations")}
        record = {key: list(value) if isinstance(value, tuple) else value for key, value in record.items()}
        if isinstance(record["entities"], list):
            record["entities"] = [_in_characters(item) for item in record["entities"]]
        checked = parse_document({"tokens": list(text), **record})
        for k, (entity, own) in enumerate(zip(checked.entities, record["entities"], strict=True)):
            there = text[entity.token_start : entity.token_end]
            if own.get("text") != there:
                message = f"entity {k} marks {own.get('text')!r:.60}, but the text has {there!r:.60} there"
                raise DataError(f"{message}; annotate this text again")
        spans = (MarkedSpan(e.token_start, e.token_end, e.type, e.confidence, e.tagged) for e in checked.entities)
        return MarkedText(text, tuple(spans), checked.relations)


def type_of_label(label: str | None) -> str | None:
    """The type that a label of another format means: None for "Untyped" and for an empty one."""
    return None if label in (None, "", UNTYPED) else label


def _plain_relation(relation: Relation) -> dict[str, Any]:
    plain = asdict(relation)
    return {key: value for key, value in plain.items() if value or key not in ("evidence", "inferred")}


def _in_characters(entity: Any) -> Any:
    """An entity's values for a document in which every character is a token."""
    is_entity = isinstance(entity, Mapping)
    return {**entity, "token_start": entity.get("start"), "token_end": entity.get("end")} if is_entity else entity


def sentence_ranges(text: str) -> list[tuple[int, int]]:
    """[start, end) of every sentence; a line break ends one too, unless the next line begins with a small letter."""
    tokens = tokenise(text)
    ranges = []
    for first, last in sentence_spans(tokens, text):
        start = first
        for k in range(first + 1, last):
            if "\n" in text[tokens[k - 1].end : tokens[k].start] and not tokens[k].text[0].islower():
                ranges.append((tokens[start].start, tokens[k - 1].end))
                start = k
        ranges.append((tokens[start].start, tokens[last - 1].end))
    return ranges


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The range without white space and invisible characters at its ends; start == end if nothing is left."""
    found = _WITHOUT_ENDS.fullmatch(text, start, end)
    return (start, start) if found is None else found.span(1)


def _cut(words: Sequence[tuple[str, int, int]], text: str, borders: Sequence[int]) -> list[Token]:
    """The words, cut at the borders inside them; the pieces of a word that is not as in the text are clean text."""
    tokens: list[Token] = []
    for word, start, end in words:
        inside = borders[bisect_right(borders, start) : bisect_left(borders, end)]
        if not inside:
            tokens.append(Token(word, start, end))
            continue
        for left, right in zip([start, *inside], [*inside, end], strict=True):
            if word == text[start:end]:
                tokens.append(Token(text[left:right], left, right))
                continue
            first, last = trimmed(text, left, right)
            if first < last:  # the rest of a broken word may be no more than its line break
                tokens.append(Token("".join(clean(text[first:last]).text.split()), first, last))
    return tokens
