"""Texts -> Documents: the model on somebody's own sentences, with character offsets and confidence for every triple."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from relknit.checkpoint import SavedModel, load_model
from relknit.data.given_entities import CharacterSpan, EntitySource, are_given, with_entities
from relknit.display import amount
from relknit.document import Document
from relknit.errors import DataError, short
from relknit.explain import Explanation
from relknit.predict import Predictor, with_evidence
from relknit.predict.filters import Signatures, label_filter
from relknit.predict.unlike import Unlike, unlike_training
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL, find_model
from relknit.text.coverage import Coverage, coverage
from relknit.text.read import read_text


def load(
    model: str | Path = DEFAULT_MODEL,
    *,
    runtime: Runtime = Runtime(),
    min_precision: float | None = None,
    relations: Iterable[str] | None = None,
    types: Iterable[str] | None = None,
    signatures: Signatures | None = None,
    coreference: bool = True,
) -> Extractor:
    """An Extractor for a model folder, the name of a shipped or installed model, or hf:owner/name[@revision].

        extract = relknit.load(runtime=relknit.Runtime(device="auto", memory_budget="200MB"))

    Only a name with the prefix hf: uses the network; it needs the extra `hub`, and nothing of what it brings is executed.
    The other values are those of `Extractor`, also for its ConfigError. Raises CheckpointError where there is no such model, and
    MissingExtraError.
    """
    folder = find_model(model)
    return Extractor(
        load_model(folder),
        runtime=runtime,
        min_precision=min_precision,
        relations=relations,
        types=types,
        signatures=signatures,
        coreference=coreference,
        folder=folder,
    )


class Extractor:
    """A loaded model that reads text. Safe to use from several threads at once: nothing in it changes after loading.

    runtime: where and how to compute, see `Runtime`.
    min_precision: keep only triples of such a confidence that this fraction (0 to 1) of them was correct on dev, by
        relation; `suppressed_relations` are those that cannot reach it. None keeps all. It is set here and not with each
        text, so that a model that cannot reach it is refused before any text is read.
    relations, types: keep only triples of these relations, and only entities of these types with the triples between them.
    signatures: keep only triples of these (head type, relation, tail type); "training" keeps those that occur in the
        training data, as far as the model records them. An untagged entity has no type. None keeps all.
    coreference: put names in place of pronouns and descriptions, if the model has learned to; such triples are `inferred`.
        False returns what the model predicts: entities of the type `reference` and their relation `refers to`.
    folder: where the model was read from, None for one that was not; `save_pretrained` takes its licence from there.
    Raises ConfigError for a GPU that is not there, a memory budget without room for a single window of text, and a
    `min_precision` that cannot be reached or a model that was never calibrated for it, and a label that it does not have.
    """

    def __init__(
        self,
        saved: SavedModel,
        *,
        runtime: Runtime = Runtime(),
        min_precision: float | None = None,
        relations: Iterable[str] | None = None,
        types: Iterable[str] | None = None,
        signatures: Signatures | None = None,
        coreference: bool = True,
        folder: Path | None = None,
    ) -> None:
        saved.model.eval()
        self.saved = saved
        self.folder = folder
        self._has_capitals = saved.model.encoder.has_capitals
        self.predictor = Predictor(
            saved.model,
            max_tokens=saved.trained_on.max_tokens,
            runtime=runtime,
            anchors=False,
            min_precision=min_precision,
            coreference=coreference,
            wanted=label_filter(saved, relations=relations, types=types, signatures=signatures),
        )

    def __repr__(self) -> str:
        labels, model = self.saved.model.labels, self.saved.model
        types = amount(len(labels.entity_types), "entity type") if labels.entity_types else "untyped entities"
        calibrated = "calibrated" if model.calibration is not None else "not calibrated"
        made_of = f"{model.settings.name} on {model.encoder.settings.name}, {calibrated}"
        where = f"windows of {self.predictor.max_tokens} tokens, {self.predictor.device}"
        name = "" if self.folder is None else f"{self.folder.name!r}: "
        return f"<Extractor {name}{amount(len(labels.relations), 'relation')}, {types}, {made_of}, {where}>"

    @property
    def relations(self) -> tuple[str, ...]:
        """The relations that the model can predict."""
        return self.saved.model.labels.relations

    @property
    def entity_types(self) -> tuple[str, ...]:
        """The entity types that the model can predict; empty for a model of untyped entities."""
        return self.saved.model.labels.entity_types

    @property
    def suppressed_relations(self) -> tuple[str, ...]:
        """The relations of which no triple is returned, as they cannot reach `min_precision`."""
        thresholds = self.predictor.thresholds
        return () if thresholds is None else tuple(thresholds.suppressed(self.saved.model.labels.relations))

    def __call__(self, text: str, *, self_pairs: bool = False) -> Document:
        """Everything the model finds in a text of any length; raises DataError for what is no text.

        self_pairs: also triples of an entity with itself, which are hidden otherwise.
        """
        return next(self.batch([text], self_pairs=self_pairs))

    def batch(
        self,
        texts: Iterable[str | tuple[str | int, str] | HasText],
        *,
        self_pairs: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Iterator[Document]:
        """A Document for each text, in order. See `annotate`.

            extract.batch(["Ada lived in London.", "It rained."])                       # ids "1" and "2"
            extract.batch([("a7", "Ada lived in London."), ("a8", "It rained.")])       # ids "a7" and "a8"

        texts: strings, pairs of id and text, or objects with an attribute `text` (and `id`, where they have one); ids that
        are not given count from 1. progress: called with the number of texts done, before each is returned. Raises DataError
        for what is no text, after the answers to those before it; Documents are for `annotate`.
        """
        if isinstance(texts, str) or not isinstance(texts, Iterable):
            raise DataError(
                f"batch takes several texts, found {short(texts)}; give a list, or call the extractor itself"
            )
        documents = (self._read(text, number) for number, text in enumerate(texts, 1))
        for document in self.annotate(documents, self_pairs=self_pairs):
            if progress is not None:
                progress(1)
            yield document

    def annotate(
        self,
        documents: Iterable[Document],
        *,
        entities: EntitySource = "predicted",
        self_pairs: bool = False,
        look_ahead: int | None = None,
    ) -> Iterator[Document]:
        """The same documents, in order, with what the model finds in their tokens.

        A triple points at the mentions of the sentence that states it, and comes once for the same names; its `evidence` has
        all places. Where a pronoun or a description states it, see `coreference` above, the triple has its name, and the
        evidence is there.

        A stream without end takes constant memory: only so many are read ahead that sentences of similar length can be
        computed together, few at first, so that the first answers come soon. What the stream raises comes out after
        the answers to everything before it.

        entities: "given" keeps the entities of the documents and finds the relations between them, see
            `relations_between`.
        look_ahead: most characters read ahead; 0 answers each document before the next one is read.
        Raises DataError for what is no Document, and ConfigError for a model that cannot score given entities.
        """
        if isinstance(documents, Document):
            raise DataError(f"annotate takes several documents, found one, {documents.id!r:.60}; put it into a list")
        stream = (_checked(document) for document in documents)
        given = are_given(entities)
        for document, prediction in self.predictor.stream(stream, look_ahead=look_ahead, given_entities=given):
            found = document.with_prediction(prediction)
            yield _with_given(found, self_pairs) if given else self._readable(found, self_pairs)

    def relations_between(self, text: str, entities: Iterable[CharacterSpan], *, self_pairs: bool = False) -> Document:
        """The relations that the model finds between given entities of a text.

            extractor.relations_between("Ada left London.", [(0, 3), (9, 15, "City")]).triples

        Every ordered pair of two entities is scored for every relation by the words that represent them (their last ones,
        unless the model was trained with `anchor = "first"`), and counts from the model's decoding threshold on, and
        with `min_precision` from that of its relation. Which words are entities is not asked of the tagger, and of the
        decoding's other values none applies: a pair stays at the mention that was given. Given types are kept as they are
        and change no score. Confidence is calibrated as always, with entities that are certain.

        entities: each (start, end), (start, end, type), an object with those, such as an `Entity`, or a dict of them, in
            characters. The Document has them in this order, without confidence.
        self_pairs: also triples of an entity with itself.
        Raises DataError for an entity that is not in the text, and ConfigError for a model that cannot score given entities.
        """
        document = with_entities(text, entities, rule=self.saved.trained_on.token_rule)
        return next(self.annotate([document], entities="given", self_pairs=self_pairs))

    def explain(self, text: str | Document, *, self_pairs: bool = False) -> Explanation:
        """The entities and triples after each of the model's rounds of interaction, with their confidence.

        After each round the text is decoded as it is after the last one, with the same confidence and thresholds.
        """
        document = _checked(text) if isinstance(text, Document) else self._read(text)
        stages = self.predictor.trace(document)
        return Explanation.of([self._readable(document.with_prediction(stage), self_pairs) for stage in stages])

    def read(self, text: str, *, identity: str = "1") -> Document:
        """A text in tokens like those that the model was trained on, for `annotate`."""
        return read_text(text, identity=identity, rule=self.saved.trained_on.token_rule)

    def unlike_training(self, document: Document) -> tuple[Unlike, ...]:
        """In what a text differs from the training data so much that the model finds less in it than its scores say.

        "lower case" or "capitals" throughout, or another "language": few of its words are known. Empty for any other text,
        and for one too short to tell. Words are known only to the encoder "bilstm", and only where it has 5,000 or more.
        """
        knows = self.saved.model.encoder.knows
        return unlike_training(document.tokens, knows=knows, has_capitals=self._has_capitals)

    def _read(self, item: object, number: int = 1) -> Document:
        text, identity = _text_and_id(item, number)
        return self.read(text, identity=identity)

    def _readable(self, document: Document, self_pairs: bool) -> Document:
        return with_evidence(_readable(document, self_pairs), self.predictor)

    def coverage(self, text: str | Document) -> Coverage:
        """Which characters of a text are read, and in which window.

        Raises DataError for what is no text, and for a Document whose tokens have no places in a text of its own.
        """
        document = _checked(text) if isinstance(text, Document) else self._read(text)
        return coverage(document, self.predictor.max_tokens)


class HasText(Protocol):
    """An object with a text, such as a record of another library."""

    @property
    def text(self) -> str:
        """What to read."""


def _text_and_id(item: object, number: int) -> tuple[str, str]:
    """The text of a string, a pair of id and text, or an object with `text`; the id is `number` where none is given."""
    identity: object = number
    text: object = item
    if isinstance(item, tuple) and len(item) == 2:
        identity, text = item
    elif not isinstance(item, str | Document) and hasattr(item, "text"):
        text, found = item.text, getattr(item, "id", None)
        identity = number if found is None else found
    if not isinstance(text, str):
        raise DataError(f"text {number} is {short(text)}, expected a string; leave out what has no text")
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        raise DataError(f"text {number} has the id {short(identity)}, expected a string or a whole number")
    return text, str(identity)


def _checked(document: object) -> Document:
    """A Document that the caller may have made; readers of files have checked theirs."""
    if not isinstance(document, Document):
        raise DataError(f"expected a Document, found {short(document)}; texts are for `batch`")
    for k, token in enumerate(document.tokens):
        if not isinstance(token, str) or not token:
            raise DataError(f"document {document.id}: token {k} is {short(token)}, expected a string that is not empty")
    if document.offsets is not None and len(document.offsets) != len(document):
        placed = f"{len(document.offsets)} offsets for {len(document)} tokens"
        raise DataError(
            f"document {document.id}: {placed}; give one a token (None where it has no place), or none at all"
        )
    return document


def _with_given(document: Document, self_pairs: bool) -> Document:
    """Without raw anchors, self-pairs only on request; the entities stay as they were given."""
    relations = tuple(r for r in document.relations if self_pairs or r.head != r.tail)
    return replace(document, relations=relations, anchors=None)


def _readable(document: Document, self_pairs: bool) -> Document:
    """Without raw anchors, self-pairs only on request, triples in the order of the text, no untagged entity without a triple."""
    relations = [r for r in document.relations if self_pairs or r.head != r.tail]
    used = frozenset[int]().union(*(r.entities for r in relations))
    kept = [k for k, entity in enumerate(document.entities) if entity.tagged or k in used]
    kept.sort(key=lambda k: (document.entities[k].token_start, document.entities[k].token_end))
    place = {k: position for position, k in enumerate(kept)}
    moved = sorted((r.renumbered(place) for r in relations), key=lambda r: (r.head, r.tail, r.type))
    return replace(document, entities=tuple(document.entities[k] for k in kept), relations=tuple(moved), anchors=None)
