"""How confidences are printed: with as many digits as do not depend on how a result was computed.

Sums taken in another order (another batch, memory budget or kind of CPU) change a confidence by about 1e-6; see
docs/reproducibility.md.
"""

from __future__ import annotations

from typing import Final

CONFIDENCE_DIGITS: Final = 4


def rounded_confidence(confidence: float | None) -> float | None:
    """A confidence (0 to 1) for JSON, rounded to four digits; None, which is an unknown one, stays None."""
    return None if confidence is None else round(confidence, CONFIDENCE_DIGITS)


def confidence_text(confidence: float) -> str:
    """A confidence (0 to 1) for people, with four digits: 0.9731."""
    return f"{confidence:.{CONFIDENCE_DIGITS}f}"
