from __future__ import annotations

from rich.console import Console

from relknit.cli.scores import show_report
from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import evaluate_predictions

GOLD = [Document("1", ("Ada", "left", "Rome"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, "left"),))]


def shown(predictions: list[Prediction]) -> str:
    console = Console(width=200, record=True)
    with console.capture() as capture:
        show_report(console, evaluate_predictions(GOLD, predictions, rule="last"))
    return capture.get()


def test_classes_without_a_sentence_have_a_dash_and_classes_without_a_hit_a_zero() -> None:
    text = shown([Prediction()])
    assert "overlap, strict F1:  Normal 0.0   SEO –   EPO –" in text
    assert "triples in the sentence, strict F1:  1 0.0   2 –   3 –   4 –   >=5 –" in text


def test_kinds_of_errors_are_counted_and_those_that_do_not_occur_left_out() -> None:
    assert "errors of triples:  missed 1\n" in shown([Prediction()])
    assert "errors of entities:  missed 2\n" in shown([Prediction()])
    assert "errors of triples:  none\n" in shown([GOLD[0].prediction])
