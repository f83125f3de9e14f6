"""Modules that only an optional extra of relknit brings."""

from __future__ import annotations

import importlib
from typing import Any

from relknit.errors import MissingExtraError


def import_extra(module: str, extra: str) -> Any:
    """The module of that name, which the extra brings; raises MissingExtraError."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(f"{module} cannot be imported ({error}): pip install 'relknit[{extra}]'") from None
