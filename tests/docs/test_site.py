import subprocess
import sys

import pytest

pytest.importorskip("griffe", reason="relknit[docs] is not installed")
pytest.importorskip("furo", reason="relknit[docs] is not installed")
pytest.importorskip("myst_parser", reason="relknit[docs] is not installed")

import make_site


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "pages"
    folder.mkdir()
    (folder / "old.md").write_text("old")
    make_site.write_pages(folder)
    return folder


def test_generated_and_gathered_pages_lie_side_by_side(written):
    names = {path.name for path in written.glob("*.md")}
    assert {"index.md", "commands.md", "settings.md", "python.md", "relknit.md", "benchmarks.md"} <= names


def test_the_map_of_equations_holds_lines_of_code(written):
    page = (written / "equations.md").read_text(encoding="utf-8")
    assert page.count(":lineno-start:") > 10


def test_pages_are_written_without_torch():
    script = "import sys, tempfile, pathlib; sys.path.insert(0, 'docs'); import make_site\n"
    script += "make_site.write_pages(pathlib.Path(tempfile.mkdtemp()) / 'pages'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=make_site.ROOT, check=False).returncode == 0


def test_what_was_written_before_is_gone(written):
    assert not (written / "old.md").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_site_builds_without_a_warning_and_loads_nothing_from_elsewhere(tmp_path):
    """`make docs` does the same in CI."""
    command = [sys.executable, "docs/make_site.py", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=make_site.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "html" / "search.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_warning_stops_the_build(tmp_path, monkeypatch, capfd):
    def write(folder):
        folder.mkdir(parents=True)
        (folder / "index.md").write_text("# Home\n\n[gone](gone.md#place)\n")

    monkeypatch.setattr(make_site, "write_pages", write)
    monkeypatch.setattr(sys, "argv", ["make_site.py", "--out", str(tmp_path)])
    assert make_site.main() == 1
    assert "gone" in capfd.readouterr().err
