"""The builder of the site is not part of the package: its folder goes on the path here."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# the source distribution carries the tests without the documentation
collect_ignore_glob = [] if (ROOT / "docs" / "make_site.py").is_file() else ["test_*.py"]
sys.path.append(str(ROOT / "docs"))


@pytest.fixture(scope="session")
def root():
    """The folder of the repository."""
    return ROOT


@pytest.fixture
def repository(tmp_path):
    """A repository of one page, which tests add to."""
    for folder in ("docs/examples", "benchmarks", "experiments", "src/relknit/shipped/corpus"):
        (tmp_path / "repository" / folder).mkdir(parents=True)
    for page in (
        "CHANGELOG",
        "CONTRIBUTING",
        "benchmarks/README",
        "experiments/README",
        "src/relknit/shipped/corpus/README",
    ):
        (tmp_path / "repository" / f"{page}.md").write_text(f"# {page}\n")
    return tmp_path / "repository"
