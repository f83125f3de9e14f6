"""spaCy's DocBin (.spacy files): entities from `doc.ents`, relations from either of two places, texts as they are.

    doc._.rel       {(first token of the head, first token of the tail): {"residence": 0.9}}, as spaCy's project for
                    relation extraction writes it; what has at least 0.5 is a relation
    doc._.relknit   what relknit's own component leaves in a Doc, exact by characters

Words are cut as relknit cuts texts, and where spaCy's entities begin and end. A DocBin is msgpack: nothing is unpickled.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, Final

from relknit.data.convert.assemble import Tokeniser
from relknit.data.convert.marked import TRIMMED, MarkedText, Mention, Tally, trimmed
from relknit.data.convert.spacy_marks import OWN, data_key, leave_marks, spacy_module
from relknit.data.readers.records import OnError, Record, raise_error
from relknit.document import Document, Relation
from relknit.errors import DataError
from relknit.files import replacing
from relknit.text.tokenise import tokenise

_LEAST: Final = 0.5
_BLANK: Final = "entities of white space alone left out"
# what spaCy and numpy raise for bytes that are no DocBin
_DAMAGE: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_docbin(
    path: Path, on_error: OnError = raise_error, *, tokeniser: Tokeniser = tokenise, tally: Tally | None = None
) -> Iterator[Document]:
    """A Document for each Doc, its place (from 1) as id; raises MissingExtraError, and DataError for a damaged file.

    A Doc whose relations cannot be read goes to `on_error`. tally: counts what was left out or changed.
    """
    tally = Counter() if tally is None else tally
    for number, doc in enumerate(_docs(path), 1):
        try:
            marked = _marked(doc, tally)
            document = marked.to_document(identity=str(number), tokeniser=tokeniser, tally=tally)
        except DataError as error:
            on_error(Record(doc, path, number, in_array=True).error(error.message))
            continue
        yield document


def write_docbin(path: Path, documents: Iterable[Document]) -> int:
    """Write a .spacy file atomically: doc.ents, which cannot overlap, and everything in `doc._.relknit`.

    Returns the count of documents; raises DataError and MissingExtraError.
    """
    tokens = spacy_module("spacy.tokens")
    vocab = spacy_module("spacy.vocab").Vocab()
    packed = tokens.DocBin(attrs=["ENT_IOB", "ENT_TYPE"], store_user_data=True)
    for document in documents:
        marked = MarkedText.of_document(document)
        cut = marked.to_document(identity=document.id)
        words, spaces = _words_and_spaces(marked.text, cut)
        doc = tokens.Doc(vocab, words=words, spaces=spaces)
        leave_marks(doc, marked)
        packed.add(doc)
    with replacing(path) as partial:
        partial.write_bytes(packed.to_bytes())
    return len(packed)


def _docs(path: Path) -> list[Any]:
    tokens = spacy_module("spacy.tokens")
    vocab = spacy_module("spacy.vocab").Vocab()
    collecting = gc.isenabled()
    try:
        return list(tokens.DocBin().from_bytes(path.read_bytes()).get_docs(vocab))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=path) from None
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:100]
        message = (
            f"not a DocBin that spaCy can read ({type(error).__name__}: {reason}); write it again with DocBin.to_disk"
        )
        raise DataError(message, path=path) from None
    finally:
        if collecting:
            gc.enable()  # reading msgpack stops it, and forgets it where the reading fails


def _marked(doc: Any, tally: Tally) -> MarkedText:
    """Everything that is marked in a Doc; of doc.ents what overlaps none of relknit's own. Raises DataError."""
    text, own = doc.text, doc.user_data.get(data_key(OWN))
    marked = MarkedText(text) if own is None else MarkedText.of_plain(text, own)
    mentions = list(marked.mentions)
    places: dict[int, int] = {}
    for first_token, entity in _entities(doc, tally):
        there = next((k for k, m in enumerate(marked.mentions) if m.start < entity.end and entity.start < m.end), None)
        places[first_token] = len(mentions) if there is None else there
        if there is None:
            mentions.append(entity)
    known = {(r.head, r.tail, r.type) for r in marked.relations}
    found = _relations(doc.user_data.get(data_key("rel"), {}), places)
    new = (r for r in found if (r.head, r.tail, r.type) not in known)
    return MarkedText(text, tuple(mentions), (*marked.relations, *new))


def _entities(doc: Any, tally: Tally) -> Iterator[tuple[int, Mention]]:
    """(first token, mention) of all that doc.ents holds and has a word in it."""
    try:
        entities = doc.ents
    except _DAMAGE as error:
        raise DataError(f"its entities cannot be read: {' '.join(str(error).split())[:100]}; mark them again") from None
    for entity in entities:
        start, end = trimmed(doc.text, entity.start_char, entity.end_char)
        if start == end:
            tally[_BLANK] += 1
            continue
        tally[TRIMMED] += (start, end) != (entity.start_char, entity.end_char)
        yield entity.start, Mention(start, end, entity.label_)


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
            continue  # a pair that holds nothing may well name other tokens
        head, tail = (places.get(end) for end in ends)
        if head is None or tail is None:
            raise DataError(f"doc._.rel names {pair!r:.40}, expected the first tokens of two entities of doc.ents")
        for label, probability in kept:
            sure = None if probability == 1 else probability  # an annotator writes 1
            yield Relation(head, tail, label, sure)


def _is_label(label: Any, probability: Any) -> bool:
    return isinstance(label, str) and bool(label) and isinstance(probability, Real) and 0 <= float(probability) <= 1


def _words_and_spaces(text: str, cut: Document) -> tuple[list[str], list[bool]]:
    """Words, and whether a space follows each, that give the text again: other white space is a word, as spaCy has it."""
    words: list[str] = []
    spaces: list[bool] = []
    position = 0
    for start, end in [*(o for o in cut.offsets or () if o is not None), (len(text), len(text))]:
        gap = text[position:start]
        if words and gap.startswith(" "):
            spaces[-1], gap = True, gap[1:]
        for word in (gap, text[start:end]):
            if word:
                words.append(word)
                spaces.append(False)
        position = end
    return words, spaces
