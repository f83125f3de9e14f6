"""The guides are executed from their first line to their last, and show what is really printed."""

import contextlib
import io
import json
import os
import re
from pathlib import Path

import pytest

from relknit.cli import main
from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl
from tests import fake_hub
from tests.docs.test_code import COMMAND, ROOT, SMALL, standard_input, words

GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
NEEDS = {"spacy": ["spacy"], "text-to-table": ["pandas"], "transformers": ["transformers"]}
BLOCK = re.compile(r"^```(python|console|toml|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"\d+\.\d+")
GIVEN = {
    "id": "1",
    "text": "Marie Curie was born in Warsaw, Poland.",
    "entities": [{"start": 0, "end": 11}, {"start": 24, "end": 30}],
}


@pytest.fixture
def desk(tmp_path, monkeypatch, one_thread):
    """A folder with the files that the guides name."""
    (tmp_path / "notes.txt").write_text("Marie Curie was born in Warsaw, Poland.\n\nIt rained.\n")
    (tmp_path / "given.jsonl").write_text(json.dumps(GIVEN) + "\n")
    (tmp_path / "data").mkdir()
    for split in ("train", "dev", "test"):
        write_jsonl(tmp_path / "data" / f"{split}.jsonl", load_corpus(split)[:30])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def comparable(printed):
    """Lines without space at their ends; decimal numbers, which change with every model, without their digits."""
    lines = [NUMBER.sub("#", line).rstrip() for line in printed.splitlines()]
    return [line for line in lines if line]


def run_python(code, names, page):
    """What a block prints; blocks of a page share their names."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, page.name, "exec"), names)  # noqa: S102
    return out.getvalue()


def run_console(block, capsys):
    """(what is shown, what is printed) of each relknit command of a block."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE):
        line, _, shown = part.partition("\n")
        found = COMMAND.match(f"$ {line}")
        if found is None:  # pip, or nothing
            continue
        arguments = words(found["command"])
        arguments += ["--set", *SMALL] if arguments[0] == "train" else []
        capsys.readouterr()
        with standard_input(found["input"] or os.devnull):
            assert main(arguments) == 0, line
        printed = capsys.readouterr().out
        if found["output"]:
            Path(found["output"]).write_text(printed)
        if shown.strip():
            yield shown, printed


def outputs(page, capsys):
    """Runs a page; yields what it shows beside what is printed."""
    names, printed = {"__name__": "guide"}, ""
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            printed = run_python(block, names, page)
        elif language == "console":
            yield from run_console(block, capsys)
        elif language == "toml":
            Path("run.toml").write_text(block)
        elif language == "text":
            yield block, printed


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_runs_and_shows_what_is_printed(page, desk, capsys, monkeypatch, pytestconfig):
    for module in NEEDS.get(page.stem, ()):
        pytest.importorskip(module)
    if page.stem == "transformers":
        from tests.tiny_transformer import make_transformer

        make_transformer(desk / "encoder")
    hub = fake_hub.install(monkeypatch, desk / "cache") if page.stem == "hub" else None
    shown = 0
    for expected, printed in outputs(page, capsys):
        if pytestconfig.getoption("refresh"):
            text = page.read_text(encoding="utf-8")
            page.write_text(text.replace(expected, "".join(f"{line.rstrip()}\n" for line in printed.splitlines()), 1))
        else:
            assert comparable(expected) == comparable(printed)
        shown += 1
    assert shown >= 2
    if hub is not None:
        assert ("owner/name", None) in hub.repositories
        assert not hub.public


def test_every_guide_is_in_the_index_and_its_links_lead_somewhere(root):
    index = (root / "docs" / "index.md").read_text(encoding="utf-8")
    assert len(GUIDES) >= 7
    for page in GUIDES:
        assert f"(guides/{page.name})" in index
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
