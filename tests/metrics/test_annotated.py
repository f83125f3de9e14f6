"""What gold does not annotate is neither correct nor wrong."""

from dataclasses import replace

import pytest

from relknit.document import Document, Entity, Prediction, Relation
from relknit.document.scope import Scope
from relknit.evaluation import in_characters
from relknit.metrics import evaluate_predictions

GOLD = Document(
    "1",
    ("Ada", "met", "Bea", "in", "Rome"),
    (Entity(0, 1), Entity(2, 3), Entity(4, 5)),
    (Relation(0, 1, "met"),),
    "Ada met Bea in Rome",
    ((0, 3), (4, 7), (8, 11), (12, 14), (15, 19)),
)
FOUND = Prediction(
    (Entity(0, 1), Entity(4, 5), Entity(2, 3)),
    (Relation(0, 2, "met"), Relation(0, 1, "visited"), Relation(2, 1, "visited"), Relation(2, 0, "met")),
)


def strict(gold, found=FOUND):
    return evaluate_predictions([gold], [found], rule="last", bootstrap_samples=0).scores["strict"]


def test_relations_that_are_not_annotated_do_not_count():
    assert strict(GOLD).predicted == 4
    score = strict(replace(GOLD, scope=Scope(relations=frozenset({"met"}))))
    assert (score.correct, score.predicted, score.gold) == (1, 2, 1)


@pytest.mark.parametrize("spelled", [lambda one: one, in_characters], ids=["tokens", "characters"])
def test_unknown_triples_do_not_count(spelled):
    gold = spelled(replace(GOLD, unknown=(Relation(0, 2, "visited"), Relation(0, 1, "met"))))
    found = spelled(GOLD.with_prediction(FOUND)).prediction
    score = strict(gold, found)
    assert (score.correct, score.predicted, score.gold) == (1, 3, 1)
