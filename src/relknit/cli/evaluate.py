"""relknit evaluate: predict and score in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    HtmlTarget,
    JsonFlag,
    SkipBad,
    Threads,
    check_report_target,
    print_json,
    progress_bar,
    use_this_process,
    worker_threads,
    write_page,
)
from relknit.cli.min_precision import MinPrecision, tell_cuts
from relknit.cli.score_table import show_report
from relknit.data.readers import read_documents
from relknit.errors import DataError
from relknit.files import check_target
from relknit.metrics import EvaluationReport, is_typed


def evaluate(
    model: Annotated[str, Parameter(help="A model folder or the name of a shipped model.")],
    *,
    data: Annotated[Path, Parameter(help="The gold dataset (JSONL, plain or .gz).")],
    as_json: JsonFlag = False,
    html: HtmlTarget = None,
    reliability: Annotated[
        Path | None, Parameter(help="Draw how often each confidence is correct to this file (.svg).")
    ] = None,
    renamed: Annotated[
        bool, Parameter(help="Also score with every entity renamed to names not seen in training.", negative="")
    ] = False,
    from_text: Annotated[
        bool, Parameter(help="Read each document's raw text instead of its tokens.", negative="")
    ] = False,
    negatives: Annotated[
        Path | None, Parameter(help="Sentences without a triple (JSONL), for the false positive rate.")
    ] = None,
    min_precision: MinPrecision = None,
    skip_bad: SkipBad = False,
    threads: Threads = 0,
) -> int:
    """Score a model on a dataset: partial, exact, strict, text and entities, with breakdowns and intervals."""
    from relknit import evaluation
    from relknit.checkpoint import load_model
    from relknit.predict import thresholds_for
    from relknit.sources import find_model

    check_report_target(None, html)
    if reliability is not None:
        check_target(reliability, suffixes=(".svg",), overwrite=True)
    use_this_process()
    saved = load_model(find_model(model))
    cuts = thresholds_for(saved.model, min_precision)
    read = read_documents(data, skip_bad=skip_bad)
    people = terminal.to_people()
    if read.skipped:
        people.print(f"{len(read.skipped)} bad lines left out, first: {read.skipped[0]}", markup=False, highlight=False)
    known = evaluation.seen_in_training(saved, read.documents)
    if known:
        seen = f"{known} of these {len(read.documents)} sentences"
        people.print(f"warning: the model was trained on {seen}; scores on them flatter it", style="yellow")
    if not saved.model.labels.entity_types and is_typed(read.documents):
        note = "gold has entity types and the model predicts none, so strict, text and entities cannot match"
        people.print(f"note: {note}", style="yellow")
    negative = read_documents(negatives, skip_bad=skip_bad).documents if negatives is not None else ()
    if any(document.relations for document in negative):
        raise DataError("some of its sentences have triples; --negatives is for sentences without any", path=negatives)
    tell_cuts(people, cuts, saved.model.labels.relations)
    with progress_bar("evaluating", (1 + renamed) * len(read.documents) + len(negative)) as progress:
        shared: dict[str, Any] = {
            "min_precision": min_precision,
            "threads": worker_threads(threads),
            "progress": progress,
        }
        report = evaluation.evaluate(saved, read.documents, from_text=from_text, **shared)
        on_renamed = evaluation.evaluate_renamed(saved, read.documents, **shared) if renamed else None
        on_negatives = evaluation.evaluate(saved, negative, from_text=from_text, **shared) if negative else None
    if on_negatives is not None:
        report = replace(report, negatives=on_negatives.negatives)
    if html is not None:
        from relknit.report import evaluation_html

        page = evaluation_html(report, title=data.name, about=f"model {model}", on_negatives=on_negatives)
        write_page(page, html)
    if reliability is not None:
        from relknit.report import reliability_svg

        drawn = {"triples": report.reliability, "entities": report.entity_reliability}
        write_page(reliability_svg(drawn), reliability)
    if as_json:
        asked = {} if min_precision is None else {"min_precision": min_precision}
        also = {} if on_renamed is None else {"renamed": on_renamed.to_dict()}
        print_json(report.to_dict() | {"seen_sentences": known} | asked | also)
    else:
        _show(report, on_renamed)
    return 0


def _show(report: EvaluationReport, on_renamed: EvaluationReport | None) -> None:
    show_report(terminal.console(), report)
    if on_renamed is not None:
        terminal.console().print("\nwith every entity renamed", style="bold")
        show_report(terminal.console(), on_renamed)
