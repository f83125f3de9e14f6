"""relknit score: any system's predictions against gold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import HtmlTarget, JsonTarget, check_report_target, write_page, write_report
from relknit.cli.scores import show_report, warn_of_predictions_as_gold
from relknit.data.readers import read_documents
from relknit.metrics import evaluate_predictions, match_predictions


def score(
    gold: Annotated[Path, Parameter(help="The gold dataset (JSONL, plain or .gz).")],
    predictions: Annotated[
        Path, Parameter(help="Predictions in the same format, in the same order or with the same ids.")
    ],
    *,
    json: JsonTarget = None,
    html: HtmlTarget = None,
    anchor: Annotated[
        Literal["last", "first"], Parameter(help="Which word stands for an entity in partial and exact.")
    ] = "last",
) -> int:
    """Partial, exact, strict, text and entity scores of predictions, whatever system they come from."""
    check_report_target(json, html)
    documents = read_documents(gold).documents
    warn_of_predictions_as_gold(documents, gold)
    matched = match_predictions(documents, read_documents(predictions).documents)
    report = evaluate_predictions(documents, matched, rule=anchor)
    if html is not None:
        from relknit.report import evaluation_html

        page = evaluation_html(documents, matched, report, title=gold.name, about=f"predictions {predictions}")
        write_page(page, html)
    if json is not None:
        write_report(report.to_dict(), json)
    if json != "-":
        show_report(terminal.console(), report)
    return 0
