"""What the README and the pages tell people to type is typed here."""

import os
import re
import shlex
from contextlib import contextmanager
from pathlib import Path

import pytest

from relknit.cli import main
from relknit.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = (
    "*.md",
    "docs/*.md",
    "docs/guides/*.md",
    "benchmarks/README.md",
    "experiments/README.md",
    "experiments/*/LOG.md",
    "src/relknit/shipped/**/README.md",
)
PAGES = {path: path.relative_to(ROOT).as_posix() for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))}
COMMAND = re.compile(
    r"^(?: {4}|\$ )?(?:cat (?P<input>\S+) \| )?(?P<command>relknit .*?)(?: > (?P<output>\S+))?(?: \| .*)?$"
)
CHOICE = re.compile(r" \[--[^\]]*\]")
"""Options in brackets, which are the reader's choice."""
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$|((?:^ {4}\S.*\n)+)", re.MULTILINE | re.DOTALL)
SMALL = """
    encoder.word_dim=8 encoder.char_dim=0 encoder.shape_dim=0 encoder.hidden=8 encoder.num_layers=1 model.pair_hidden=8
    model.num_rounds=1 training.epochs=2 training.batch_size=20 training.threads=1
""".split()  # noqa: SIM905
RUN = ("README.md", "docs/index.md", "docs/tutorial.md", "docs/your-own-data.md", "docs/graph.md")
NOT_HERE = ("relknit experiment run", "relknit experiment table")  # hours, and runs of hours


def blocks(page, *languages):
    """The code blocks of a page in one of these languages ("" for indented ones)."""
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if (found[1] or "") in languages:
            yield found[2] or found[3]


def commands(page):
    """Every relknit command of a page, with the file it reads from and the file it writes to."""
    for block in blocks(page, "console", "sh", "bash", ""):
        for line in block.splitlines():
            found = COMMAND.match(CHOICE.sub("", line.split("   #")[0]).rstrip())
            if found:
                yield found


def words(command):
    """The arguments of a command."""
    return shlex.split(command, comments=True)[1:]


@pytest.mark.parametrize("page", [page for page in PAGES if any(commands(page))], ids=lambda page: PAGES[page])
def test_every_command_of_every_page_exists_with_its_options(page):
    for found in commands(page):
        app.parse_args(words(found["command"]), exit_on_error=False, print_error=False)


def test_commands_are_found_in_all_pages_that_have_them():
    counts = {name: sum(1 for _ in commands(page)) for page, name in PAGES.items()}
    assert counts["README.md"] >= 10
    assert counts["docs/tutorial.md"] >= 8
    assert counts["experiments/README.md"] >= 5
    assert counts["docs/your-own-data.md"] == 5


@pytest.mark.parametrize("line", ["relknit score a b --nothing", "relknit knit", "relknit data convert"])
def test_a_command_that_does_not_exist_is_noticed(line):
    with pytest.raises(Exception, match="nothing|knit|requires|argument"):
        app.parse_args(words(line), exit_on_error=False, print_error=False)


@pytest.fixture
def desk(tmp_path, monkeypatch, one_thread):
    """A folder with all that a reader of the pages has at hand."""
    table = (ROOT / "docs" / "examples" / "bridges" / "bridges.csv").read_bytes()
    for name in ("bridges", "facts"):
        (tmp_path / f"{name}.csv").write_bytes(table)
    for name in ("report", "notes"):
        (tmp_path / f"{name}.txt").write_text("Alan Bean was born in Wheeler, Texas.\n\nIt rained.\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@contextmanager
def standard_input(path):
    """This process reads a file where it would read what is typed."""
    before = os.dup(0)
    with open(path, "rb") as source:
        os.dup2(source.fileno(), 0)
        try:
            yield
        finally:
            os.dup2(before, 0)
            os.close(before)


def run(found, capsys):
    """Run a command in this process, from and into the files that its line names; returns what it printed."""
    arguments = words(found["command"])
    if arguments[0] == "train":
        arguments += ["--set", *SMALL]
    capsys.readouterr()
    with standard_input(found["input"] or os.devnull):
        assert main(arguments) == 0, found.group()
    printed = capsys.readouterr().out
    if found["output"]:
        Path(found["output"]).write_text(printed)
        assert printed
    return printed


@pytest.mark.parametrize("name", RUN)
def test_what_a_page_tells_to_type_works_from_its_first_line_to_its_last(name, desk, capsys):
    page = ROOT / name
    ran = 0
    for found in commands(page):
        if not found["command"].startswith(NOT_HERE):
            run(found, capsys)
            ran += 1
    assert ran >= 1
    for code in blocks(page, "python"):
        exec(compile(code, name, "exec"), {})  # noqa: S102
        ran += 1
    if name in ("README.md", "docs/index.md"):
        assert "Marie Curie 0 place of birth Warsaw" in capsys.readouterr().out
    assert ran >= 2


@pytest.mark.parametrize("command", ["data convert", "data doctor"])
def test_the_page_on_your_own_data_shows_what_is_really_printed(command, desk, capsys):
    page = (ROOT / "docs" / "your-own-data.md").read_text(encoding="utf-8")
    for found in commands(ROOT / "docs" / "your-own-data.md"):
        printed = run(found, capsys)
        if found["command"].startswith(f"relknit {command}"):
            assert f"{found.group()}\n{printed.rstrip()}\n" in page
            return
    pytest.fail(f"{command} is not on the page")
