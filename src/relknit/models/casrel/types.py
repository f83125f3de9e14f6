"""Entity types of spans, ours and not the paper's: a linear classifier of the vector that represents a subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from relknit.document import Entity
from relknit.models.casrel.objects import span_vectors
from relknit.models.triple_model import Span


class SpanTypes(nn.Module):
    """softmax(W ½(x_start + x_end) + b) over the entity types."""

    def __init__(self, dim: int, types: Sequence[str]) -> None:
        super().__init__()
        self.names = tuple(types)
        self.output = nn.Linear(dim, len(self.names))

    def loss(self, h: Tensor, lengths: Sequence[int], entities: Sequence[Sequence[Entity]]) -> Tensor:
        """Σ_sentences mean over its entities of a known type of their cross-entropy, ()."""
        numbers = {name: number for number, name in enumerate(self.names)}
        spans: list[Span] = []
        gold: list[int] = []
        weights: list[float] = []
        first = 0
        for length, its in zip(lengths, entities, strict=True):
            known = [(one, numbers[one.type]) for one in its if one.type in numbers]
            spans += [Span(first + one.token_start, first + one.token_end) for one, _ in known]
            gold += [number for _, number in known]
            weights += [1 / len(known)] * len(known)
            first += length
        if not spans:
            return h.sum() * 0
        logits = self.output(span_vectors(h, spans))
        losses = functional.cross_entropy(logits, h.new_tensor(gold, dtype=torch.int64), reduction="none")
        return losses @ h.new_tensor(weights)

    def typed(self, h: Tensor, entities: Sequence[Entity]) -> tuple[Entity, ...]:
        """The entities of a sentence (n, d), each with its most probable type."""
        if not entities:
            return ()
        best = self.output(span_vectors(h, [Span(one.token_start, one.token_end) for one in entities])).argmax(-1)
        return tuple(replace(one, type=self.names[k]) for one, k in zip(entities, best.tolist(), strict=True))
