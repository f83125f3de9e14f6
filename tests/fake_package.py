"""A distribution in a temporary folder, as an installed package would leave it there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def install(
    monkeypatch: pytest.MonkeyPatch, site: Path, name: str, *, entry_points: str, files: dict[str, str] | None = None
) -> None:
    """Make a distribution of that name importable for the rest of a test."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    for path, content in (files or {}).items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(content)
        monkeypatch.delitem(sys.modules, Path(path).stem, raising=False)
    monkeypatch.syspath_prepend(str(site))
