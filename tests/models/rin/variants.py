"""Small models of both kinds, and ways to compare what they predict."""

from __future__ import annotations

import pytest
import torch

from relknit.models.rin.decoding import Decoding
from tests.building import total

V1 = {
    "RIN": {},
    "BiLSTM": {"num_rounds": 0, "task_features": False},
    "BiLSTM_s": {"num_rounds": 0},
    "as printed": {"cell": "paper_gru"},
    "RNN": {"cell": "rnn"},
    "no relations": {"int_relations": False},
    "no entities": {"int_entities": False},
    "no words": {"int_words": False},
    "linear": {"cell": "linear"},
    "EMNLP's scorer": {"scorer": "emnlp"},
}
EMNLP = {"EMNLP": {"name": "rin"}, "EMNLP without rounds": {"name": "rin", "num_rounds": 0}}
each_variant = pytest.mark.parametrize("settings", (EMNLP | V1).values(), ids=EMNLP | V1)


def build_variant(tiny_model, settings):
    """A small model in float64 (of v1 unless named); a low threshold, so that there is much to compare."""
    model = tiny_model(**({"name": "rin_v1", "num_rounds": 2} | settings)).double()
    model.decoding = Decoding(threshold=0.4, keep_untagged=True)
    return model


def batch_of(model, documents, *, labelled=False):
    return model.collate([model.prepare(document, labelled=labelled) for document in documents])


def same(one, other):
    """Equal predictions, confidences to 12 digits."""

    def plain(prediction):
        entities = [(e.token_start, e.token_end, e.type, e.tagged) for e in prediction.entities]
        relations = {(r.head, r.type, r.tail) for r in prediction.relations}
        return entities, relations, prediction.anchors and [(a.head, a.type, a.tail) for a in prediction.anchors]

    def numbers(prediction):
        anchors = prediction.anchors or ()
        return [x.confidence for x in (*prediction.entities, *prediction.relations, *anchors)]

    return plain(one) == plain(other) and numbers(one) == pytest.approx(numbers(other), rel=1e-12)


def trained(model, documents, steps):
    """The model after some steps of Adam on one batch, in evaluation mode."""
    batch = batch_of(model, documents, labelled=True)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        total(model.loss(batch)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
    return model.eval()


def check_gradient(model, documents, *, directions):
    """The gradient against central differences of the loss along random directions."""
    batch = batch_of(model, documents, labelled=True)
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(total(model.loss(batch)), parameters)
    generator = torch.Generator().manual_seed(3)
    for _ in range(directions):
        direction = [torch.randn(p.shape, generator=generator, dtype=p.dtype) for p in parameters]
        direction[0][0] = 0.0  # the padding row of the words has no gradient by definition
        expected = sum((g * d).sum().item() for g, d in zip(gradients, direction, strict=True))
        step, losses = 1e-6, []
        for sign in (1, -1):
            with torch.no_grad():
                for p, d in zip(parameters, direction, strict=True):
                    p.add_(d, alpha=sign * step)
                losses.append(total(model.loss(batch)).item())
                for p, d in zip(parameters, direction, strict=True):
                    p.sub_(d, alpha=sign * step)
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(expected, rel=1e-6)
