"""relknit benchmark: any model, or any system's predictions, on texts that relknit ships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    HtmlTarget,
    JsonFlag,
    LimitOptions,
    RuntimeOptions,
    check_page,
    note_model,
    print_json,
    progress_bar,
    use_this_process,
    write_page,
)
from relknit.cli.min_precision import MinPrecision, note_thresholds
from relknit.cli.score_table import calibration_items, negatives_text, show_lines, show_scores
from relknit.data.everyday import load_everyday_test
from relknit.data.readers import read_documents
from relknit.display import amount, percent
from relknit.document.jsonl import DEFAULT_LIMITS, write_jsonl
from relknit.errors import ConfigError
from relknit.files import check_target
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL
from relknit.text.read import read_text

if TYPE_CHECKING:
    from relknit.benchmark import EverydayReport
    from relknit.benchmark.everyday_report import MappedLabels
    from relknit.metrics import Score

_TITLE: Final = "the everyday test split"
_LABELS_SHOWN: Final = 6

app = App(name="benchmark")


@app.command
def everyday(
    *,
    model: Annotated[
        str | None, Parameter(help=f"As for evaluate; {DEFAULT_MODEL} if there are no --predictions.")
    ] = None,
    predictions: Annotated[
        Path | None, Parameter(help="Score these predictions for the texts of --texts (JSONL, plain or .gz) instead.")
    ] = None,
    texts: Annotated[
        Path | None, Parameter(help="Only write the texts, without gold, for another system to read (.jsonl).")
    ] = None,
    by: Annotated[
        Literal["genre", "relation"] | None, Parameter(help="Also show the strict score of each genre or relation.")
    ] = None,
    as_json: JsonFlag = False,
    html: HtmlTarget = None,
    min_precision: MinPrecision = None,
    limits: LimitOptions = DEFAULT_LIMITS,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Score a model, or the predictions of any system, on ordinary English texts of 18 genres, from raw text.

    Facts between names are scored by characters, relation and types; facts stated at pronouns, facts that a text does not
    assert, calibration and speed beside them. Labels of WebNLG and Wikidata are translated.
    """
    check_page(html)
    if texts is not None:
        return _write_texts(texts, as_json=as_json)
    if predictions is not None and (model is not None or min_precision is not None):
        raise ConfigError("--predictions are scored as they are; leave out --model and --min-precision")
    if predictions is None:
        about = model or DEFAULT_MODEL
        report = _of_model(about, min_precision, runtime)
    else:
        from relknit.benchmark import score_everyday

        about = str(predictions)
        report = score_everyday(read_documents(predictions, limits=limits).documents)
    if html is not None:
        from relknit.report import evaluation_html

        write_page(evaluation_html(report.shown, title=_TITLE, about=about), html)
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report, by)
    return 0


def _write_texts(target: Path, *, as_json: bool) -> int:
    check_target(target, suffixes=(".jsonl", ".jsonl.gz"), overwrite=False)
    documents = [text.document for text in load_everyday_test()]
    # the tokens of gold would show where annotations begin and end inside words
    write_jsonl(target, (read_text(document.text or "", identity=document.id) for document in documents))
    if as_json:
        print_json({"out": str(target), "texts": len(documents)})
    else:
        terminal.print_note(f"{amount(len(documents), 'text')} to {target}")
    return 0


def _of_model(model: str, min_precision: float | None, runtime: Runtime) -> EverydayReport:
    from relknit.benchmark import benchmark_everyday
    from relknit.checkpoint import load_model
    from relknit.evaluation import seen_in_training
    from relknit.predict import thresholds_for
    from relknit.sources import find_model

    use_this_process()
    saved = load_model(find_model(model))
    note_model(model, saved)
    note_thresholds(thresholds_for(saved.model, min_precision), saved.model.labels.relations)
    documents = [text.document for text in load_everyday_test()]
    if known := seen_in_training(saved, documents):
        terminal.print_warning(
            f"the model was trained on {known} of these {len(documents)} texts; its scores flatter it"
        )
    with progress_bar("extracting", len(documents)) as progress:
        return benchmark_everyday(saved, min_precision=min_precision, runtime=runtime, progress=progress)


def _show(report: EverydayReport, by: str | None) -> None:
    console = terminal.console()
    scores: dict[str, Score] = {name: report.facts.scores[name] for name in ("strict", "exact", "text", "entities")}
    scores["strict, no types"] = report.untyped.scores["strict"]
    scores |= {} if report.typed else {"entities, no types": report.untyped.scores["entities"]}
    scores["strict, all facts"] = report.all_facts
    title = f"{_TITLE}: {amount(report.facts.sentences, 'text')}, facts between names"
    show_scores(console, scores, title=title, intervals=report.facts.intervals)
    show_lines(console, list(_lines(report)))
    if not report.typed and scores["entities"].predicted:
        terminal.print_note("the predictions have no types, so the other figures are without types", style="yellow")
    if by is not None:
        groups = report.by_genre if by == "genre" else report.by_relation
        terminal.print_line("")
        show_scores(console, groups, title=f"strict{'' if report.typed else ' without types'}, by {by}")


def _lines(report: EverydayReport) -> Iterator[tuple[str, list[str]]]:
    found = report.found_at_references
    yield "facts at a pronoun or description", [f"found, with the name: {found} of {report.at_references}"]
    yield "texts without a fact", [negatives_text(report.negatives)]
    yield "that name a fact", [negatives_text(report.naming_negatives)]
    kinds = [f"{kind} {its.found}/{its.texts}" for kind, its in report.not_asserted.items() if kind != "total"]
    total = report.not_asserted["total"]
    yield "facts not asserted", [f"predicted {total.found} of {total.texts} ({percent(total.fraction)} %)", *kinds]
    yield "confidence of triples", calibration_items(report.shown.reliability)
    if report.points:
        points = [f"{least:g}: {percent(p.precision)} / {percent(p.recall)}" for least, p in report.points]
        yield "precision / recall from confidence", points
    yield from _label_lines(report.labels)
    if (speed := report.speed) is not None:
        reference = f"{speed.products_per_cpu_second:.0f} products of 512 × 512 matrices in the same time"
        yield "speed", [f"{speed.sentences_per_cpu_second:.0f} sentences per CPU-second", reference]


def _label_lines(labels: MappedLabels) -> Iterator[tuple[str, list[str]]]:
    if labels.renamed:
        yield (
            f"labels of {labels.inventory or 'other names'}",
            _first([f"{a} → {b}" for a, b in labels.renamed.items()]),
        )
    if labels.unscored:
        yield "relations not scored", _first(_most_frequent(labels.unscored))


def _most_frequent(counts: Mapping[str, int]) -> list[str]:
    return [f"{label} {count}" for label, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))]


def _first(items: list[Any]) -> list[str]:
    more = [f"and {len(items) - _LABELS_SHOWN} more"] if len(items) > _LABELS_SHOWN else []
    return [*items[:_LABELS_SHOWN], *more]
