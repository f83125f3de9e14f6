"""File formats as parts: from relknit, and from packages installed beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relknit.cli import main
from relknit.data.convert import FORMATS, Format, convert, export, target_format
from relknit.data.convert.base import format_named
from relknit.data.readers import read_documents
from relknit.errors import ConfigError, DataError
from tests.fake_package import install

ENTRY_POINTS = "[relknit.formats]\npipes = pipe_format:PipeFormat\n"
PIPE_FORMAT = '''
from relknit.data.convert import Format
from relknit.document import Document


class PipeFormat(Format):
    """One document a line: words, each followed by a pipe."""

    about = "lines of words and pipes"
    suffixes = (".pipes",)
    can_write = True

    def recognises(self, head):
        return head.lines[0].endswith("|")

    def read(self, path, options):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield Document(str(number), tuple(line.split("|")[:-1]))

    def write(self, path, documents):
        lines = ["".join(f"{token}|" for token in document.tokens) for document in documents]
        path.write_text("".join(f"{line}\\n" for line in lines))
        return len(lines)
'''


@pytest.fixture
def pipes(monkeypatch, tmp_path):
    """An installed package with a format of its own."""
    site = tmp_path / "site"
    install(monkeypatch, site, "pipe-format", entry_points=ENTRY_POINTS, files={"pipe_format.py": PIPE_FORMAT})


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text('sentence,head,relation,tail\n"Ada, of Rome, ran.",Ada,lives in,Rome\nIt rained.,,,\n')
    return path


def test_a_format_of_another_package_is_written_and_read_by_data_convert(pipes, table, tmp_path):
    assert FORMATS.names()[-1] == "pipes"
    there, back = tmp_path / "out.pipes", tmp_path / "back.jsonl"
    assert main(["data", "convert", str(table), str(there)]) == 0
    assert there.read_text() == "Ada|,|of|Rome|,|ran|.|\nIt|rained|.|\n"
    assert main(["data", "convert", str(there), str(back)]) == 0
    assert [document.tokens[0] for document in read_documents(back).documents] == ["Ada", "It"]
    assert main(["data", "convert", str(back), str(tmp_path / "again.pipes")]) == 0
    assert (tmp_path / "again.pipes").read_text() == there.read_text()


def test_a_format_of_another_package_is_recognised_by_its_content_before_a_table(pipes, tmp_path, capsys):
    path = tmp_path / "data.txt"
    path.write_text("Ada|ran|\n")
    assert main(["data", "convert", str(path), str(tmp_path / "out.jsonl"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["source"] == "pipes"


def test_every_built_in_format_is_complete():
    for name in FORMATS.names():
        found = format_named(name)
        assert isinstance(found, Format)
        assert found.about
        assert type(found).read is not Format.read
        assert found.can_write == (type(found).write is not Format.write)


def test_the_format_to_write_is_that_of_the_name_or_the_one_named(table, tmp_path):
    assert type(target_format("a.jsonl.gz")) is type(format_named("relknit"))
    assert type(target_format("a.spacy")) is type(format_named("docbin"))
    assert export(tmp_path / "plain", convert(table)) == 2
    assert (tmp_path / "plain" / "annotation.conf").exists()
    assert main(["data", "convert", str(table), str(tmp_path / "named"), "--to", "brat"]) == 0
    assert (tmp_path / "named" / "annotation.conf").exists()
    with pytest.raises(DataError, match=r"out\.txt: .*\.jsonl"):
        target_format("out.txt")
    with pytest.raises(ConfigError, match="csv"):
        target_format("out.jsonl", "csv")
    with pytest.raises(ConfigError, match="'conll'.*brat"):
        target_format("out.jsonl", "conll")


def test_a_split_is_always_in_relknits_own_format(table, tmp_path, capsys):
    assert main(["data", "convert", str(table), str(tmp_path / "out"), "--split", "50/50", "--to", "brat"]) == 2
    assert "--to" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_table_is_opened_once_to_recognise_it_and_once_to_read_it(table, tmp_path, monkeypatch):
    opened = []
    plain = Path.open

    def counted(path, *arguments, **options):
        opened.append(path)
        return plain(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", counted)
    assert main(["data", "convert", str(table), str(tmp_path / "out.jsonl")]) == 0
    assert opened.count(table) == 2
