"""Scores as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from relknit.cli import terminal
from relknit.display import amount, confidence_text, percent
from relknit.document import Document

if TYPE_CHECKING:
    from relknit.metrics import EvaluationReport, Reliability, Score
    from relknit.metrics.assertion import AssertionScore, FoundFacts

RuleOption = Annotated[
    Literal["last", "first"], Parameter(help="Which word represents an entity in partial and exact.")
]


def warn_of_predictions_as_gold(gold: Sequence[Document], path: Path) -> None:
    """A note where gold triples have a confidence, as only predictions do: precision and recall would change places."""
    if any(relation.confidence is not None for document in gold for relation in document.relations):
        note = f"note: {path} is read as gold, and its triples have a confidence, like predictions; is it the correct file?"
        terminal.print_note(note, style="yellow")


def warn_of_missing_types(gold: Sequence[Document], *, typed: bool, who: str) -> None:
    """A note where gold has entity types and the predictions of `who` have none (`typed` false)."""
    from relknit.metrics import is_typed

    if not typed and is_typed(gold):
        note = f"note: gold has entity types and {who} predicts none, so strict, text and entities cannot match"
        terminal.print_note(note, style="yellow")


def show_report(console: Console, report: EvaluationReport) -> None:
    """The five scores with their intervals, then the breakdowns that say where points are lost."""
    table = Table(title=amount(report.sentences, "sentence"), title_justify="left", box=None, padding=(0, 0, 0, 2))
    for name in ("score", "precision", "recall", "F1", "95 % interval", "correct / predicted / gold"):
        table.add_column(name, justify="left" if name == "score" else "right")
    for name, score in report.scores.items():
        interval = report.intervals.get(name)
        ends = "" if interval is None else f"{percent(interval.low)} - {percent(interval.high)}"
        table.add_row(name, *ratios(score), ends, f"{score.correct} / {score.predicted} / {score.gold}")
    console.print(table)
    _show_groups(console, report)


def ratios(score: Score) -> tuple[str, str, str]:
    """Precision, recall and F1 in percent; dashes where there was nothing to score."""
    if score.of_nothing:
        return "–", "–", "–"
    precision, recall, f1 = (percent(ratio) for ratio in (score.precision, score.recall, score.f1))
    return precision, recall, f1


def _show_groups(console: Console, report: EvaluationReport) -> None:
    """A line for each breakdown, what it is about to the left; items that do not fit go to the next line whole."""
    lines = list(_breakdowns(report))
    label = max(len(about) for about, _ in lines)
    grid = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for about, items in lines:
        grid.add_row(about, _filled(items, console.width - label - 4))
    console.print(grid, highlight=False)


def _breakdowns(report: EvaluationReport) -> Iterator[tuple[str, list[str]]]:
    groups = [
        ("overlap, strict F1", {name: group.scores["strict"] for name, group in report.by_overlap.items()}),
        ("triples in the sentence, strict F1", {name: g.scores["strict"] for name, g in report.by_triples.items()}),
        ("names, strict F1", report.seen_unseen or {}),
    ]
    for about, scores in groups:
        if scores:
            yield about, [f"{name} {'–' if s.of_nothing else percent(s.f1)}" for name, s in scores.items()]
    for what, kinds in report.errors.items():
        shown = [f"{kind} {count}" for kind, count in kinds.items() if count and kind != "correct"]
        yield f"errors of {what}", shown or ["none"]
    negatives = report.negatives
    counted = f"{negatives.with_prediction} of {negatives.sentences} ({percent(negatives.false_positive_rate)} %)"
    known = f"a triple is predicted in {counted}" if negatives.sentences else "none here, so no false positive rate"
    yield "negative sentences", [known]
    if report.not_asserted is not None:
        yield from _not_asserted(report.not_asserted)
    for what, reliability in (("triples", report.reliability), ("entities", report.entity_reliability)):
        yield f"confidence of {what}", _calibration(reliability)


def _not_asserted(score: AssertionScore) -> Iterator[tuple[str, list[str]]]:
    def counted(facts: FoundFacts) -> str:
        sure = "" if facts.mean_confidence is None else f", mean confidence {confidence_text(facts.mean_confidence)}"
        return f"predicted in {facts.found} of {facts.texts} texts ({percent(facts.fraction)} %{sure})"

    yield "facts not asserted", [counted(score.total.not_asserted)]
    yield "asserted look-alikes", [counted(score.total.look_alikes)]
    each = {name: (rates.not_asserted, rates.look_alikes) for name, rates in score.by_family.items()}
    shown = {name: " | ".join(f"{facts.found}/{facts.texts}" for facts in both) for name, both in each.items()}
    yield "not asserted | look-alikes", [f"{name.replace('_', ' ')} {counts}" for name, counts in shown.items()]


def _filled(items: Sequence[str], width: int) -> str:
    """The items, three spaces apart, in lines of at most `width` as far as one item alone fits."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 3 + len(item) <= width:
            lines[-1] += "   " + item
        else:
            lines.append(item)
    return "\n".join(lines)


def _calibration(reliability: Reliability | None) -> list[str]:
    if reliability is None:
        return ["none given, so no calibration error"]
    bins = f"{reliability.count} in {len(reliability.bins)} bins of equal mass"
    return [f"expected calibration error {percent(reliability.error)} points", bins]
