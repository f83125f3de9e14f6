"""Texts whose entities are given: as Documents, or by characters in a plain record.

    {"id": "1", "text": "Alan Bean was born in Wheeler.", "entities": [{"start": 0, "end": 9, "type": "Person"}, …]}

`id` and `type` may be absent. Words are cut where an entity begins or ends inside one, so that every entity is kept exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from relknit.data.convert.base import ReadOptions
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.readers import ReadResult
from relknit.data.readers.records import OnError, RawRecord, raise_error, read_records
from relknit.document import Document, Entity, Span
from relknit.document.jsonl import DEFAULT_LIMITS, Limits, parse_document
from relknit.document.record import DOCUMENT_FIELDS
from relknit.errors import ConfigError, DataError, short
from relknit.text.read import read_tokens
from relknit.text.tokenise import TokenRule

EntitySource: TypeAlias = Literal["predicted", "given"]
"""Where entities come from: the model's tagger, or the input."""

CharacterSpan: TypeAlias = Span | Entity | tuple[int, int] | tuple[int, int, str | None] | Mapping[str, Any]
"""An entity by its characters: (start, end), (start, end, type), or with `start`, `end` and perhaps `type`."""

_EXPECTED: Final = '(start, end), (start, end, type) or {"start", "end", "type"}, in characters of the text'


def are_given(entities: EntitySource) -> bool:
    """Whether entities come from the input; raises ConfigError for another value than those of `EntitySource`."""
    if entities not in get_args(EntitySource):
        raise ConfigError(f"entities is {short(entities)}, expected one of {', '.join(get_args(EntitySource))}")
    return entities == "given"


def with_entities(
    text: str, entities: Iterable[CharacterSpan], *, identity: str = "1", rule: TokenRule = "fine"
) -> Document:
    """A text as a Document with these entities, in their order; white space at their ends is left out.

    rule: how the data a model was trained on splits compounds, see `relknit.text.tokenise`. Raises DataError for a text or
    an entity of another form, and for an entity outside of the text.
    """
    if not isinstance(text, str):
        raise DataError(f"text is {short(text)}, expected a string")
    if isinstance(entities, str | bytes | Mapping) or not isinstance(entities, Iterable):
        raise DataError(f"entities is {short(entities)}, expected a list of {_EXPECTED}")
    spans = CharacterSpans(text, Counter())
    for number, entity in enumerate(entities):
        start, end, label = _character_span(entity, number)
        words = entity.get("text") if isinstance(entity, Mapping) else None
        spans.entity(number, start, end, label, words=words if isinstance(words, str) else None)
    return spans.document(identity, ReadOptions(tokeniser=partial(read_tokens, rule=rule)))


@dataclass(frozen=True, slots=True)
class GivenRecord:
    """A document with entities, and the other fields of its record."""

    document: Document
    fields: Mapping[str, Any]


def given_records(
    path: str | Path, on_error: OnError = raise_error, *, rule: TokenRule = "fine", limits: Limits = DEFAULT_LIMITS
) -> Iterator[GivenRecord]:
    """The records of a file (JSONL or one JSON array, plain or .gz), those without "tokens" from their text and characters.

    A record without an id gets its number as id. An invalid record goes to `on_error`. rule: as for `with_entities`.
    """
    for record in read_records(Path(path), on_error, limits=limits):
        try:
            document = _given_document(record, rule)
        except DataError as error:
            on_error(record.error(error.message))
            continue
        yield GivenRecord(document, {key: value for key, value in record.value.items() if key not in DOCUMENT_FIELDS})


def read_given(
    path: str | Path, *, rule: TokenRule = "fine", skip_bad: bool = False, limits: Limits = DEFAULT_LIMITS
) -> ReadResult:
    """All their documents; with `skip_bad` invalid records are left out and listed in `skipped`. Raises DataError without any."""
    skipped: list[DataError] = []
    records = given_records(path, skipped.append if skip_bad else raise_error, rule=rule, limits=limits)
    documents = tuple(record.document for record in records)
    if not documents:
        raise skipped[0] if skipped else DataError("no record has a text; check the file", path=path)
    return ReadResult(documents, tuple(skipped))


def _given_document(record: RawRecord, rule: TokenRule) -> Document:
    value = record.value
    if not isinstance(value, dict) or "tokens" in value or "text" not in value:
        return parse_document(value, line=record.number)
    identity = value.get("id", record.number)
    if isinstance(identity, bool) or not isinstance(identity, str | int | float):
        raise DataError(f"id is {short(identity)}, expected a string")
    return with_entities(value["text"], value.get("entities", []), identity=str(identity), rule=rule)


def _character_span(entity: Any, number: int) -> tuple[int, int, str | None]:
    """Start, end and type; raises DataError."""
    if isinstance(entity, Mapping):
        start, end, label = (entity.get(key) for key in ("start", "end", "type"))
    elif isinstance(entity, Span | Entity):
        start, end, label = entity.start, entity.end, entity.type
    elif isinstance(entity, tuple | list) and len(entity) in (2, 3):
        start, end, label = (*entity, None)[:3]
    else:
        raise DataError(f"entity {number} is {short(entity)}, expected {_EXPECTED}")
    if type(start) is not int or type(end) is not int:
        raise DataError(f"entity {number} is {short(entity)}, expected {_EXPECTED}")
    if label is not None and (not isinstance(label, str) or not label):
        raise DataError(f"entity {number} has type {short(label)}, expected a string, or none")
    return start, end, label
