"""relknit evaluate: predict and score in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from relknit.cli.common import (
    JsonTarget,
    SkipBad,
    Threads,
    check_report_target,
    progress_bar,
    to_people,
    use_this_process,
    worker_threads,
    write_report,
)
from relknit.cli.scores import show_report
from relknit.data.readers import read_documents
from relknit.errors import DataError
from relknit.metrics import is_typed


def evaluate(
    model: Annotated[str, Parameter(help="A model folder or the name of a shipped model.")],
    *,
    data: Annotated[Path, Parameter(help="The gold dataset (JSONL, plain or .gz).")],
    json: JsonTarget = None,
    renamed: Annotated[
        bool, Parameter(help="Also score with every entity renamed to names nobody has seen.", negative="")
    ] = False,
    from_text: Annotated[
        bool, Parameter(help="Read each document's raw text instead of its tokens.", negative="")
    ] = False,
    no_fact: Annotated[
        Path | None, Parameter(help="Sentences without a fact (JSONL), in which anything found is wrong.")
    ] = None,
    skip_bad: SkipBad = False,
    threads: Threads = 0,
) -> int:
    """Score a model on a dataset: partial, exact, strict, text and entities, with breakdowns and intervals."""
    from relknit import evaluation
    from relknit.checkpoint import load_model
    from relknit.extractor import find_model

    check_report_target(json)
    use_this_process()
    saved = load_model(find_model(model))
    read = read_documents(data, skip_bad=skip_bad)
    people = to_people()
    if read.skipped:
        people.print(f"{len(read.skipped)} bad lines left out, first: {read.skipped[0]}", markup=False, highlight=False)
    known = evaluation.seen_in_training(saved, read.documents)
    if known:
        people.print(
            f"warning: the model was trained on {known} of these {len(read.documents)} sentences; scores on them flatter it",
            style="yellow",
        )
    if not saved.model.labels.entity_types and is_typed(read.documents):
        people.print(
            "note: gold has entity types and the model gives none, so strict, text and entities cannot match",
            style="yellow",
        )
    nothing = read_documents(no_fact, skip_bad=skip_bad).documents if no_fact is not None else ()
    if any(document.relations for document in nothing):
        raise DataError("some of its sentences have triples; --no-fact is for sentences without any", path=no_fact)
    runs = 1 + renamed
    with progress_bar("evaluating", runs * len(read.documents) + len(nothing)) as progress:
        workers = worker_threads(threads)
        report = evaluation.evaluate(saved, read.documents, from_text=from_text, threads=workers, progress=progress)
        on_renamed = None
        if renamed:
            on_renamed = evaluation.evaluate_renamed(saved, read.documents, threads=workers, progress=progress)
        if nothing:
            found = evaluation.evaluate(saved, nothing, from_text=from_text, threads=workers, progress=progress)
            report = replace(report, no_fact=found.no_fact)
    record = report.to_dict() | {"seen_sentences": known}
    if on_renamed is not None:
        record["renamed"] = on_renamed.to_dict()
    if json is not None:
        write_report(record, json)
    if json != "-":
        show_report(Console(), report)
        if on_renamed is not None:
            Console().print("\nwith every entity renamed", style="bold")
            show_report(Console(), on_renamed)
    return 0
