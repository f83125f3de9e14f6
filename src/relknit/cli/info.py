"""relknit info: what is known about a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from relknit.cli import terminal
from relknit.cli.common import JsonFlag, print_json
from relknit.display import amount, percent

if TYPE_CHECKING:
    from relknit.checkpoint.model_info import ModelInfo


def info(
    model: Annotated[
        str, Parameter(help="A model folder, the name of a shipped or installed model, or hf:owner/name.")
    ],
    *,
    as_json: JsonFlag = False,
) -> int:
    """Print what is known about a model: relations, entity types, scores, licence, training data, limits and size."""
    from relknit.checkpoint.model_info import info as model_info

    found = model_info(model)
    if as_json:
        print_json(found.to_dict())
    else:
        _show(terminal.console(), found)
    return 0


def _show(console: Console, info: ModelInfo) -> None:
    console.print(Text(f"{info.name}    {info.folder}", style="bold"), soft_wrap=True)
    grid = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for about, value in _lines(info):
        grid.add_row(about, Text(value))
    console.print(grid, highlight=False)
    if info.scores:
        console.print(_score_table(info.scores))
    if info.limits:
        terminal.print_line("\n  limits, from its card")
    for limit in info.limits:
        console.print(Text(f"  - {limit}"))


def _lines(info: ModelInfo) -> list[tuple[str, str]]:
    rounds = info.model.get("num_rounds")
    model = f"{info.model['name']}" + ("" if rounds is None else f", {amount(rounds, 'round')},")
    confidence = "never calibrated" if info.calibrated_on is None else f"calibrated on {info.calibrated_on:,} triples"
    decoding = ", ".join(f"{key} {value}" for key, value in info.decoding.items()) or "nothing to choose"
    return [
        ("licence", info.licence or "not stated"),
        ("model", f"{model} on a {info.encoder['name']} encoder"),
        ("size", f"{info.size / 1e6:.1f} MB, {info.weights:,} weights"),
        ("trained on", f"{amount(info.sentences, 'sentence')} with {amount(info.names, 'name')}"),
        ("reads", f"windows of {info.max_tokens} tokens, whole sentences"),
        ("decoding", decoding),
        ("confidence", confidence),
        ("pronouns", "resolved to names" if info.coreference else "not resolved"),
        (amount(len(info.relations), "relation"), _labels(info.relations)),
        (amount(len(info.entity_types), "entity type"), _labels(info.entity_types) or "entities have no types"),
    ]


def _labels(counts: Mapping[str, int | None]) -> str:
    """Each label with its number of examples in the training data."""
    if None in counts.values():
        return f"training counts: not recorded; {', '.join(counts)}"
    return ", ".join(f"{label} {count:,}" for label, count in counts.items())


def _score_table(scores: Mapping[str, Mapping[str, float]]) -> Table:
    columns = list(dict.fromkeys(name for row in scores.values() for name in row))
    table = Table(box=None, padding=(0, 0, 0, 2))
    table.add_column("\nscores, F1 in %")
    for name in columns:
        table.add_column(f"\n{name}", justify="right")
    for evaluated, row in scores.items():
        table.add_row(Text(evaluated), *(percent(row[name]) if name in row else "–" for name in columns))
    return table
