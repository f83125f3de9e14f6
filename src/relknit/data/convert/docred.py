"""The format of DocRED and Re-DocRED: entities with several mentions in one text, relations between entities.

    [{"title": "Ada", "sents": [["Ada", "lived", "in", "London", "."]],
      "vertexSet": [[{"name": "Ada", "sent_id": 0, "pos": [0, 1], "type": "PER"}], ...],
      "labels": [{"r": "P551", "h": 0, "t": 1, "evidence": [0]}]}]

`pos` counts within the sentence, and its end is exclusive. Every mention becomes an entity. A relation holds between
whole entities: it gets the pair of mentions that is nearest, in a sentence of `evidence` if there is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, product
from pathlib import Path
from typing import Any, NamedTuple

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.json_out import write_records
from relknit.data.convert.json_values import checked, identity, items, member, name, words
from relknit.data.convert.marked_text import UNTYPED
from relknit.data.convert.token_spans import TokenSpans
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.errors import DataError, short

_NO_LABELS = "texts without labels, read as texts without a triple"


class _DocRedMention(NamedTuple):
    entity: int
    sentence: int
    start: int


class DocRedFormat(RecordFormat):
    """The files of DocRED; a text is one Document, because its relations extend over sentences."""

    about = "JSON with sents and vertexSet (DocRED)"
    keys = frozenset(("sents", "vertexSet"))
    can_write = True

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError."""
        value = checked(record.value, dict, "the record")
        sentences = [words(s, f"sentence {k}") for k, s in enumerate(items(value, "sents"))]
        starts = [0, *accumulate(map(len, sentences))]
        spans = TokenSpans([word for sentence in sentences for word in sentence])
        vertices = []
        for k, mentions in enumerate(items(value, "vertexSet")):
            found = enumerate(checked(mentions, list, f"vertex {k}"))
            vertices.append([_mention(item, starts, spans, f"mention {m} of vertex {k}") for m, item in found])
        for k, label in enumerate(items(value, "labels")):
            what = f"label {k}"
            head, tail = (_vertex(label, end, vertices, what) for end in "ht")
            pair = _best_pair(head, tail, evidence=items(label, "evidence"))
            spans.relation(pair[0].entity, pair[1].entity, name(label, "r", what))
        options.tally[_NO_LABELS] += "labels" not in value
        return spans.document(identity(value, "title", record.number))

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write one array; each document is a text of one sentence, and each entity a vertex with one mention."""
        return write_records(path, map(_record, documents), array=True)


def _mention(item: Any, starts: list[int], spans: TokenSpans, what: str) -> _DocRedMention:
    sentence, place = member(item, "sent_id", int, what), member(item, "pos", list, what)
    if not 0 <= sentence < len(starts) - 1:
        raise DataError(f"{what} is in sentence {sentence}, but there are {len(starts) - 1}, which count from 0")
    length = starts[sentence + 1] - starts[sentence]
    if len(place) != 2 or any(type(x) is not int for x in place) or not 0 <= place[0] < place[1] <= length:
        raise DataError(
            f"{what} has pos {short(place)}, expected [start, end) among the {length} words of its sentence"
        )
    start, end = (starts[sentence] + x for x in place)
    label = item.get("type")
    entity = spans.entity(start, end, None if label is None else checked(label, str, f"type of {what}"), what)
    return _DocRedMention(entity, sentence, start)


def _vertex(label: Any, key: str, vertices: list[list[_DocRedMention]], what: str) -> list[_DocRedMention]:
    number = member(label, key, int, what)
    if not 0 <= number < len(vertices) or not vertices[number]:
        raise DataError(f"{what} has {key} {number}, but there is no such vertex with a mention; they count from 0")
    return vertices[number]


def _best_pair(
    heads: list[_DocRedMention], tails: list[_DocRedMention], evidence: list[Any]
) -> tuple[_DocRedMention, _DocRedMention]:
    """The mentions in one sentence of the evidence, else in one sentence, else in the evidence; of these the nearest."""

    def rank(pair: tuple[_DocRedMention, _DocRedMention]) -> tuple[bool, bool, int]:
        head, tail = pair
        outside = not (head.sentence in evidence and tail.sentence in evidence)
        return head.sentence != tail.sentence, outside, abs(head.start - tail.start)

    return min(product(heads, tails), key=rank)


def _record(document: Document) -> dict[str, Any]:
    vertices = [
        [{"name": e.text, "sent_id": 0, "pos": [e.token_start, e.token_end], "type": e.type or UNTYPED}]
        for e in document.entities
    ]
    labels = [{"r": r.type, "h": r.head, "t": r.tail, "evidence": [0]} for r in document.relations]
    return {"title": document.id, "sents": [list(document.tokens)], "vertexSet": vertices, "labels": labels}
