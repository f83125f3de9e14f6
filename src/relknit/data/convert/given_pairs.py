"""Formats whose records are one given pair of entities each: the records of one sentence become one Document.

A sentence that lacks one of its triples would teach that the triple is false, so an invalid record takes its sentence along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.character_spans import CharacterSpans
from relknit.data.convert.token_spans import TokenSpans
from relknit.data.readers.records import RawRecord
from relknit.document import Document
from relknit.errors import DataError

NO_RELATION: Final = frozenset(("no_relation", "NA"))
_COUNTED: Final = "pairs without a relation (no_relation or NA)"


class PairEnd(NamedTuple):
    """Head or tail: tokens or characters `start` to `end` (exclusive), and its type if it has one."""

    start: int
    end: int
    type: str | None


class GivenPair(NamedTuple):
    """A record: its id, its sentence as words or as a text, and its triple."""

    identity: str
    sentence: tuple[str, ...] | str
    head: PairEnd
    relation: str
    tail: PairEnd


@dataclass(slots=True)
class _PairedSentence:
    identity: str
    pairs: list[tuple[RawRecord, GivenPair]] = field(default_factory=list)
    valid: bool = True


class GivenPairFormat(RecordFormat):
    """A format of one record for each pair of entities."""

    about: ClassVar[str]

    def sentence(self, record: RawRecord) -> tuple[str, ...] | str:
        """The sentence of a record; raises DataError."""
        raise NotImplementedError

    def pair(self, record: RawRecord) -> GivenPair:
        """The content of a record; raises DataError."""
        raise NotImplementedError

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """A Document for each sentence, in order of first appearance."""
        sentences: dict[tuple[str, ...] | str, _PairedSentence] = {}
        for record in self.records(path, options):
            found = None
            try:
                key = self.sentence(record)
                found = sentences.setdefault(key, _PairedSentence(str(record.number)))
                pair = self.pair(record)
                if not found.pairs:
                    found.identity = pair.identity
                found.pairs.append((record, pair))
            except DataError as error:
                options.on_error(record.error(error.message))
                if found is not None:
                    found.valid = False
        for key, sentence in sentences.items():
            if sentence.valid and (document := _document(key, sentence, options)) is not None:
                yield document


def _document(key: tuple[str, ...] | str, sentence: _PairedSentence, options: ReadOptions) -> Document | None:
    spans = CharacterSpans(key, options.tally) if isinstance(key, str) else TokenSpans(key)
    for record, pair in sentence.pairs:
        try:
            head, tail = (_entity(spans, end, what) for end, what in ((pair.head, "head"), (pair.tail, "tail")))
        except DataError as error:
            options.on_error(record.error(error.message))
            return None
        if pair.relation in NO_RELATION:
            options.tally[_COUNTED] += 1
        else:
            spans.relation(head, tail, pair.relation)
    if isinstance(spans, TokenSpans):
        return spans.document(sentence.identity)
    return spans.document(sentence.identity, options)


def _entity(spans: CharacterSpans | TokenSpans, end: PairEnd, what: str) -> int:
    if isinstance(spans, TokenSpans):
        return spans.entity(*end, what)
    return spans.index(end) if end in spans else spans.entity(end, *end)
