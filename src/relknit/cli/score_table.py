"""Scores as tables in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from relknit.cli import terminal
from relknit.display import amount, confidence_text, percent
from relknit.document import Document

if TYPE_CHECKING:
    from relknit.metrics import EvaluationReport, Reliability, Score
    from relknit.metrics.assertion import AssertionScore, FoundFacts
    from relknit.metrics.bootstrap import Interval
    from relknit.metrics.breakdown import Negatives

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
    show_scores(console, report.scores, title=amount(report.sentences, "sentence"), intervals=report.intervals)
    show_lines(console, list(_breakdowns(report)))


def show_scores(
    console: Console,
    scores: Mapping[Any, Score],
    *,
    title: str,
    intervals: Mapping[Any, Interval] = MappingProxyType({}),
) -> None:
    """A table with a row for each score, and the intervals of those that have one."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 0, 0, 2))
    for name in ("score", "precision", "recall", "F1", "95 % interval", "correct / predicted / gold"):
        if intervals or name != "95 % interval":
            table.add_column(name, justify="left" if name == "score" else "right")
    for name, score in scores.items():
        interval = intervals.get(name)
        ends = "" if interval is None else f"{percent(interval.low)} - {percent(interval.high)}"
        counts = f"{score.correct} / {score.predicted} / {score.gold}" if score.applies else "–"
        table.add_row(name, *ratios(score), *([ends] if intervals else []), counts)
    console.print(table)


def ratios(score: Score) -> tuple[str, str, str]:
    """Precision, recall and F1 in percent; dashes where there was nothing to score."""
    if score.of_nothing:
        return "–", "–", "–"
    precision, recall, f1 = (percent(ratio) for ratio in (score.precision, score.recall, score.f1))
    return precision, recall, f1


def show_lines(console: Console, lines: Sequence[tuple[str, Sequence[str]]]) -> None:
    """A line for each label with its items to the right; items that do not fit go to the next line whole."""
    label = max(len(about) for about, _ in lines)
    grid = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for about, items in lines:
        grid.add_row(about, _filled(items, console.width - label - 4))
    console.print(grid, highlight=False)


def _breakdowns(report: EvaluationReport) -> Iterator[tuple[str, list[str]]]:
    main = report.main_score
    groups = [
        (f"overlap, {main} F1", {name: group.scores[main] for name, group in report.by_overlap.items()}),
        (f"triples in the sentence, {main} F1", {name: g.scores[main] for name, g in report.by_triples.items()}),
        ("names, strict F1", report.seen_unseen or {}),
    ]
    for about, scores in groups:
        if scores:
            yield about, [f"{name} {'–' if s.of_nothing else percent(s.f1)}" for name, s in scores.items()]
    for what, kinds in report.errors.items():
        shown = [f"{kind} {count}" for kind, count in kinds.items() if count and kind != "correct"]
        yield f"errors of {what}", shown or ["none"]
    yield "negative sentences", [negatives_text(report.negatives)]
    if report.not_asserted is not None:
        yield from _not_asserted(report.not_asserted)
    for what, reliability in (("triples", report.reliability), ("entities", report.entity_reliability)):
        yield f"confidence of {what}", calibration_items(reliability)


def negatives_text(negatives: Negatives) -> str:
    """In how many of the sentences without a triple one was predicted."""
    if not negatives.sentences:
        return "none here, so no false positive rate"
    rate = percent(negatives.false_positive_rate)
    return f"a triple is predicted in {negatives.with_prediction} of {negatives.sentences} ({rate} %)"


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


def calibration_items(reliability: Reliability | None) -> list[str]:
    """The expected calibration error and what it was computed from."""
    if reliability is None:
        return ["none given, so no calibration error"]
    bins = f"{reliability.count} in {len(reliability.bins)} bins of equal mass"
    return [f"expected calibration error {percent(reliability.error)} points", bins]
