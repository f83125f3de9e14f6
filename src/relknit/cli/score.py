"""relknit score: any system's predictions against gold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import HtmlTarget, JsonFlag, LimitOptions, check_page, print_json, write_page
from relknit.cli.score_table import (
    CoreferenceOption,
    RuleOption,
    show_report,
    warn_of_missing_types,
    warn_of_predictions_as_gold,
)
from relknit.data.readers import read_documents
from relknit.document.jsonl import DEFAULT_LIMITS


def score(
    gold: Annotated[Path, Parameter(help="The gold dataset (JSONL, plain or .gz).")],
    predictions: Annotated[
        Path, Parameter(help="Predictions in the same format, in the same order or with the same ids.")
    ],
    *,
    as_json: JsonFlag = False,
    html: HtmlTarget = None,
    rule: RuleOption = "last",
    coreference: CoreferenceOption = False,
    limits: LimitOptions = DEFAULT_LIMITS,
) -> int:
    """Partial, exact, strict, text and entity scores of predictions, whatever system they come from."""
    from relknit.document.coreference import both_resolved
    from relknit.metrics import evaluate_predictions, is_typed, match_predictions

    check_page(html)
    documents = read_documents(gold, limits=limits).documents
    warn_of_predictions_as_gold(documents, gold)
    predicted = read_documents(predictions, limits=limits).documents
    warn_of_missing_types(documents, typed=is_typed(predicted), who=str(predictions))
    matched = match_predictions(documents, predicted)
    if coreference:
        documents, matched = both_resolved(documents, matched)
    report = evaluate_predictions(documents, matched, rule=rule)
    if html is not None:
        from relknit.report import evaluation_html

        write_page(evaluation_html(report, title=gold.name, about=f"predictions {predictions}"), html)
    if as_json:
        print_json(report.to_dict())
    else:
        show_report(terminal.console(), report)
    return 0
