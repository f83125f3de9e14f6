"""--min-precision: the option, and what is said about the thresholds that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.display import confidence_text

if TYPE_CHECKING:
    from relknit.calibration.precision_table import PrecisionThresholds

MinPrecision: TypeAlias = Annotated[
    float | None,
    Parameter(
        help="Keep only triples above the confidence at which this fraction was correct on dev, per relation; such as 0.95."
    ),
]
_NAMES_SHOWN: Final = 8


def note_thresholds(thresholds: PrecisionThresholds | None, relations: Sequence[str]) -> None:
    """The lines of `threshold_lines` on standard error; nothing for None."""
    for line in threshold_lines(thresholds, relations) if thresholds is not None else ():
        terminal.print_note(line)


def threshold_lines(thresholds: PrecisionThresholds, relations: Sequence[str]) -> list[str]:
    """A line with the thresholds for a wanted precision, and one with the relations that cannot reach it."""
    suppressed = thresholds.suppressed(relations)
    each = (thresholds.by_relation.get(relation, thresholds.others) for relation in relations)
    found = [threshold for threshold in each if threshold is not None]
    kept = f"{len(found)} of {len(relations)} relations" if suppressed else f"all {len(relations)} relations"
    low, high = confidence_text(min(found)), confidence_text(max(found))
    span = low if low == high else f"{low} to {high}, by relation"
    lines = [f"precision {thresholds.wanted:g}: triples of {kept} are kept from confidence {span}"]
    if suppressed:
        more = f" and {len(suppressed) - _NAMES_SHOWN} more" if len(suppressed) > _NAMES_SHOWN else ""
        lines.append(f"suppressed, as they did not reach it on dev: {', '.join(suppressed[:_NAMES_SHOWN])}{more}")
    return lines
