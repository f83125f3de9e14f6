"""relknit evaluate: predict and score in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    Entities,
    HtmlTarget,
    JsonFlag,
    LimitOptions,
    Model,
    RuntimeOptions,
    SkipBad,
    check_page,
    note_model,
    print_json,
    progress_bar,
    use_this_process,
    write_page,
)
from relknit.cli.min_precision import MinPrecision, note_thresholds
from relknit.cli.score_table import CoreferenceOption, show_report, warn_of_missing_types
from relknit.data.readers import read_documents
from relknit.display import amount, percent
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS
from relknit.errors import DataError
from relknit.files import check_target
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL

if TYPE_CHECKING:
    from relknit.checkpoint import SavedModel
    from relknit.metrics import EvaluationReport

_UNKNOWN_SHOWN: Final = 5


def evaluate(
    data: Annotated[Path, Parameter(help="The gold dataset (JSONL, plain or .gz).")],
    *,
    model: Model = DEFAULT_MODEL,
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
    entities: Entities = "predicted",
    not_asserted: Annotated[
        bool,
        Parameter(
            help="Also count facts predicted for texts that mention and do not assert them (a test shipped with relknit).",
            negative="",
        ),
    ] = False,
    min_precision: MinPrecision = None,
    coreference: CoreferenceOption = False,
    skip_bad: SkipBad = False,
    limits: LimitOptions = DEFAULT_LIMITS,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Score a model on a dataset: partial, exact, strict, text and entities, with breakdowns and intervals."""
    from relknit import evaluation
    from relknit.checkpoint import load_model
    from relknit.predict import thresholds_for
    from relknit.sources import find_model

    check_page(html)
    if reliability is not None:
        check_target(reliability, suffixes=(".svg",), overwrite=True)
    use_this_process()
    folder = find_model(model)
    saved = load_model(folder)
    note_model(model, saved)
    thresholds = thresholds_for(saved.model, min_precision)
    reading: dict[str, Any] = {"skip_bad": skip_bad, "limits": limits}
    read = read_documents(data, **reading)
    if read.skipped:
        terminal.print_note(f"{amount(len(read.skipped), 'bad line')} left out, first: {read.skipped[0]}")
    known = _warn(saved, read.documents)
    negative = read_documents(negatives, **reading).documents if negatives is not None else ()
    if any(document.relations for document in negative):
        raise DataError("some of its sentences have triples; --negatives is for sentences without any", path=negatives)
    facts = evaluation.facts_to_ask(saved) if not_asserted else []
    note_thresholds(thresholds, saved.model.labels.relations)
    texts = (1 + renamed) * len(read.documents) + len(negative) + len(facts)
    with progress_bar("evaluating", texts) as progress:
        shared: dict[str, Any] = {"min_precision": min_precision, "coreference": coreference}
        shared |= {"runtime": runtime, "progress": progress}
        on_text: dict[str, Any] = {**shared, "entities": entities}
        report = evaluation.evaluate(saved, read.documents, from_text=from_text, **on_text)
        on_renamed = evaluation.evaluate(saved, read.documents, renamed=True, **on_text) if renamed else None
        on_negatives = evaluation.evaluate(saved, negative, from_text=from_text, **on_text) if negative else None
        on_facts = evaluation.evaluate_not_asserted(saved, facts, **shared) if facts else None
    _warn_of_unknown_labels(report)
    report = replace(report, not_asserted=on_facts)
    if on_negatives is not None:
        report = replace(report, negatives=on_negatives.negatives)
    if html is not None:
        from relknit.report import evaluation_html

        page = evaluation_html(report, title=data.name, about=_about(model, folder), on_negatives=on_negatives)
        write_page(page, html)
    if reliability is not None:
        from relknit.report import reliability_svg

        drawn = {"triples": report.reliability, "entities": report.entity_reliability}
        write_page(reliability_svg(drawn), reliability)
    if as_json:
        asked: dict[str, Any] = {} if min_precision is None else {"min_precision": min_precision}
        asked |= {"given_entities": True} if entities == "given" else {}
        also = {} if on_renamed is None else {"renamed": on_renamed.to_dict()}
        print_json(report.to_dict() | {"seen_sentences": known} | asked | also)
        return 0
    show_report(terminal.console(), report)
    if on_renamed is not None:
        terminal.print_line("\nwith every entity renamed", style="bold")
        show_report(terminal.console(), on_renamed)
    return 0


def _about(model: str, folder: Path) -> str:
    """The model's name, and its scores in cross-validation where that replaced dev in its training."""
    from relknit.checkpoint.recorded_scores import CROSS_VALIDATION, recorded_scores

    held_out = {name: row for name, row in recorded_scores(folder).items() if name.startswith(CROSS_VALIDATION)}
    shown = (
        f"{name}: " + ", ".join(f"{score} {percent(f1)}" for score, f1 in row.items()) for name, row in held_out.items()
    )
    return " · ".join([f"model {model}", *shown])


def _warn_of_unknown_labels(report: EvaluationReport) -> None:
    """Warn of the labels in gold that the model can never predict, the most frequent by name."""
    unknown = report.unknown_labels
    for label in unknown[:_UNKNOWN_SHOWN]:
        terminal.print_warning(f"{label}, so it is never predicted")
    if len(unknown) > _UNKNOWN_SHOWN:
        terminal.print_warning(f"gold has {len(unknown) - _UNKNOWN_SHOWN} more labels that the model does not have")


def _warn(saved: SavedModel, gold: Sequence[Document]) -> int:
    """Warn of what makes scores mean less; returns on how many of the sentences the model was trained."""
    from relknit.evaluation import seen_in_training

    known = seen_in_training(saved, gold)
    if known:
        terminal.print_warning(
            f"the model was trained on {known} of these {len(gold)} sentences; scores on them flatter it"
        )
    warn_of_missing_types(gold, typed=bool(saved.model.labels.entity_types), who="the model")
    return known
