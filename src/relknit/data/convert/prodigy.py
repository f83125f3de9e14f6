"""The JSONL of Prodigy: a text with spans by characters, and relations between tokens.

    {"text": "Ada lived in London.", "tokens": [{"text": "Ada", "start": 0, "end": 3, "id": 0, "ws": true}, ...],
     "spans": [{"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "PERSON"}, ...],
     "relations": [{"head": 0, "child": 3, "head_span": {...}, "child_span": {...}, "label": "residence"}],
     "answer": "accept"}

`head` and `child` are the last tokens of spans. Only answers "accept" are read; the others are counted and left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.convert.json_out import write_records
from relknit.data.convert.json_values import checked, identity, items, member, name
from relknit.data.convert.marked_text import UNTYPED, MarkedText
from relknit.data.convert.spacy_marks import words_and_spaces
from relknit.data.readers.records import Head, RawRecord
from relknit.document import Document
from relknit.errors import DataError, short


class _ProdigySpan(NamedTuple):
    start: int
    end: int
    label: str


class ProdigyFormat(RecordFormat):
    """What Prodigy's `db-out` writes and `db-in` reads."""

    about = "JSON Lines with text and spans (Prodigy)"
    can_write = True

    def recognises(self, head: Head) -> bool:
        """Whether the first record has a text, and spans or relations between tokens."""
        value = None if head.record is None else head.record.value
        if not isinstance(value, dict) or "text" not in value or "entities" in value:
            return False
        return "spans" in value or {"tokens", "relations"} <= value.keys()

    def documents(self, record: RawRecord, options: ReadOptions) -> Iterable[Document]:
        """The Document of an accepted record, none of another; raises DataError."""
        value = checked(record.value, dict, "the record")
        answer = value.get("answer", "accept")
        if answer != "accept":
            options.tally[f"records with the answer {short(answer)} left out"] += 1
            return ()
        spans = CharacterSpans(member(value, "text", str, "the record"), options.tally)
        entities = [_span(item, f"span {k}") for k, item in enumerate(items(value, "spans"))]
        for entity in dict.fromkeys(entities):
            spans.entity(entity, *entity)
        for k, item in enumerate(items(value, "relations")):
            head, tail = (_end(item, role, value, entities, f"relation {k}") for role in ("head", "child"))
            head_index, tail_index = (
                spans.index(end) if end in spans else spans.entity(end, *end) for end in (head, tail)
            )
            spans.relation(head_index, tail_index, name(item, "label", f"relation {k}"))
        meta = value.get("meta")
        known = identity(meta, "id", record.number) if isinstance(meta, dict) else str(record.number)
        return (spans.document(identity(value, "id", known), options),)

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write JSON Lines; an entity without a type is "Untyped"."""
        return write_records(path, map(_record, documents))


def _span(item: Any, what: str) -> _ProdigySpan:
    start, end = (member(item, key, int, what) for key in ("start", "end"))
    label = item.get("label")
    return _ProdigySpan(start, end, "" if label is None else checked(label, str, f"label of {what}"))


def _end(item: Any, role: str, value: dict[str, Any], entities: list[_ProdigySpan], what: str) -> _ProdigySpan:
    """The span of an end of a relation: the one that it names, else the one that ends with its token, else the token."""
    if isinstance(checked(item, dict, what).get(f"{role}_span"), dict):
        named = _span(item[f"{role}_span"], f"{role} of {what}")
    else:
        number, tokens = member(item, role, int, what), items(value, "tokens")
        if not 0 <= number < len(tokens):
            raise DataError(f"{role} of {what} is token {number}, but the record has {len(tokens)}, which count from 0")
        named = _span(tokens[number], f"token {number}")
    alike = [span for span in entities if span == named]
    same = [span for span in entities if span[:2] == named[:2]]
    ending = [span for span in entities if span.end == named.end and span.start <= named.start]
    return next(iter(alike + same + ending), named)


def _record(document: Document) -> dict[str, Any]:
    marked = MarkedText.of_document(document)
    words, spaces = words_and_spaces(marked.text, marked.to_document(identity=document.id))
    tokens, position = [], 0
    for k, (word, space) in enumerate(zip(words, spaces, strict=True)):
        tokens.append({"text": word, "start": position, "end": position + len(word), "id": k, "ws": space})
        position += len(word) + space
    first = {token["start"]: k for k, token in enumerate(tokens)}
    last = {token["end"]: k for k, token in enumerate(tokens)}
    spans = [
        {
            "start": span.start,
            "end": span.end,
            "token_start": first[span.start],
            "token_end": last[span.end],
            "label": span.type or UNTYPED,
        }
        for span in marked.spans
    ]
    relations = [
        {
            "head": spans[r.head]["token_end"],
            "child": spans[r.tail]["token_end"],
            "head_span": spans[r.head],
            "child_span": spans[r.tail],
            "label": r.type,
        }
        for r in marked.relations
    ]
    meta = {"id": document.id}
    annotations = {"tokens": tokens, "spans": spans, "relations": relations}
    return {"text": marked.text, "meta": meta, **annotations, "answer": "accept"}
