"""relknit as a component of a spaCy pipeline.

    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("relknit", config={"model": "everyday"})
    doc = nlp("Marie Curie was born in Warsaw, Poland.")
    doc._.triples            # SpanTriple(head, relation, tail, confidence, inferred), head and tail are spaCy Spans
    doc._.relknit_entities   # every entity as a Span; doc.ents has those that overlap none that were there
    doc._.relknit            # the same as plain values, exact by characters

The model reads `doc.text` and cuts it into words as it learned to; what it finds is carried over to spaCy's tokens by
characters. A Span has all the tokens that the entity has a character of, so where spaCy cuts words otherwise it can be
longer than the entity, whose own characters stay in `doc._.relknit`. That is all that a Doc keeps, in plain values: it
survives `Doc.to_bytes`, a DocBin with user data and other processes, and triples are made of it when asked for.

A pipeline that is saved holds the model itself, and loading it reads that one and executes nothing. The model is loaded at
the first text, or by `initialize`, so that a saved pipeline does not need what `config` named.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from relknit.data.convert.marked_text import MarkedText
from relknit.data.convert.spacy_marks import EXTENSION, UNTYPED_LABEL, leave_marks, token_span
from relknit.errors import CheckpointError, ConfigError, short
from relknit.extras import import_extra
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL, NOTICES, find_model

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span

    from relknit.extractor import Extractor
    from relknit.predict.filters import Signatures

NAME: Final = "relknit"


@dataclass(frozen=True, slots=True)
class SpanTriple:
    """One extracted triple: `head` and `tail` are Spans, `confidence` is from 0 to 1, `inferred` as in `relknit.Triple`."""

    head: Span
    relation: str
    tail: Span
    confidence: float | None
    inferred: bool = False


class RelknitComponent:
    """Marks entities and triples in Docs; `nlp.add_pipe("relknit", config=...)` makes one.

    model, min_precision, coreference, relations, types, signatures: see `relknit.load`. runtime: where and how to compute; in a
    pipeline's `config` its fields have keys of their own: device, threads, memory_budget, dtype. self_pairs: also triples of an
    entity with itself. untyped_label: the label of entities without a type.

    Raises ConfigError for an invalid label, or when another package has taken `doc._.triples`. A model that cannot be loaded, or
    not with these settings, raises CheckpointError or ConfigError at the first text.
    """

    def __init__(
        self,
        name: str = NAME,
        *,
        model: str | Path = DEFAULT_MODEL,
        runtime: Runtime = Runtime(),
        min_precision: float | None = None,
        coreference: bool = True,
        relations: Sequence[str] | None = None,
        types: Sequence[str] | None = None,
        signatures: Signatures | None = None,
        self_pairs: bool = False,
        untyped_label: str = UNTYPED_LABEL,
    ) -> None:
        if not isinstance(untyped_label, str) or not untyped_label:  # spaCy would look a number up among its strings
            shown = short(untyped_label)
            raise ConfigError(f"untyped_label is {shown}, expected a label, for spaCy's entities must have one")
        register_extensions()
        _check_extensions()
        self.name = name
        self.model = model
        self.runtime = runtime
        self._options: Mapping[str, Any] = {
            "min_precision": min_precision,
            "coreference": coreference,
            "relations": relations,
            "types": types,
            "signatures": signatures,
        }
        self.self_pairs = self_pairs
        self.untyped_label = untyped_label
        self._extractor: Extractor | None = None
        self._notices: dict[str, bytes] = {}

    @property
    def extractor(self) -> Extractor:
        """The model that reads; loaded when it is first asked for. Raises CheckpointError and ConfigError."""
        if self._extractor is None:
            self._extractor = self._load(find_model(self.model))
        return self._extractor

    def __call__(self, doc: Doc) -> Doc:
        """Mark one Doc, and return it."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 128) -> Iterator[Doc]:
        """Mark the Docs of a stream, in order; `batch_size` of them are read ahead and computed together."""
        for docs in import_extra("spacy.util", "spacy").minibatch(stream, batch_size):
            found = self.extractor.batch((doc.text for doc in docs), self_pairs=self.self_pairs)
            for doc, document in zip(docs, found, strict=True):
                leave_marks(doc, MarkedText.of_document(document), untyped_label=self.untyped_label)
                yield doc

    def initialize(self, get_examples: Any = None, *, nlp: Language | None = None) -> None:
        """Load the model, so that an error comes before the first text; it is not trained here."""
        _ = self.extractor

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the model, with its licence and card, into the folder `path`. Raises CheckpointError."""
        from relknit.checkpoint import save_model
        from relknit.checkpoint.storage import storage_of

        saved = self.extractor.saved
        save_model(path, saved, storage=storage_of(saved.model.state_dict()))
        for name, content in self._notices.items():
            (Path(path) / name).write_bytes(content)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> RelknitComponent:
        """Read the model that `to_disk` wrote, instead of the one that was named. Raises CheckpointError."""
        self._extractor = self._load(Path(path))
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """The files that `to_disk` writes, as msgpack."""
        with tempfile.TemporaryDirectory() as folder:
            self.to_disk(folder)
            files = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
        packed: bytes = import_extra("srsly", "spacy").msgpack_dumps(files)
        return packed

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> RelknitComponent:
        """Read what `to_bytes` gave. Raises CheckpointError for anything else."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in _files(data).items():
                (Path(folder) / name).write_bytes(content)
            return self.from_disk(folder)

    def _load(self, folder: Path) -> Extractor:
        from relknit.checkpoint import load_model
        from relknit.extractor import Extractor

        extractor = Extractor(load_model(folder), runtime=self.runtime, **self._options)
        self._notices = {n: (folder / n).read_bytes() for n in NOTICES if (folder / n).is_file()}
        return extractor


