"""A model without weights whose findings are known, and a way to compare predictions; shared by the tests beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.encoders.base import Encoder, Sentence
from relknit.models.base import JointModel, Labels
from relknit.models.rin.batch import Batch, Example
from relknit.predict.sizes import FIXED, HEAP, LEAST_LOOK_AHEAD, LEAST_WORKSPACE, PER_CHARACTER, PER_THREAD


class Numbers(JointModel):
    """Reads tokens "0", "1", ... and ".": every number that ends in 0 is an entity, followed by those with `next`.

    Confidences fall with the distance from the window's middle, so that windows disagree.
    """

    bytes_per_token = 100
    device = torch.device("cpu")

    def __init__(self) -> None:
        super().__init__(None, Encoder(), Labels(()))
        self.seen: list[tuple[int, ...]] = []
        self.workspaces: list[int | None] = []

    def set_workspace(self, size: int | None) -> None:
        self.workspaces.append(size)

    def prepare(self, document: Document, *, labelled: bool = False) -> Example:
        numbers = [-1 if token == "." else int(token) for token in document.tokens]
        return Example(Sentence(torch.tensor(numbers, dtype=torch.int64).reshape(-1, 1)), tuple(range(len(numbers))))

    def collate(self, examples: Sequence[Example]) -> Batch:
        return Batch.of(examples, self.encoder)

    def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
        sentences = [tuple(part.flatten().tolist()) for part in batch.inputs.table.split(list(batch.inputs.lengths))]
        self.seen += sentences
        found = [self._found(sentence) for sentence in sentences]
        return found if anchors else [replace(prediction, anchors=None) for prediction in found]

    def _found(self, numbers: tuple[int, ...]) -> Prediction:
        places = [i for i, number in enumerate(numbers) if number >= 0 and number % 10 == 0]
        sure = [1 - abs(i - len(numbers) / 2) / (len(numbers) + 1) for i in places]
        entities = tuple(Entity(i, i + 1, None, p) for i, p in zip(places, sure, strict=True))
        relations = tuple(Relation(k, k + 1, "next", sure[k]) for k in range(len(places) - 1))
        anchors = tuple(AnchorTriple(places[r.head], r.type, places[r.tail], r.confidence) for r in relations)
        return Prediction(entities, relations, anchors)


def count_up(length: int, *, sentence: int | None = None, start: int = 0, name: str = "d") -> Document:
    """The tokens "0" to "length-1" (from `start`), every `sentence`-th a full stop."""
    stops = sentence or length + 1
    return Document(name, tuple("." if i % stops == stops - 1 else str(start + i) for i in range(length)))


def shown(predictions: Sequence[Prediction]) -> list[Any]:
    """Entities and triples without their confidences."""
    return [
        (
            [(e.token_start, e.token_end, e.type, e.tagged) for e in p.entities],
            sorted((r.head, r.type, r.tail) for r in p.relations),
            sorted((a.head, a.type, a.tail) for a in p.anchors or ()),
        )
        for p in predictions
    ]


def least_budget(bytes_per_token: int, max_tokens: int) -> int:
    """Bytes for the smallest sizes: one window at a time on one thread, nearly nothing read ahead."""
    window = HEAP * bytes_per_token * max_tokens
    return FIXED + PER_THREAD + LEAST_WORKSPACE + window + LEAST_LOOK_AHEAD * PER_CHARACTER
