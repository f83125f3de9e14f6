"""relknit data: check a dataset, convert one from a foreign format, count what it holds."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from relknit.data.check import CheckReport, check_file, check_folder
from relknit.data.convert import choose, split_at_spaces
from relknit.data.convert import convert as convert_file
from relknit.data.corpus import corpus_path
from relknit.data.readers import find_splits, read_documents
from relknit.data.stats import DatasetStats, dataset_stats
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError
from relknit.files import check_target
from relknit.text.tokenise import tokenise

app = App(name="data", help="Check, convert and count datasets.")

_SHOWN = 5
_OUTPUTS = (".jsonl", ".jsonl.gz")

Json = Annotated[bool, Parameter(name="--json", negative="")]
SkipBad = Annotated[bool, Parameter(negative="")]


@app.command
def check(path: Path, *, as_json: Json = False, skip_bad: SkipBad = False) -> int:
    """Say what is wrong or odd about a dataset, line by line. Exit status 1 when something is an error.

    Parameters
    ----------
    path:
        A .jsonl or .jsonl.gz file, or a folder with train, dev and test.
    as_json:
        Print the report as one JSON object.
    skip_bad:
        Count lines that break the format as warnings, as training with --skip-bad would leave them out.
    """
    report = (check_folder if path.is_dir() else check_file)(path, skip_bad=skip_bad)
    if as_json:
        _print_json(asdict(report) | {"errors": report.errors, "warnings": report.warnings})
    else:
        _show_report(report)
    return 1 if report.errors else 0


@app.command
def convert(
    source: Path,
    out: Path,
    *,
    source_format: Annotated[Literal["auto", "rin", "triples", "spert", "csv"], Parameter(name="--from")] = "auto",
    anchor: Literal["auto", "whole", "last"] = "auto",
    tokenised: Annotated[bool, Parameter(negative="")] = False,
    skip_bad: SkipBad = False,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
    as_json: Json = False,
) -> int:
    """Turn a file of another format into relknit's JSONL.

    Parameters
    ----------
    source:
        The file to read.
    out:
        The .jsonl or .jsonl.gz file to write.
    source_format:
        The format of SOURCE; auto goes by its first record.
    anchor:
        For triples: whether names are whole or each entity's last word.
    tokenised:
        The texts of triples or csv are tokenised already (most benchmarks are): split them at spaces alone.
    skip_bad:
        Leave bad records out and say so, instead of stopping at the first.
    overwrite:
        Replace OUT when it exists.
    as_json:
        Print what was done as one JSON object.
    """
    check_target(out, suffixes=_OUTPUTS, overwrite=overwrite)
    choice = choose(source, source=source_format, anchor=anchor)
    skipped: list[DataError] = []
    documents = convert_file(
        source,
        source=choice.source,
        anchor=choice.anchor or "auto",
        tokeniser=split_at_spaces if tokenised else tokenise,
        on_error=skipped.append if skip_bad else None,
    )
    count = write_jsonl(out, documents)
    if as_json:
        _print_json(
            asdict(choice) | {"out": str(out), "documents": count, "skipped": [str(error) for error in skipped]}
        )
        return 0
    console = Console()
    if choice.note:
        console.print(escape(f"{source} {choice.note}"))
    for error in skipped:
        console.print(escape(f"left out: {error}"))
    console.print(
        escape(f"{count} documents written to {out}" + (f", {len(skipped)} records left out" if skipped else ""))
    )
    return 0


@app.command
def stats(path: Path, *, as_json: Json = False) -> int:
    """Count sentences, tokens, entities, triples and overlap classes.

    Parameters
    ----------
    path:
        A .jsonl or .jsonl.gz file, or a folder with any of train, dev and test.
    as_json:
        Print the counts as one JSON object, a key for each file.
    """
    paths = find_splits(path, need_train=False) if path.is_dir() else {path.name: path}
    counts = {name: dataset_stats(read_documents(file).documents) for name, file in paths.items()}
    if as_json:
        _print_json({name: asdict(value) for name, value in counts.items()})
    else:
        _show_stats(counts)
    return 0


@app.command
def sample(folder: Path) -> int:
    """Copy the small corpus that comes with relknit (CC0) into a folder, to try training on.

    Parameters
    ----------
    folder:
        The folder to make; it must not exist.
    """
    if folder.exists():
        raise DataError("exists already; name a folder that does not", path=folder)
    shutil.copytree(corpus_path(), folder)
    Console().print(escape(f"train, dev and test in {folder}; go on with: relknit train {folder}"), soft_wrap=True)
    return 0


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _show_report(report: CheckReport) -> None:
    console = Console()
    shown: Counter[tuple[str, str]] = Counter()
    for finding in report.findings:
        shown[finding.level, finding.kind] += 1
        if shown[finding.level, finding.kind] <= _SHOWN:
            where = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
            console.print(escape(f"{where}: {finding.level}: {finding.message}"), soft_wrap=True, highlight=False)
    if shown:
        table = Table("finding", "level", "count", title=f"first {_SHOWN} of each kind shown above")
        for (level, kind), count in shown.most_common():
            table.add_row(kind, level, str(count))
        console.print(table)
    console.print(f"{report.documents} documents, {report.errors} errors, {report.warnings} warnings")


def _show_stats(counts: Mapping[str, DatasetStats]) -> None:
    table = Table("", *map(escape, counts))
    rows = [_rows(value) for value in counts.values()]
    for label in rows[0]:
        table.add_row(label, *(row[label] for row in rows))
    Console().print(table)


def _rows(value: DatasetStats) -> dict[str, str]:
    """The lines of the table for people; how often each label occurs is in the JSON."""
    return {
        "sentences": f"{value.sentences:,}",
        "tokens": f"{value.tokens:,}",
        "tokens a sentence, mean/max": f"{value.tokens_mean:.1f}/{value.tokens_max}",
        "triples": f"{value.triples:,}",
        "relation types": str(len(value.relation_types)),
        "triples of an entity with itself": f"{value.self_pairs:,}",
        **{f"sentences with triples: {n}": f"{count:,}" for n, count in value.triples_per_sentence.items()},
        **{f"{kind} sentences": f"{count:,}" for kind, count in value.overlap.items() if kind != "None"},
        "entities": f"{value.entities:,}",
        "entity types": str(len(value.entity_types)),
        "tokens an entity, mean/max": f"{value.entity_tokens_mean:.2f}/{value.entity_tokens_max}",
        "sentences with nested entities": f"{value.sentences_with_nested_entities:,}",
    }
