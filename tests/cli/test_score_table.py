from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from relknit.cli.score_table import show_report
from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import assertion_score, evaluate_predictions

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


def test_facts_not_asserted_are_shown_beside_the_negative_sentences_where_they_were_measured() -> None:
    said = Relation(0, 1, "left", 0.75)
    answers = [("false_belief", False, said), ("false_belief", False, None), ("false_belief", True, said)]
    console, report = Console(width=200), evaluate_predictions(GOLD, [Prediction()], rule="last")
    with console.capture() as capture:
        show_report(console, replace(report, not_asserted=assertion_score(answers)))
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    place = next(k for k, line in enumerate(lines) if line.startswith("negative sentences"))
    assert lines[place + 1 : place + 4] == [
        "facts not asserted predicted in 1 of 2 texts (50.0 %, mean confidence 0.7500)",
        "asserted look-alikes predicted in 1 of 1 texts (100.0 %, mean confidence 0.7500)",
        "not asserted | look-alikes false belief 1/2 | 1/1",
    ]
    assert not any("asserted" in line for line in shown([Prediction()]))
