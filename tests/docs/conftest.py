"""The builder of the site is not part of the package: its folder goes on the path here."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# the source distribution carries the tests without the documentation
collect_ignore_glob = [] if (ROOT / "docs" / "conf.py").is_file() else ["test_*.py"]
sys.path.append(str(ROOT / "docs"))


@pytest.fixture(scope="session")
def root():
    """The folder of the repository."""
    return ROOT
