"""Documents -> Predictions: windows over what is too long, batches of similar length, merged back in given order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.models import Batch, JointModel
from relknit.ops import workers
from relknit.text.ranges import sentence_ranges
from relknit.text.windows import windows

BATCH_TOKENS = 1500


@dataclass(frozen=True, slots=True)
class _Piece:
    document: int
    start: int
    end: int


def predict(
    model: JointModel,
    documents: Sequence[Document],
    *,
    max_tokens: int,
    threads: int = 1,
    progress: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """One Prediction per document, in order. Nothing is cut: a document of more than `max_tokens` is read in windows of
    whole sentences that overlap by one, and what several windows find is kept once, at its highest confidence.

    model: in evaluation mode, as `load_model` gives it.
    max_tokens: length of a window in tokens, at least 1, else ConfigError.
    threads: batches computed at the same time, each on one worker thread.
    progress: called with the number of pieces done, from worker threads.
    """
    pieces = [piece for k, document in enumerate(documents) for piece in _pieces(k, document, max_tokens)]
    batches = list(_batches(pieces))

    def task(batch: list[_Piece]) -> list[Prediction]:
        examples = [model.prepare(_cut(documents[p.document], p)) for p in batch]
        with torch.inference_mode():
            found = model.predict(Batch.of(examples))
        if progress is not None:
            progress(len(batch))
        return found

    parts: list[list[tuple[int, Prediction]]] = [[] for _ in documents]
    for batch, found in zip(batches, workers.run(task, batches, threads), strict=True):
        for piece, prediction in zip(batch, found, strict=True):
            parts[piece.document].append((piece.start, prediction))
    return [merge(sorted(part, key=lambda pair: pair[0])) for part in parts]


def _pieces(number: int, document: Document, max_tokens: int) -> Iterator[_Piece]:
    if len(document) <= max_tokens:
        yield _Piece(number, 0, len(document))
        return
    for start, end in windows(sentence_ranges(document), max_tokens):
        yield _Piece(number, start, end)


def _batches(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    batch: list[_Piece] = []
    tokens = 0
    for piece in sorted(pieces, key=lambda p: (p.end - p.start, p.document, p.start)):
        length = piece.end - piece.start
        if batch and tokens + length > BATCH_TOKENS:
            yield batch
            batch, tokens = [], 0
        batch.append(piece)
        tokens += length
    if batch:
        yield batch


def _cut(document: Document, piece: _Piece) -> Document:
    pos = None if document.pos is None else document.pos[piece.start : piece.end]
    return Document(document.id, document.tokens[piece.start : piece.end], pos=pos)


def merge(parts: Sequence[tuple[int, Prediction]]) -> Prediction:
    """Predictions of overlapping windows, each with its first token, as one prediction of the whole document.

    Of entities that cross each other the more confident stays, and triples of the other go over to it. A triple found
    by several windows is kept once, at its highest confidence. Anchors are None where no window has any.
    """
    if len(parts) == 1 and parts[0][0] == 0:
        return parts[0][1]
    moved = [replace(e, start=e.start + start, end=e.end + start) for start, part in parts for e in part.entities]
    kept, place = _keep_confident(moved)
    relations: dict[tuple[int, str, int], float | None] = {}
    anchors: dict[tuple[int, str, int], float | None] = {}
    offset = 0
    for start, part in parts:
        for r in part.relations:
            _note(relations, (place[offset + r.head], r.type, place[offset + r.tail]), r.confidence)
        for a in part.anchors or ():
            _note(anchors, (a.head + start, a.type, a.tail + start), a.confidence)
        offset += len(part.entities)
    return Prediction(
        kept,
        tuple(Relation(head, tail, label, p) for (head, label, tail), p in sorted(relations.items())),
        None
        if all(part.anchors is None for _, part in parts)
        else tuple(AnchorTriple(head, label, tail, p) for (head, label, tail), p in sorted(anchors.items())),
    )


def _note(best: dict[tuple[int, str, int], float | None], triple: tuple[int, str, int], found: float | None) -> None:
    """Keep the triple at its highest confidence; an unknown one is the lowest."""
    earlier = best.get(triple)
    best[triple] = found if earlier is None else earlier if found is None else max(earlier, found)


def _keep_confident(entities: Sequence[Entity]) -> tuple[tuple[Entity, ...], list[int]]:
    """Entities without crossings, from left to right, and for each given one the place of itself or its replacement."""
    order = sorted(range(len(entities)), key=lambda k: (not entities[k].tagged, -(entities[k].confidence or 0.0), k))
    owner: dict[int, int] = {}
    winner = list(range(len(entities)))
    for k in order:
        span = range(entities[k].start, entities[k].end)
        taken = [owner[i] for i in span if i in owner]
        if taken:
            winner[k] = taken[-1]
        else:
            owner.update(dict.fromkeys(span, k))
    survivors = sorted(set(winner), key=lambda k: entities[k].start)
    place = {k: position for position, k in enumerate(survivors)}
    return tuple(entities[k] for k in survivors), [place[k] for k in winner]
