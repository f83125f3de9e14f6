"""From a Document to the rows that it gives a graph."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from relknit.display import rounded_confidence
from relknit.document import Document, Entity
from relknit.document.coreference import REFERENCE
from relknit.text.align import join_tokens
from relknit.text.windows import sentence_ranges


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that is read at once: a whole document, or the part of it that begins at character `start`.

    fields: the other fields of its record, which the evidence keeps.
    """

    document: str
    text: str
    start: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Of the text and the fields."""
        return _sha256([self.text, dict(self.fields)] if self.fields else [self.text])


MentionRow = tuple[str, str, int, int, float | None, bool]
"""Name, type, start, end, confidence, tagged."""
EvidenceRow = tuple[int, str, int, int, int, int, int, int, int, str, float | None, bool]
"""Number of the mention of the head, relation, and of the tail; characters of head, tail and sentence; hash of the sentence,
confidence, inferred."""


@dataclass(frozen=True, slots=True)
class PassageRows:
    """What a passage gives: how many sentences it has, its mentions, and the places that state a fact."""

    passage: Passage
    sentences: int
    mentions: tuple[MentionRow, ...]
    evidence: tuple[EvidenceRow, ...]

    @property
    def annotations(self) -> str:
        """SHA-256 of the rows, for annotations that are given."""
        return _sha256([self.mentions, self.evidence])

    def to_json(self) -> str:
        """As the table `staged` has them."""
        one = self.passage
        passage = {"document": one.document, "text": one.text, "start": one.start, "fields": dict(one.fields)}
        rows = {"passage": passage, "sentences": self.sentences, "mentions": self.mentions, "evidence": self.evidence}
        return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))

    @staticmethod
    def from_json(content: str) -> PassageRows:
        """The rows that `to_json` wrote."""
        value = json.loads(content)
        mentions, evidence = (tuple(map(tuple, value[key])) for key in ("mentions", "evidence"))
        return PassageRows(Passage(**value["passage"]), value["sentences"], mentions, evidence)


def placed_document(document: Document) -> Document:
    """The document with a text in which all of its tokens have a place: its own, or its tokens joined."""
    if document.text is not None and document.offsets is not None and None not in document.offsets:
        return document
    text, offsets = join_tokens(document.tokens)
    return replace(document, text=text, offsets=offsets)


def passage_rows(document: Document, passage: Passage) -> PassageRows:
    """The rows of a placed document (see `placed_document`), the text of which is the passage."""
    sentences = sentence_ranges(document)
    ends = {k for relation in document.relations for k in (relation.head, relation.tail)}
    named = [k for k, entity in enumerate(document.entities) if k in ends or _is_name(entity)]
    number = {k: place for place, k in enumerate(named)}
    evidence: set[EvidenceRow] = set()
    for relation in document.relations:
        for head, tail in relation.evidence or ((relation.head, relation.tail),):
            places = document.entities[head], document.entities[tail]
            start, end = _sentence(document, sentences, *places)
            text_hash = _sha256(" ".join((document.text or "")[start:end].split()))[:16]
            spans = (*_span(places[0], passage), *_span(places[1], passage))
            evidence.add(
                (
                    number[relation.head],
                    relation.type,
                    number[relation.tail],
                    *spans,
                    start + passage.start,
                    end + passage.start,
                    text_hash,
                    rounded_confidence(relation.confidence),
                    (head, tail) != (relation.head, relation.tail) and _is_reference(places),
                )
            )
    mentions = [_mention(document.entities[k], passage) for k in named]
    return PassageRows(passage, len(sentences), tuple(mentions), tuple(sorted(evidence, key=_without_none)))


def _without_none(row: EvidenceRow) -> tuple[Any, ...]:
    return tuple(-1.0 if value is None else value for value in row)


def _is_name(entity: Entity) -> bool:
    return entity.type != REFERENCE


def _is_reference(places: tuple[Entity, Entity]) -> bool:
    return any(entity.type == REFERENCE for entity in places)


def _mention(entity: Entity, passage: Passage) -> MentionRow:
    start, end = _span(entity, passage)
    return entity.name, entity.type or "", start, end, rounded_confidence(entity.confidence), entity.tagged


def _span(entity: Entity, passage: Passage) -> tuple[int, int]:
    """Its characters in the document; a placed document has them for every entity."""
    return (entity.start or 0) + passage.start, (entity.end or 0) + passage.start


def _sentence(document: Document, sentences: list[tuple[int, int]], head: Entity, tail: Entity) -> tuple[int, int]:
    """The characters of the sentences from the first mention to the last."""
    starts = [start for start, _ in sentences]
    first, last = (
        bisect_right(starts, place) - 1
        for place in (min(head.token_start, tail.token_start), max(head.token_end, tail.token_end) - 1)
    )
    place = document.span(Entity(sentences[first][0], sentences[last][1]))
    return place.start or 0, place.end or 0


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
