"""relknit evaluate: predict and score in one."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    HtmlTarget,
    JsonTarget,
    SkipBad,
    Threads,
    check_report_target,
    progress_bar,
    use_this_process,
    worker_threads,
    write_page,
    write_report,
)
from relknit.cli.min_precision import MinPrecision, tell_cuts
from relknit.cli.scores import show_report
from relknit.data.readers import read_documents
from relknit.errors import DataError
from relknit.files import check_target
from relknit.metrics import Report, is_typed
from relknit.metrics.reliability_plot import draw_reliability
from relknit.plotting import new_figure

if TYPE_CHECKING:
    from relknit.evaluation import Evaluation


def evaluate(
    model: Annotated[str, Parameter(help="A model folder or the name of a shipped model.")],
    *,
    data: Annotated[Path, Parameter(help="The gold dataset (JSONL, plain or .gz).")],
    json: JsonTarget = None,
    html: HtmlTarget = None,
    reliability: Annotated[
        Path | None, Parameter(help="Draw how often each confidence is right, as a PNG (extra plot).")
    ] = None,
    renamed: Annotated[
        bool, Parameter(help="Also score with every entity renamed to names nobody has seen.", negative="")
    ] = False,
    from_text: Annotated[
        bool, Parameter(help="Read each document's raw text instead of its tokens.", negative="")
    ] = False,
    no_fact: Annotated[
        Path | None, Parameter(help="Sentences without a fact (JSONL), in which anything found is wrong.")
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

    check_report_target(json, html)
    _check_plot(reliability)
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
        said = "gold has entity types and the model gives none, so strict, text and entities cannot match"
        people.print(f"note: {said}", style="yellow")
    nothing = read_documents(no_fact, skip_bad=skip_bad).documents if no_fact is not None else ()
    if any(document.relations for document in nothing):
        raise DataError("some of its sentences have triples; --no-fact is for sentences without any", path=no_fact)
    tell_cuts(people, cuts, saved.model.labels.relations)
    runs = 1 + renamed
    with progress_bar("evaluating", runs * len(read.documents) + len(nothing)) as progress:
        workers, documents = worker_threads(threads), read.documents
        score = partial(evaluation.evaluate_in_detail, min_precision=min_precision, threads=workers, progress=progress)
        score_renamed = partial(
            evaluation.evaluate_renamed, min_precision=min_precision, threads=workers, progress=progress
        )
        found = score(saved, documents, from_text=from_text)
        on_renamed = score_renamed(saved, documents) if renamed else None
        in_nothing = score(saved, nothing, from_text=from_text) if nothing else None
    report = found.report if in_nothing is None else replace(found.report, no_fact=in_nothing.report.no_fact)
    record = report.to_dict() | {"seen_sentences": known}
    if min_precision is not None:
        record["min_precision"] = min_precision
    if on_renamed is not None:
        record["renamed"] = on_renamed.to_dict()
    if html is not None:
        write_page(_page(replace(found, report=report), in_nothing, title=data.name, model=model), html)
    if reliability is not None:
        draw_reliability({"triples": report.reliability, "entities": report.entity_reliability}, reliability)
    if json is not None:
        write_report(record, json)
    if json != "-":
        _show(report, on_renamed)
    return 0


def _show(report: Report, on_renamed: Report | None) -> None:
    show_report(terminal.console(), report)
    if on_renamed is not None:
        terminal.console().print("\nwith every entity renamed", style="bold")
        show_report(terminal.console(), on_renamed)


def _check_plot(target: Path | None) -> None:
    """Make sure before any work that a plot can be drawn, and written there."""
    if target is not None:
        check_target(target, suffixes=(".png",), overwrite=True)
        new_figure(1, 1)


def _page(found: Evaluation, in_nothing: Evaluation | None, *, title: str, model: str) -> str:
    from relknit.report import evaluation_html

    without_fact = () if in_nothing is None else tuple(zip(in_nothing.gold, in_nothing.predictions, strict=True))
    return evaluation_html(
        found.gold, found.predictions, found.report, title=title, about=f"model {model}", without_fact=without_fact
    )
