"""The second stage: the object taggers of all relations, given a subject   (CasRel eqs. 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from relknit.models.triple_model import Span

Objects = Mapping[Span, Sequence[tuple[int, Span]]]
"""The subjects of a sentence, each with the relation and the span of every object."""


def span_vectors(h: Tensor, spans: Sequence[Span]) -> Tensor:
    """v = ½(x_start + x_end) of spans of words h (n, d), (spans, d)   (CasRel eq. 6, with one vector a word)."""
    ends = h.new_tensor([(start, end - 1) for start, end in spans], dtype=torch.int64)
    return h[ends.reshape(-1, 2)].mean(1)


class ObjectTaggers(nn.Module):
    """Starts and ends of objects: two linear maps (d -> relations) of x_i + v   (CasRel eqs. 4 and 5).

    w·(x_i + v) = w·x_i + w·v: every word and every subject goes through them once, whatever their pairs.

    subject_map: v = M ½(x_s + x_e) with a matrix M that is learned. Without it, as printed, the logits of two one-word entities
    a and b obey f(a, b) = f(b, a) = ½(f(a, a) + f(b, b)): where both are subjects and neither is its own object, neither can be
    the object of the other. In the authors' code ends are tagged on a marker after the word, which has a vector of its own.
    With the map f(a, b) + f(b, a) = f(a, a) + f(b, b) remains, so that one of the two can be.
    """

    def __init__(self, dim: int, relations: int, *, subject_map: bool) -> None:
        super().__init__()
        self.subject = nn.Linear(dim, dim, bias=False) if subject_map else nn.Identity()
        self.start = nn.Linear(dim, relations)
        self.end = nn.Linear(dim, relations)

    def probabilities(self, h: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """For words (n, d) and subjects (k, d) of one sentence: where objects start and end, each (k, n, relations)."""
        v = self.subject(v)
        start, end = (
            torch.sigmoid(tagger(h)[None] + functional.linear(v, tagger.weight)[:, None])
            for tagger in (self.start, self.end)
        )
        return start, end

    def loss(self, h: Tensor, lengths: Sequence[int], subjects: Sequence[Objects]) -> Tensor:
        """Σ_sentences mean over its subjects of Σ_words,relations BCE of both taggers / words, ()."""
        rows: list[int] = []
        owners: list[int] = []
        weights: list[float] = []
        spans: list[Span] = []
        gold: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        first = 0
        for length, its in zip(lengths, subjects, strict=True):
            for span, found in its.items():
                gold[0].extend((len(rows) + tail.start, relation) for relation, tail in found)
                gold[1].extend((len(rows) + tail.end - 1, relation) for relation, tail in found)
                rows += range(first, first + length)
                owners += [len(spans)] * length
                weights += [1 / (length * len(its))] * length
                spans.append(Span(first + span.start, first + span.end))
            first += length
        if not spans:
            return h.sum() * 0
        index, owner = (h.new_tensor(numbers, dtype=torch.int64) for numbers in (rows, owners))
        weight, v = h.new_tensor(weights)[:, None], self.subject(span_vectors(h, spans))
        total = h.new_zeros(())
        for tagger, cells in zip((self.start, self.end), gold, strict=True):
            logits = tagger(h)[index] + functional.linear(v, tagger.weight)[owner]
            targets = torch.zeros_like(logits)
            targets[tuple(h.new_tensor(cells, dtype=torch.int64).T)] = 1
            total = total + functional.binary_cross_entropy_with_logits(logits, targets, weight, reduction="sum")
        return total
