"""A system that predicts one word of each entity is scored on words; the scores of spans do not apply to it."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from relknit.cli.score_table import show_report
from relknit.document import Document, Entity, Prediction, Relation
from relknit.metrics import EvaluationReport, evaluate_predictions
from relknit.report import evaluation_html

GOLD = Document(
    "s1", ("Ada", "Byron", "knew", "Charles", "Babbage"), (Entity(0, 2), Entity(3, 5)), (Relation(0, 1, "knows"),)
)


def words(*tokens: int) -> Prediction:
    entities = tuple(Entity(token, token + 1, None, 0.9, tagged=False) for token in tokens)
    return Prediction(entities, (Relation(0, 1, "knows", 0.9),))


def report_of(prediction: Prediction, *, spans: bool = False) -> EvaluationReport:
    return evaluate_predictions([GOLD], [prediction], rule="last", known_names=["Ada Byron"], spans=spans)


def test_only_the_partial_score_applies() -> None:
    report = report_of(words(1, 4))
    assert {name for name, score in report.scores.items() if score.applies} == {"partial"} == set(report.intervals)
    assert report.scores["partial"].f1 == 1
    record = report.to_dict()
    assert record["strict"] == {"precision": None, "recall": None, "f1": None}
    assert record["counts"]["exact"] == {"correct": None, "predicted": None, "gold": None}
    assert report_of(words(1, 4), spans=True).to_dict()["strict"]["f1"] == 0


def test_verdicts_and_groups_are_those_of_words() -> None:
    report = report_of(words(1, 4))
    assert report.main_score == "partial"
    assert report.errors["triples"]["correct"] == 1
    assert not any(report.errors["entities"].values())
    assert report.by_triples["1"].scores["partial"].f1 == 1
    assert not report.by_triples["1"].scores["strict"].applies
    assert report.reliability is not None
    assert (report.entity_reliability, report.seen_unseen) == (None, None)
    assert report_of(words(0, 3)).errors["triples"]["correct"] == 0


def test_tables_and_pages_show_a_dash() -> None:
    report, text = report_of(words(1, 4)), StringIO()
    show_report(Console(file=text, width=120), report)
    strict = next(line.split() for line in text.getvalue().splitlines() if line.split()[:1] == ["strict"])
    assert strict == ["strict", "–", "–", "–", "–"]
    assert "strict F1" not in text.getvalue()
    assert "<td>strict</td><td>–</td><td>–</td><td>–</td>" in evaluation_html(report, title="words").replace("\n", "")
