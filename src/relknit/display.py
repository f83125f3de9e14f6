"""How numbers, and texts with marked spans, are written for people: on pages, in terminals and in model cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

CONFIDENCE_DIGITS: Final = 4
"""As many as do not depend on the order of sums, which changes a confidence by about 1e-6 (see docs/reproducibility.md)."""


def confidence_text(confidence: float) -> str:
    """A confidence (0 to 1) with four digits: 0.9731."""
    return f"{confidence:.{CONFIDENCE_DIGITS}f}"


def rounded_confidence(confidence: float | None) -> float | None:
    """A confidence (0 to 1) for JSON, rounded to four digits; None, which is an unknown one, stays None."""
    return None if confidence is None else round(confidence, CONFIDENCE_DIGITS)


def amount(count: int, noun: str) -> str:
    """ "1 sentence", "2 sentences"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(ratio: float) -> str:
    """0.8234 as 82.3."""
    return f"{100 * ratio:.1f}"


def signed(ratio: float) -> str:
    """-0.029 as −2.9 and 0.014 as +1.4, with a real minus."""
    return f"{100 * ratio:+.1f}".replace("-", "\N{MINUS SIGN}")


def nested_spans(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[str, list[int], list[int]]]:
    """The text split at the borders of spans, with what to close and to open there; spans may nest and cross.

    spans: [start, end) in characters, none of them empty
    yields: a piece of the text, then the spans to close behind it (innermost first) and to open (outermost first), by
        their number. Of two that begin together the longer one is outside. A span that outlasts the one around it is
        closed and opened again at the border.
    """
    starting: dict[int, list[int]] = {}
    for k in sorted(range(len(spans)), key=lambda k: -spans[k][1]):
        starting.setdefault(spans[k][0], []).append(k)
    opened: list[int] = []
    position = 0
    for border in sorted({border for span in spans for border in span}):
        keep = next((i for i, k in enumerate(opened) if spans[k][1] <= border), len(opened))
        closing = opened[keep:]
        opening = [k for k in closing if spans[k][1] > border] + starting.get(border, [])
        yield text[position:border], closing[::-1], opening
        opened[keep:] = opening
        position = border
    yield text[position:], [], []
