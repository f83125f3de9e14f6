from __future__ import annotations

from rich.console import Console

from relknit.cli.score_table import show_report
from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import evaluate_predictions

GOLD = [Document("1", ("Ada", "left", "Rome"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, "left"),))]


def shown(predictions: list[Prediction], width: int = 200) -> list[str]:
    """The lines that people see, runs of spaces as one."""
    console = Console(width=width)
    with console.capture() as capture:
        show_report(console, evaluate_predictions(GOLD, predictions, rule="last"))
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def test_classes_without_a_sentence_have_a_dash_and_classes_without_a_hit_a_zero() -> None:
    lines = shown([Prediction()])
    assert "overlap, strict F1 Normal 0.0 SEO – EPO –" in lines
    assert "triples in the sentence, strict F1 1 0.0 2 – 3 – 4 – >=5 –" in lines


def test_kinds_of_errors_are_counted_and_those_that_do_not_occur_left_out() -> None:
    assert {"errors of triples missing 1", "errors of entities missing 2"} <= set(shown([Prediction()]))
    assert "errors of triples none" in shown([GOLD[0].prediction])


def test_what_does_not_fit_a_line_goes_to_the_next_and_no_item_is_torn() -> None:
    lines = shown([Prediction()], width=60)
    place = lines.index("triples in the sentence, strict F1 1 0.0 2 – 3 –")
    assert lines[place + 1] == "4 – >=5 –"
