"""A model on documents: windows over what is too long, batches of similar length, merged back in given order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import TypeVar

import torch

from relknit.document import Document, Prediction
from relknit.document.coreference import has_references, resolve_references
from relknit.errors import ConfigError, short
from relknit.models.base import JointModel, without_anchors
from relknit.ops import workers
from relknit.predict.filters import LabelFilter
from relknit.predict.given import EntityIndex, merge_given
from relknit.predict.merge import merge
from relknit.predict.sizes import Sizes
from relknit.predict.thresholds import filter_by_precision, thresholds_for
from relknit.runtime import Runtime
from relknit.text.windows import longest_range, reading_ranges

TokenSequence = TypeVar("TokenSequence", bound=Sized)


def predict(
    model: JointModel,
    documents: Sequence[Document],
    *,
    max_tokens: int,
    runtime: Runtime = Runtime(),
    anchors: bool = True,
    min_precision: float | None = None,
    coreference: bool = False,
    given_entities: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """One Prediction per document, in order; see `Predictor`, which does it and takes the same values.

    given_entities: predict with `Predictor.relations_between`.
    """
    predictor = Predictor(
        model,
        max_tokens=max_tokens,
        runtime=runtime,
        anchors=anchors,
        min_precision=min_precision,
        coreference=coreference,
    )
    return (predictor.relations_between if given_entities else predictor)(documents, progress=progress)


@dataclass(frozen=True, slots=True)
class _Piece:
    document: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


class Predictor:
    """A model made ready to predict: where it computes and how much it holds at a time is decided here, once.

    Nothing is cut: a document of more than `max_tokens` is read in windows of whole sentences that overlap by one, and
    what several windows find is kept once, at its highest confidence. The confidence of entities and triples is calibrated
    where the model is (see `relknit.calibration`), that of anchors never. Nothing changes after this, so that several
    threads may use it at once.

    model: in evaluation mode, as `load_model` gives it; it is moved to the device of `runtime`.
    max_tokens: length of a window in tokens, at least 1, else ConfigError.
    runtime: where and how to compute. Its threads are batches computed at the same time; a GPU takes one after another. Raises
        ConfigError for a GPU that is not there, and for a memory budget without room for a single window.
    anchors: also give the raw triples of the pair table (`Prediction.anchors`); without them the model may do less.
    min_precision: keep only triples above the confidence at which this fraction (0 to 1) was correct on dev, per relation,
        and give no anchors (see `relknit.calibration.precision_table`). Raises ConfigError for a model that was never
        calibrated, and when no relation reaches it.
    coreference: put names in place of pronouns and descriptions, see `relknit.document.coreference`, and give no anchors, if the
        model can. Thresholds and `wanted` apply to the result.
    wanted: keep only these labels, and give no anchors.
    """

    def __init__(
        self,
        model: JointModel,
        *,
        max_tokens: int,
        runtime: Runtime = Runtime(),
        anchors: bool = True,
        min_precision: float | None = None,
        coreference: bool = False,
        wanted: LabelFilter | None = None,
    ) -> None:
        if not isinstance(runtime, Runtime):
            raise ConfigError(f"runtime is {short(runtime)}, expected a relknit.Runtime")
        self.thresholds, self.wanted = thresholds_for(model, min_precision), wanted
        self.coreference = coreference and has_references(model.labels.relations, model.labels.entity_types)
        self.device = runtime.torch_device()
        self.model = model.to(self.device)
        self.max_tokens, self.anchors, self.runtime = max_tokens, anchors, runtime
        self.sizes = Sizes.of(self.model, runtime, max_tokens=longest_range(max_tokens))
        model.set_workspace(self.sizes.workspace)  # of predictors that share a model the last one decides

    def __call__(
        self, documents: Sequence[Document], *, progress: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """One Prediction per document, in order. progress: called with the number of pieces done, from worker threads."""
        parts = self._parts(documents, self._predict_batch, progress)
        return [self._joined([(piece.start, found) for piece, found in part]) for part in parts]

    def relations_between(
        self, documents: Sequence[Document], *, progress: Callable[[int], None] | None = None
    ) -> list[Prediction]:
        """The documents' own entities, in their order, with the relations that the model finds between them.

        Their types are kept and change no score, their confidence is None. Of a document in windows two entities are scored
        in every window that holds both. The confidence of a relation is calibrated like any other, with entities that
        are certain. Raises ConfigError for a model that cannot score given entities.
        """
        indices = [EntityIndex(document.entities) for document in documents]
        parts = self._parts(documents, self._relate_batch, progress, indices)
        return [
            self._finished(merge_given(index, [((piece.start, piece.end), found) for piece, found in part]), given=True)
            for index, part in zip(indices, parts, strict=True)
        ]

    def _parts(
        self,
        documents: Sequence[Document],
        predict_batch: Callable[[Sequence[Document]], list[Prediction]],
        progress: Callable[[int], None] | None,
        indices: Sequence[EntityIndex] | None = None,
    ) -> list[list[tuple[_Piece, Prediction]]]:
        """For each document its pieces in order, with the prediction of each. indices: the entities to cut with them."""
        pieces = [piece for k, document in enumerate(documents) for piece in self._pieces(k, document)]
        # similar lengths together, the longest first: what takes longest should not be what threads wait for
        pieces.sort(key=lambda piece: (-len(piece), piece.document, piece.start))
        batches = list(by_tokens(pieces, self.sizes.batch_tokens))

        def task(batch: list[_Piece]) -> list[Prediction]:
            found = predict_batch([_cut(documents[piece.document], piece, indices) for piece in batch])
            if progress is not None:
                progress(len(batch))
            return found

        parts: list[list[tuple[_Piece, Prediction]]] = [[] for _ in documents]
        for batch, found in zip(batches, workers.run(task, batches, self.sizes.threads), strict=True):
            for piece, prediction in zip(batch, found, strict=True):
                parts[piece.document].append((piece, prediction))
        return [sorted(part, key=lambda found: found[0].start) for part in parts]

    def stream(
        self, documents: Iterable[Document], *, look_ahead: int | None = None, given_entities: bool = False
    ) -> Iterator[tuple[Document, Prediction]]:
        """Each document with its Prediction, in order, in constant memory however many there are.

        given_entities: predict with `relations_between`.
        look_ahead: most characters read ahead, 0 to answer each document before the next is read; None is what suits
        the memory budget. It starts small, so that the first answers come soon. What `documents` raises comes out
        after the answers to all documents before it.
        """
        predict_group = self.relations_between if given_entities else self
        for group in _groups(documents, self.sizes.look_ahead if look_ahead is None else look_ahead):
            yield from zip(group, predict_group(group), strict=True)
            group.clear()  # before the next ones are read

    def trace(self, document: Document) -> list[Prediction]:
        """The Prediction of one document as it would be after each round of interaction, the last as it is.

        Confidences of earlier rounds are calibrated, and triples filtered, like those of the last.
        """
        pieces = list(self._pieces(0, document))
        rounds: list[list[tuple[int, Prediction]]] = []
        for piece in pieces:
            batch = self.model.collate([self.model.prepare(_cut(document, piece))])
            with torch.inference_mode(), self._autocast():
                steps = self.model.trace(batch.to(self.device))
            rounds = rounds or [[] for _ in steps]
            for found, step in zip(rounds, steps, strict=True):
                found.append((piece.start, step[0]))
        return [self._joined(found) for found in rounds]

    def _autocast(self) -> torch.autocast:
        """bfloat16 where torch sees fit, on a GPU and unless float32 is asked for."""
        enabled = self.device.type == "cuda" and self.runtime.dtype == "auto"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=enabled)

    def _joined(self, parts: list[tuple[int, Prediction]]) -> Prediction:
        """What the windows of one document, in order, predict together."""
        return self._finished(merge(parts))

    def _finished(self, found: Prediction, *, given: bool = False) -> Prediction:
        """The prediction with calibrated confidence, names for references, and what thresholds and filter leave of it."""
        if self.model.calibration is not None:
            found = self.model.calibration(found)
        if self.coreference:
            found = resolve_references(found, given=given)
        if self.thresholds is not None:
            found = filter_by_precision(found, self.thresholds)
        return found if self.wanted is None else self.wanted(found, given=given)

    def _pieces(self, number: int, document: Document) -> Iterator[_Piece]:
        for start, end in reading_ranges(document, self.max_tokens):
            yield _Piece(number, start, end)

    def _predict_batch(self, documents: Sequence[Document]) -> list[Prediction]:
        batch = self.model.collate([self.model.prepare(document) for document in documents])
        with torch.inference_mode(), self._autocast():
            return self.model.predict(batch.to(self.device), anchors=self.anchors)

    def _relate_batch(self, documents: Sequence[Document]) -> list[Prediction]:
        batch = self.model.collate([self.model.prepare(document) for document in documents])
        with torch.inference_mode(), self._autocast():
            found = self.model.relations_between(batch.to(self.device), [document.entities for document in documents])
        return found if self.anchors else without_anchors(found)


def _groups(documents: Iterable[Document], most: int) -> Iterator[list[Document]]:
    """Documents in groups: a single one first, then larger ones of up to `most` characters (or one document)."""
    stream = iter(documents)
    group: list[Document] = []
    size = limit = 0
    while True:
        try:
            document = next(stream)
        except StopIteration:
            break
        except Exception:
            yield group  # whatever it is: the answers to what came before are due first
            raise
        group.append(document)
        size += _characters(document)
        if size > limit:
            yield group
            group, size, limit = [], 0, min(2 * limit + 1_000, most)
    yield group


def _characters(document: Document) -> int:
    """Length in characters, with some for the Document itself, so that a group of empty ones ends too."""
    return 32 + (len(document.text) if document.text is not None else sum(map(len, document.tokens)))


def by_tokens(items: Iterable[TokenSequence], most: int) -> Iterator[list[TokenSequence]]:
    """The items in their order, as many a batch as have at most `most` tokens (or one that has more by itself)."""
    batch: list[TokenSequence] = []
    tokens = 0
    for item in items:
        if batch and tokens + len(item) > most:
            yield batch
            batch, tokens = [], 0
        batch.append(item)
        tokens += len(item)
    if batch:
        yield batch


def _cut(document: Document, piece: _Piece, indices: Sequence[EntityIndex] | None = None) -> Document:
    pos = None if document.pos is None else document.pos[piece.start : piece.end]
    entities = () if indices is None else indices[piece.document].cut(piece.start, piece.end)
    return Document(document.id, document.tokens[piece.start : piece.end], entities, pos=pos)
