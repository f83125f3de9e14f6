"""The format of DocRED and Re-DocRED: entities with several mentions in one text, relations between entities.

    [{"title": "Ada", "sents": [["Ada", "lived", "in", "London", "."]],
      "vertexSet": [[{"name": "Ada", "sent_id": 0, "pos": [0, 1], "type": "PER"}, …]],
      "labels": [{"r": "P551", "h": 0, "t": 1, "evidence": [0]}]}]

`pos` counts within the sentence, and its end is exclusive. Every mention becomes an entity. A relation holds between
whole entities: it gets the pair of mentions that is nearest, in a sentence of `evidence` if there is one. Relations get the
names of the file rel_info.json in the same folder ({"P551": "residence"}), which is a part of DocRED, if it is there.

"docred" makes one Document of a text, "docred-sentences" one of each sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, product
from pathlib import Path
from typing import Any, Final, NamedTuple

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.json_out import write_records
from relknit.data.convert.json_values import checked, identity, items, member, name, words
from relknit.data.convert.marked_text import UNTYPED
from relknit.data.convert.token_spans import TokenSpans
from relknit.data.readers.records import RawRecord, read_records
from relknit.document import Document
from relknit.errors import DataError, short

NAMES_FILE: Final = "rel_info.json"
_NO_LABELS: Final = "texts without labels, read as texts without a triple"
_NO_SENTENCE: Final = "relations without a sentence that has both entities and is evidence, left out"


class DocRedMention(NamedTuple):
    """Tokens `start` to `end` (exclusive) of a sentence."""

    sentence: int
    start: int
    end: int
    type: str | None


_Pair = tuple[DocRedMention, DocRedMention]


class DocRedLabel(NamedTuple):
    """A relation between two vertices, and the sentences that state it; Re-DocRED names none for what it added."""

    relation: str
    head: int
    tail: int
    evidence: tuple[int, ...]

    def is_stated_in(self, sentence: int) -> bool:
        """Whether the sentence is evidence, or there is none."""
        return not self.evidence or sentence in self.evidence


@dataclass(frozen=True, slots=True)
class DocRedText:
    """A record, checked."""

    title: str
    sentences: tuple[tuple[str, ...], ...]
    vertices: tuple[tuple[DocRedMention, ...], ...]
    labels: tuple[DocRedLabel, ...]

    def document(self) -> Document:
        """All sentences as one Document."""
        starts = [0, *accumulate(map(len, self.sentences))]
        spans = TokenSpans([word for sentence in self.sentences for word in sentence])
        placed = {m: _entity(spans, m, starts[m.sentence]) for mentions in self.vertices for m in mentions}
        for label in self.labels:
            ends = product(self.vertices[label.head], self.vertices[label.tail])
            head, tail = min(ends, key=lambda pair: _distance(pair, label.evidence, starts))
            spans.relation(placed[head], placed[tail], label.relation)
        return spans.document(self.title)

    def sentence(self, k: int, holds: Callable[[DocRedLabel], bool] | None = None) -> Document:
        """Sentence k as a Document, with the relations between its entities for which `holds` is true.

        Without `holds` these are the relations whose evidence names the sentence, or that have no evidence.
        """
        spans = TokenSpans(self.sentences[k])
        here = [tuple(m for m in mentions if m.sentence == k) for mentions in self.vertices]
        placed = {m: _entity(spans, m, 0) for mentions in here for m in mentions}
        for label in self.labels:
            pairs = tuple(product(here[label.head], here[label.tail]))
            if pairs and (label.is_stated_in(k) if holds is None else holds(label)):
                head, tail = min(pairs, key=_tokens_between)
                spans.relation(placed[head], placed[tail], label.relation)
        return spans.document(f"{self.title}:{k}")

    def has_sentence(self, label: DocRedLabel) -> bool:
        """Whether some sentence has both entities of a relation and states it."""
        heads, tails = ({m.sentence for m in self.vertices[end]} for end in (label.head, label.tail))
        return any(map(label.is_stated_in, heads & tails))


class _DocRedRecords(RecordFormat):
    """The records of DocRED, read with the names of their relations."""

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """The Documents of the file, with the names of relations that rel_info.json in its folder gives."""
        names = relation_names(path.parent / NAMES_FILE)
        for document in super().read(path, options):
            relations = (replace(r, type=names.get(r.type, r.type)) for r in document.relations)
            yield replace(document, relations=tuple(relations))


class DocRedFormat(_DocRedRecords):
    """The files of DocRED; a text is one Document, because its relations extend over sentences."""

    about = "JSON with sents and vertexSet (DocRED)"
    keys = frozenset(("sents", "vertexSet"))
    can_write = True

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError."""
        return parse_docred(record, options).document()

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write one array; each document is a text of one sentence, and each entity a vertex with one mention."""
        return write_records(path, map(_record, documents), array=True)


class DocRedSentencesFormat(_DocRedRecords):
    """The files of DocRED, each sentence a Document with the relations that it states."""

    about = "DocRED, one document for each sentence"
    splits_texts = True

    def documents(self, record: RawRecord, options: ReadOptions) -> Iterable[Document]:
        """A Document for each sentence that has words; raises DataError."""
        text = parse_docred(record, options)
        options.tally[_NO_SENTENCE] += sum(not text.has_sentence(label) for label in text.labels)
        return [text.sentence(k) for k, sentence in enumerate(text.sentences) if sentence]


def relation_names(path: Path) -> dict[str, str]:
    """The names of relations by id in a rel_info.json; none if there is no such file. Raises DataError."""
    if not path.is_file():
        return {}
    record = next(iter(read_records(path)))
    value = checked(record.value, dict, "the file")
    return {key: name(value, key, "the file") for key in value}


def parse_docred(record: RawRecord, options: ReadOptions) -> DocRedText:
    """A record of the format; raises DataError."""
    value = checked(record.value, dict, "the record")
    sentences = tuple(tuple(words(s, f"sentence {k}")) for k, s in enumerate(items(value, "sents")))
    vertices = []
    for k, mentions in enumerate(items(value, "vertexSet")):
        found = enumerate(checked(mentions, list, f"vertex {k}"))
        vertices.append(tuple(_mention(item, sentences, f"mention {m} of vertex {k}") for m, item in found))
    labels = tuple(_label(item, vertices, f"label {k}") for k, item in enumerate(items(value, "labels")))
    options.tally[_NO_LABELS] += "labels" not in value
    return DocRedText(identity(value, "title", record.number), sentences, tuple(vertices), labels)


def _mention(item: Any, sentences: tuple[tuple[str, ...], ...], what: str) -> DocRedMention:
    sentence, place = member(item, "sent_id", int, what), member(item, "pos", list, what)
    if not 0 <= sentence < len(sentences):
        raise DataError(f"{what} is in sentence {sentence}, but there are {len(sentences)}, which count from 0")
    length = len(sentences[sentence])
    if len(place) != 2 or any(type(x) is not int for x in place) or not 0 <= place[0] < place[1] <= length:
        raise DataError(
            f"{what} has pos {short(place)}, expected [start, end) among the {length} words of its sentence"
        )
    label = item.get("type")
    label = None if label is None else checked(label, str, f"type of {what}")
    return DocRedMention(sentence, place[0], place[1], label)


def _label(item: Any, vertices: list[tuple[DocRedMention, ...]], what: str) -> DocRedLabel:
    head, tail = (_vertex(item, end, vertices, what) for end in "ht")
    evidence = (checked(number, int, f"evidence of {what}") for number in items(item, "evidence"))
    return DocRedLabel(name(item, "r", what), head, tail, tuple(evidence))


def _vertex(label: Any, key: str, vertices: list[tuple[DocRedMention, ...]], what: str) -> int:
    number = int(member(label, key, int, what))
    if not 0 <= number < len(vertices) or not vertices[number]:
        raise DataError(f"{what} has {key} {number}, but there is no such vertex with a mention; they count from 0")
    return number


def _entity(spans: TokenSpans, mention: DocRedMention, shift: int) -> int:
    return spans.entity(mention.start + shift, mention.end + shift, mention.type, "a mention")


def _distance(pair: _Pair, evidence: tuple[int, ...], starts: list[int]) -> tuple[bool, bool, int]:
    """Least for mentions in one sentence of the evidence, then in one sentence, then in the evidence; of these the nearest."""
    head, tail = pair
    outside = not (head.sentence in evidence and tail.sentence in evidence)
    apart = abs(starts[head.sentence] + head.start - starts[tail.sentence] - tail.start)
    return head.sentence != tail.sentence, outside, apart


def _tokens_between(pair: _Pair) -> int:
    first, last = sorted(pair, key=lambda mention: mention.start)
    return max(0, last.start - first.end)


def _record(document: Document) -> dict[str, Any]:
    vertices = [
        [{"name": e.text, "sent_id": 0, "pos": [e.token_start, e.token_end], "type": e.type or UNTYPED}]
        for e in document.entities
    ]
    labels = [{"r": r.type, "h": r.head, "t": r.tail, "evidence": [0]} for r in document.relations]
    return {"title": document.id, "sents": [list(document.tokens)], "vertexSet": vertices, "labels": labels}
