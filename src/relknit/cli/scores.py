"""How a person sees scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from relknit.cli import terminal
from relknit.document import Document
from relknit.metrics import SCORES, Reliability, Report


def warn_of_predictions_as_gold(gold: Sequence[Document], path: Path) -> None:
    """A note where gold says how sure it is of its triples, as only predictions do: precision and recall would change places."""
    if any(relation.confidence is not None for document in gold for relation in document.relations):
        said = (
            f"note: {path} is read as gold, and its triples have a confidence, like predictions; is it the right file?"
        )
        terminal.to_people().print(said, style="yellow", markup=False, highlight=False, soft_wrap=True)


def show_report(console: Console, report: Report) -> None:
    """The five scores with their intervals, then the breakdowns that say where points are lost."""
    table = Table(
        title="1 sentence" if report.sentences == 1 else f"{report.sentences} sentences",
        title_justify="left",
        box=None,
        padding=(0, 0, 0, 2),
    )
    for name in ("score", "precision", "recall", "F1", "95 % interval", "right / said / gold"):
        table.add_column(name, justify="left" if name == "score" else "right")
    for name in SCORES:
        score, interval = report.scores[name], report.intervals.get(name)
        table.add_row(
            name,
            *(_percent(x) for x in (score.precision, score.recall, score.f1)),
            "" if interval is None else f"{_percent(interval.low)} - {_percent(interval.high)}",
            f"{score.correct} / {score.predicted} / {score.gold}",
        )
    console.print(table)
    _show_groups(console, report)


def _show_groups(console: Console, report: Report) -> None:
    lines = [
        ("overlap, strict F1", {name: group.scores["strict"] for name, group in report.by_overlap.items()}),
        ("triples in the sentence, strict F1", {name: g.scores["strict"] for name, g in report.by_triples.items()}),
    ]
    if report.seen_unseen is not None:
        lines.append(("names, strict F1", report.seen_unseen))
    for title, scores in lines:
        shown = "   ".join(f"{name} {'–' if s.of_nothing else _percent(s.f1)}" for name, s in scores.items())
        console.print(f"  {title}:  {shown}", highlight=False)
    for what, kinds in report.errors.items():
        shown = "   ".join(f"{kind} {count}" for kind, count in kinds.items() if count and kind != "right")
        console.print(f"  errors of {what}:  {shown or 'none'}", highlight=False)
    nothing = report.no_fact
    counted = f"{nothing.with_prediction} of {nothing.sentences} ({_percent(nothing.share)} %)"
    shown = f"a triple is found in {counted}" if nothing.sentences else "none here, so no rate of false positives"
    console.print(f"  sentences without a fact:  {shown}", highlight=False)
    for what, reliability in (("triples", report.reliability), ("entities", report.entity_reliability)):
        console.print(f"  confidence of {what}:  {_calibration(reliability)}", highlight=False, soft_wrap=True)


def _calibration(reliability: Reliability | None) -> str:
    if reliability is None:
        return "none given, so no calibration error"
    bins = f"{len(reliability.bins)} bins of equal mass"
    return f"expected calibration error {_percent(reliability.error)} points, {reliability.count} in {bins}"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.1f}"
