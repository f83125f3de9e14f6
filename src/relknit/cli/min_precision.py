"""--min-precision: the option, and what people are told of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

from cyclopts import Parameter
from rich.console import Console

from relknit.calibration.precision_table import PrecisionThresholds

MinPrecision: TypeAlias = Annotated[
    float | None,
    Parameter(
        help="Keep of each relation only triples from the confidence on where this fraction was correct on dev, such as 0.95."
    ),
]
_NAMES_SHOWN: Final = 8


def tell_cuts(console: Console, cuts: PrecisionThresholds | None, relations: Sequence[str]) -> None:
    """A line with the cuts for a wanted precision, and one with the relations that can't reach it; nothing for None."""
    if cuts is not None:
        for line in cuts_lines(cuts, relations):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def cuts_lines(cuts: PrecisionThresholds, relations: Sequence[str]) -> list[str]:
    """What `tell_cuts` prints."""
    silent = cuts.suppressed(relations)
    found = [cut for relation in relations if (cut := cuts.by_relation.get(relation, cuts.others)) is not None]
    heard = f"{len(found)} of {len(relations)} relations" if silent else f"all {len(relations)} relations"
    span = f"{min(found):.3f}" if min(found) == max(found) else f"{min(found):.3f} to {max(found):.3f}, by relation"
    lines = [f"precision {cuts.wanted:g}: triples of {heard} count from confidence {span}"]
    if silent:
        more = f" and {len(silent) - _NAMES_SHOWN} more" if len(silent) > _NAMES_SHOWN else ""
        lines.append(f"silent, as they did not reach it on dev: {', '.join(silent[:_NAMES_SHOWN])}{more}")
    return lines
