"""spaCy's DocBin (.spacy files): entities from `doc.ents`, relations from either of two places, texts as they are.

    doc._.rel       {(first token of the head, first token of the tail): {"residence": 0.9}}, as spaCy's project for
                    relation extraction writes it; what has at least 0.5 is a relation
    doc._.relknit   what relknit's own component leaves in a Doc, exact by characters; with the document's id in files

Texts are tokenised as relknit does, and split where spaCy's entities begin and end. A DocBin is msgpack: nothing is unpickled.
"""

from __future__ import annotations

import gc
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, Field

from relknit.data.convert.base import ReadOptions, RecordFormat
from relknit.data.convert.json_values import identity
from relknit.data.convert.marked_text import TRIMMED, MarkedSpan, MarkedText, Tally, trimmed
from relknit.data.convert.spacy_marks import EXTENSION, data_key, leave_marks, words_and_spaces
from relknit.data.readers.records import RawRecord
from relknit.document import Document, Relation
from relknit.document.jsonl import Limits
from relknit.errors import DataError
from relknit.extras import import_extra
from relknit.files import replacing

_LEAST: Final = 0.5
_BLANK: Final = "entities of only white space left out"
_CHUNK_BYTES: Final = 1 << 20
_REFUSED: Final = (KeyError, OverflowError, TypeError, ValueError)
"""What spaCy raises for a string that its table lacks, and for numbers, keys and flags out of range."""


class _Contents(BaseModel, strict=True):
    """The msgpack map in a DocBin; spaCy itself does not check it."""

    attrs: list[int] = Field(min_length=1)
    strings: list[str]
    lengths: bytes
    tokens: bytes
    spaces: bytes
    cats: list[dict[Any, Any]]
    flags: list[dict[Any, Any]] = []
    span_groups: list[bytes] = []
    user_data: list[bytes | None] = []


class DocBinFormat(RecordFormat):
    """A spaCy DocBin; needs the extra `spacy`."""

    about = "a spaCy DocBin (.spacy)"
    suffixes = (".spacy",)
    can_write = True

    def records(self, path: Path, options: ReadOptions) -> Iterator[RawRecord]:
        """Each Doc; raises MissingExtraError, and DataError for a damaged file."""
        return (
            RawRecord(doc, path, number, in_array=True) for number, doc in enumerate(_docs(path, options.limits), 1)
        )

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a Doc, whose id is that in `doc._.relknit` or its position (from 1); raises DataError."""
        try:
            marked = _marked(record.value, options.tally)
            own = record.value.user_data.get(data_key(EXTENSION))
            name = identity(own, "id", record.number) if isinstance(own, Mapping) else str(record.number)
            return marked.to_document(identity=name, tokeniser=options.tokeniser, tally=options.tally)
        except DataError as error:
            raise record.error(error.message) from None

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write the file: doc.ents, which cannot overlap, and everything in `doc._.relknit`.

        Raises DataError and MissingExtraError.
        """
        tokens = import_extra("spacy.tokens", "spacy")
        vocab = import_extra("spacy.vocab", "spacy").Vocab()
        packed = tokens.DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True)
        for document in documents:
            marked = MarkedText.of_document(document)
            words, spaces = words_and_spaces(marked.text, marked.to_document(identity=document.id))
            doc = tokens.Doc(vocab, words=words, spaces=spaces)
            leave_marks(doc, marked)
            doc.user_data[data_key(EXTENSION)]["id"] = document.id
            packed.add(doc)
        with replacing(path) as partial:
            partial.write_bytes(packed.to_bytes())
        return len(packed)


