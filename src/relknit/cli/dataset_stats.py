"""relknit data stats: the counts of one dataset, or the overlap table of a folder of datasets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, LimitOptions, print_json
from relknit.data.catalogue import dataset_path, find_datasets
from relknit.data.readers import find_splits, read_documents
from relknit.data.stats import DatasetStats, dataset_stats
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import DataError

_TRIPLES = ("1", "2", "3", "4", ">=5")


def stats(
    dataset: Path,
    *,
    data_dir: Path | None = None,
    as_json: JsonFlag = False,
    limits: LimitOptions = DEFAULT_LIMITS,
) -> int:
    """Count sentences, tokens, entities, triples and overlap classes.

    The JSON has a key for each file, or for each dataset and in it for each file.

    Parameters
    ----------
    dataset:
        A .jsonl or .jsonl.gz file, a folder with any of train, dev and test, a folder of such folders, or the name of a
        dataset such as webnlg.
    data_dir:
        The folder in which names are looked for; by default `data`.
    """
    path = dataset_path(dataset, data_dir)
    counts, many = _count(path, limits)
    if as_json:
        shown = {name: {split: asdict(value) for split, value in splits.items()} for name, splits in counts.items()}
        print_json(shown if many else shown[path.name])
    elif many:
        _print_in_full(_overlap_table(counts))
    else:
        terminal.console().print(_side_by_side(counts[path.name]))
    return 0


def _count(path: Path, limits: Limits) -> tuple[dict[str, dict[str, DatasetStats]], bool]:
    """The counts by dataset and file, and whether `path` is a folder of several datasets."""
    if not path.is_dir():
        return {path.name: _count_files({path.name: path}, limits)}, False
    try:
        return {path.name: _count_files(find_splits(path, need_train=False), limits)}, False
    except DataError:
        found = find_datasets(path)
        if not any(local.splits for local in found):
            raise
    for local in found:
        if local.problem:
            terminal.print_note(f"left out: {local.problem}")
    return {local.name: _count_files(local.splits, limits) for local in found if local.splits}, True


def _count_files(paths: Mapping[str, Path], limits: Limits) -> dict[str, DatasetStats]:
    return {name: dataset_stats(read_documents(path, limits=limits).documents) for name, path in paths.items()}


def _overlap_table(counts: Mapping[str, Mapping[str, DatasetStats]]) -> Table:
    """A line for each split, with the columns of the tables in papers; SEO and EPO can hold at once."""
    heads = ("dataset", "split", "sentences", "Normal", "SEO", "EPO", "none", *_TRIPLES, "triples", "types", "tokens")
    table = Table(*heads, caption="1 … >=5: sentences with so many triples; tokens: mean/max of a sentence")
    for column in table.columns[2:]:
        column.justify = "right"
    for name, splits in counts.items():
        for split, value in splits.items():
            overlap = (value.overlap[kind] for kind in ("Normal", "SEO", "EPO", "None"))
            with_triples = (value.triples_per_sentence[number] for number in _TRIPLES)
            figures = (value.sentences, *overlap, *with_triples, value.triples, len(value.relation_types))
            lengths = f"{value.tokens_mean:.1f}/{value.tokens_max}"
            table.add_row(escape(name), escape(split), *(f"{figure:,}" for figure in figures), lengths)
        table.add_section()
    return table


def _print_in_full(table: Table) -> None:
    """A table as wide as it has to be: a figure that is cut off is worse than a line that is broken."""
    console = terminal.console()
    needed = console.measure(table, options=console.options.update(max_width=1000)).maximum
    console.width = max(console.width, needed)
    console.print(table)


def _side_by_side(counts: Mapping[str, DatasetStats]) -> Table:
    """A column for each file."""
    table = Table("", *map(escape, counts))
    rows = [_rows(value) for value in counts.values()]
    for label in rows[0]:
        table.add_row(label, *(row[label] for row in rows))
    return table


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
