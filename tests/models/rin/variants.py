"""Small models of both kinds, and ways to compare what they predict."""

from __future__ import annotations

import pytest

from relknit.models.rin.decoding import Decoding

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
