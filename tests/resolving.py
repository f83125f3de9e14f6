"""A model that predicts a pronoun and the name it refers to, for one text: weights at random, predictions made by hand."""

from __future__ import annotations

from typing import Any

from relknit.checkpoint import SavedModel, TrainingData
from relknit.document import Document, Entity, Prediction, Relation
from relknit.document.coreference import REFERENCE, REFERS_TO
from relknit.models.rin.rin import RIN
from relknit.text.read import read_text

TEXT = "Lise Meitner taught. She was born in Vienna."
GOLD: Document = read_text(TEXT).with_prediction(
    Prediction(
        (Entity(0, 2, "person", 0.9), Entity(4, 5, REFERENCE, 0.9), Entity(8, 9, "location", 0.9)),
        (Relation(1, 0, REFERS_TO, 0.8), Relation(1, 2, "place of birth", 0.5)),
    )
)


def resolving_model(tiny_model: Any, monkeypatch: Any) -> SavedModel:
    """Of the labels of GOLD; predicts these annotations for a text of as many tokens, and nothing for any other."""
    saved = SavedModel(tiny_model(documents=(GOLD,)), TrainingData(max_tokens=64))

    def predict(model: RIN, batch: Any, *, anchors: bool = True) -> list[Prediction]:
        return [GOLD.prediction if length == len(GOLD) else Prediction() for length in batch.inputs.lengths]

    monkeypatch.setattr(RIN, "predict", predict)
    return saved