def make_component(
    nlp: Language,
    name: str,
    model: str,
    device: str,
    threads: int,
    memory_budget: int | str | None,
    dtype: Literal["auto", "float32"],
    min_precision: float | None,
    coreference: bool,
    relations: list[str] | None,
    types: list[str] | None,
    signatures: Literal["training"] | list[tuple[str | None, str, str | None]] | None,
    self_pairs: bool,
    untyped_label: str,
) -> RelknitComponent:
    """What `nlp.add_pipe("relknit")` calls, with the values of `config`."""
    return RelknitComponent(
        name,
        model=model,
        runtime=Runtime(device, threads, memory_budget, dtype),
        min_precision=min_precision,
        coreference=coreference,
        relations=relations,
        types=types,
        signatures=signatures,
        self_pairs=self_pairs,
        untyped_label=untyped_label,
    )


def register_extensions() -> None:
    """Make `doc._.triples`, `doc._.relknit_entities` and `doc._.relknit` known to spaCy, where the names are free."""
    doc_class = import_extra("spacy.tokens", "spacy").Doc
    for extension, how in _EXTENSIONS.items():
        if not doc_class.has_extension(extension):
            doc_class.set_extension(extension, **how)


def _check_extensions() -> None:
    doc_class = import_extra("spacy.tokens", "spacy").Doc
    for extension, how in _EXTENSIONS.items():
        getter = doc_class.get_extension(extension)[2]
        if getattr(getter, "__module__", None) != getattr(how.get("getter"), "__module__", None):
            fix = f"call spacy.tokens.Doc.remove_extension({extension!r}) if nothing needs it"
            raise ConfigError(f"doc._.{extension} was made by something else, and relknit needs the name; {fix}")


def _marks(doc: Doc) -> MarkedText:
    plain = doc._.get(EXTENSION)
    return MarkedText(doc.text) if plain is None else MarkedText.of_plain(doc.text, plain)


def _entities(doc: Doc) -> tuple[Span, ...]:
    return tuple(token_span(doc, span, untyped_label="") for span in _marks(doc).spans)


def _triples(doc: Doc) -> tuple[SpanTriple, ...]:
    spans = _entities(doc)
    return tuple(
        SpanTriple(spans[r.head], r.type, spans[r.tail], r.confidence, r.inferred) for r in _marks(doc).relations
    )


def _files(data: bytes) -> dict[str, bytes]:
    """The files of a model by their names, which are checked: nothing else is ever written."""
    from relknit.checksums import is_model_file

    try:
        files = import_extra("srsly", "spacy").msgpack_loads(data)
    except (ValueError, TypeError, RecursionError) as error:
        raise CheckpointError(f"not a relknit model: {error}; give what to_bytes gave") from None
    if not isinstance(files, dict) or not all(
        isinstance(name, str) and (name in NOTICES or is_model_file(name)) and isinstance(content, bytes)
        for name, content in files.items()
    ):
        raise CheckpointError("not a relknit model: it holds other files; give what to_bytes gave")
    return files


_EXTENSIONS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "triples": {"getter": _triples},
        "relknit_entities": {"getter": _entities},
        EXTENSION: {"default": None},
    }
)
import_extra("spacy.language", "spacy").Language.factory(
    NAME,
    func=make_component,
    assigns=["doc.ents", "doc._.triples", "doc._.relknit_entities", "doc._.relknit"],
    default_config={
        "model": DEFAULT_MODEL,
        "device": "cpu",
        "threads": 0,
        "memory_budget": None,
        "dtype": "auto",
        "min_precision": None,
        "coreference": True,
        "relations": None,
        "types": None,
        "signatures": None,
        "self_pairs": False,
        "untyped_label": UNTYPED_LABEL,
    },
)
register_extensions()