def _docs(path: Path, limits: Limits) -> list[Any]:
    tokens = import_extra("spacy.tokens", "spacy")
    vocab = import_extra("spacy.vocab", "spacy").Vocab()
    collecting = gc.isenabled()
    try:
        limits.check_file(path.stat().st_size, path)
        packed = path.read_bytes()
        _Contents.model_validate(import_extra("srsly", "spacy").msgpack_loads(_unpacked(packed, path, limits)))
        return list(tokens.DocBin().from_bytes(packed).get_docs(vocab))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=path) from None
    except (zlib.error, *_REFUSED) as error:
        reason = " ".join(str(error).split())[:100]
        shown = f"not a DocBin that spaCy can read ({type(error).__name__}: {reason})"
        raise DataError(f"{shown}; write it again with DocBin.to_disk", path=path) from None
    finally:
        if collecting:
            gc.enable()  # spaCy disables it while reading msgpack, and leaves it disabled if the reading fails


def _unpacked(packed: bytes, path: Path, limits: Limits) -> bytes:
    """The content; raises DataError if that is more than the limit, which spaCy does not check."""
    unpacker, content = zlib.decompressobj(), bytearray()
    while packed and not unpacker.eof:
        content += unpacker.decompress(packed, _CHUNK_BYTES)
        limits.check_file(len(content), path)
        packed = unpacker.unconsumed_tail
    return bytes(content)


def _marked(doc: Any, tally: Tally) -> MarkedText:
    """All annotations of a Doc: relknit's own, and those of doc.ents that overlap none of them. Raises DataError."""
    text, own = doc.text, doc.user_data.get(data_key(EXTENSION))
    marked = MarkedText(text) if own is None else MarkedText.of_plain(text, own)
    spans = list(marked.spans)
    places: dict[int, int] = {}
    for first_token, entity in _entities(doc, tally):
        there = next((k for k, m in enumerate(marked.spans) if m.start < entity.end and entity.start < m.end), None)
        places[first_token] = len(spans) if there is None else there
        if there is None:
            spans.append(entity)
    known = {(r.head, r.tail, r.type) for r in marked.relations}
    found = _relations(doc.user_data.get(data_key("rel"), {}), places)
    new = (r for r in found if (r.head, r.tail, r.type) not in known)
    return MarkedText(text, tuple(spans), (*marked.relations, *new))


def _entities(doc: Any, tally: Tally) -> Iterator[tuple[int, MarkedSpan]]:
    """(first token, span) of each entity of doc.ents that has a word in it."""
    try:
        entities = doc.ents
    except _REFUSED as error:
        reason = " ".join(str(error).split())[:100]
        raise DataError(f"its entities cannot be read: {reason}; annotate them again") from None
    for entity in entities:
        start, end = trimmed(doc.text, entity.start_char, entity.end_char)
        if start == end:
            tally[_BLANK] += 1
            continue
        tally[TRIMMED] += (start, end) != (entity.start_char, entity.end_char)
        yield entity.start, MarkedSpan(start, end, entity.label_)


def _relations(pairs: Any, places: Mapping[Any, int]) -> Iterator[Relation]:
    """The relations of doc._.rel between the entities that begin at the tokens of `places`; raises DataError."""
    if not isinstance(pairs, Mapping):
        raise DataError(f"doc._.rel is {pairs!r:.60}, expected pairs of tokens with their relations")
    for pair, labels in pairs.items():
        ends = pair if isinstance(pair, Sequence) and len(pair) == 2 else (None, None)
        if not isinstance(labels, Mapping) or not all(_is_label(*item) for item in labels.items()):
            raise DataError(f"doc._.rel has {labels!r:.60} for {pair!r:.40}, expected relations with probabilities")
        kept = [(label, float(probability)) for label, probability in labels.items() if probability >= _LEAST]
        if not kept:
            continue  # a pair without relations may name any tokens
        head, tail = (places.get(end) for end in ends)
        if head is None or tail is None:
            raise DataError(f"doc._.rel names {pair!r:.40}, expected the first tokens of two entities of doc.ents")
        for label, probability in kept:
            confidence = None if probability == 1 else probability  # annotators write 1
            yield Relation(head, tail, label, confidence)


def _is_label(label: Any, probability: Any) -> bool:
    return isinstance(label, str) and bool(label) and isinstance(probability, Real) and 0 <= float(probability) <= 1
