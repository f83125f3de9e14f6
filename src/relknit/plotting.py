"""matplotlib, which only the extra `plot` brings."""

from __future__ import annotations

import importlib
from typing import Any

from relknit.errors import MissingExtraError


def new_figure(width: float, height: float) -> Any:
    """A matplotlib Figure of so many inches, which draws into files without any screen; raises MissingExtraError."""
    try:
        figure = importlib.import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise MissingExtraError(
            f"drawing needs matplotlib, which cannot be imported ({error}); pip install 'relknit[plot]'"
        ) from None
    return figure(figsize=(width, height), layout="constrained")
