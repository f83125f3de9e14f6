"""Hostile input files: memory and time stay bounded, and the error names the file, the line and the flag that helps."""

from __future__ import annotations

import gzip
import json
import os
import zlib

import pytest

from relknit.cli import main
from relknit.data.convert import convert
from relknit.data.convert.mentions import Mentions
from relknit.data.doctor import examine
from relknit.data.readers import read_documents
from relknit.document.jsonl import Limits, decode_line, read_lines
from relknit.errors import DataError
from relknit.text.tokenise import tokenise

RECORD = {
    "tokens": ["Ada", "ran"],
    "entities": [{"token_start": 0, "token_end": 1}],
    "relations": [{"head": 0, "tail": 0, "type": "is"}],
}
ONE_MB = Limits(max_line_mb=1, max_file_mb=1)


def test_a_line_that_is_too_long_is_named_and_the_limit_can_be_raised(tmp_path, capsys):
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps(RECORD) + "\n" + json.dumps(RECORD | {"note": "x" * 1_500_000}) + "\n")
    with pytest.raises(DataError, match="1 MB.*--max-line-mb") as caught:
        read_documents(path, limits=ONE_MB, skip_bad=True)
    assert (caught.value.path, caught.value.line) == (str(path), 2)
    assert len(read_documents(path).documents) == 2
    file, out = str(path), str(tmp_path / "out")
    for command in (
        ["data", "doctor", file],
        ["data", "stats", file],
        ["data", "convert", file, out, "--to", "brat"],
        ["score", file, file],
        ["compare", file, file, "--gold", file],
        ["predict", file, "--out", f"{out}.jsonl"],
        ["evaluate", file],
        ["calibrate", file, "--model", "webnlg", "--out", out],
        ["train", str(tmp_path), "--out", out],
    ):
        assert main([*command, "--max-line-mb", "1"]) == 2
        assert f"{path}:2: " in capsys.readouterr().err
    assert main(["data", "doctor", str(path), "--max-line-mb", "2"]) == 0


@pytest.mark.parametrize("limit", ["0", "-1", "9" * 20])
def test_a_limit_that_makes_no_sense_is_refused(limit, capsys):
    assert main(["data", "stats", "train.jsonl", "--max-line-mb", limit]) == 2
    assert f"max_line_mb is {limit}" in capsys.readouterr().err


def test_a_compressed_file_may_not_unpack_to_more_than_the_limit(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(RECORD) + "\n").encode() * 20_000))
    with pytest.raises(DataError, match="--max-file-mb"):
        list(read_lines(path, limits=ONE_MB))
    assert len(list(read_lines(path))) == 20_000


def test_one_endless_line_of_a_compressed_file_is_not_unpacked_to_its_end(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(gzip.compress(b"x" * 50_000_000, 1))
    with pytest.raises(DataError, match="1 MB") as caught:
        list(read_lines(path, limits=ONE_MB))
    assert caught.value.line == 1


def test_a_json_array_has_a_limit(tmp_path):
    path = tmp_path / "data.json"
    path.write_text(json.dumps([{"text": "Ada ran", "triple_list": []}] * 30_000, indent=1))
    with pytest.raises(DataError, match="--max-file-mb"):
        list(convert(path, limits=ONE_MB))
    assert sum(1 for _ in convert(path)) == 30_000


def test_a_docbin_may_not_unpack_to_more_than_the_limit(tmp_path):
    pytest.importorskip("spacy")
    path = tmp_path / "train.spacy"
    path.write_bytes(zlib.compress(bytes(5_000_000)))
    with pytest.raises(DataError, match="--max-file-mb"):
        list(convert(path, limits=ONE_MB))


def test_a_text_of_brat_has_a_limit(tmp_path):
    (tmp_path / "paper.txt").write_text("x" * 1_500_000)
    (tmp_path / "paper.ann").write_text("")
    with pytest.raises(DataError, match=r"paper\.txt: .*--max-file-mb"):
        list(convert(tmp_path, limits=ONE_MB))


@pytest.mark.timeout(60)
def test_a_key_that_is_repeated_among_very_many_is_found():
    keys = [f'"k{k}": 0' for k in range(200_000)]
    with pytest.raises(DataError, match="k199999"):
        decode_line("{" + ", ".join([*keys, keys[-1]]) + "}")
    assert len(decode_line("{" + ", ".join(keys) + "}")) == 200_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["a" * 400_000, "a " * 200_000, "-a" * 200_000])
def test_a_very_long_name_in_a_very_long_text_is_found(text):
    name = text[: len(text) // 2].strip()
    mentions = Mentions(text, tokenise(text), [name, f"{name}b"])
    assert mentions.of(name)[0] == (0, len(name))
    assert mentions.of(f"{name}b") == []


def test_a_cell_that_is_too_long_for_a_table_is_reported(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text(f"sentence,head,relation,tail\nAda ran.,Ada,did,ran\n{'long ' * 30_000},,,\n")
    with pytest.raises(DataError, match="131,072 characters") as caught:
        list(convert(path))
    assert caught.value.line == 3


def test_a_brat_file_whose_name_is_not_utf8_is_named_itself(tmp_path):
    name = os.fsdecode(bytes(tmp_path) + b"/caf\xe9")
    try:
        for suffix, content in ((".txt", "Ada ran."), (".ann", "")):
            with open(name + suffix, "w", encoding="utf-8") as file:
                file.write(content)
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    with pytest.raises(DataError) as caught:
        list(convert(tmp_path))
    assert caught.value.path == name + ".ann"


def test_a_label_of_a_megabyte_is_shown_in_part(tmp_path, capsys):
    label = "x" * 1_000_000
    relations = [{"head": 0, "tail": 0, "type": label}]
    path = tmp_path / "train.jsonl"
    lines = [
        RECORD | {"relations": relations},
        {"tokens": [label + "\u00c3\u00b6", "\x1b[2J"], "entities": [], "relations": []},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    for group in examine([path]).groups:
        for finding in group.examples:
            assert len(finding.message) <= 500
            assert all(len(words) <= 500 and "\x1b" not in words for words in finding.context or ())
    assert main(["data", "doctor", str(path)]) == 0
    assert len(capsys.readouterr().out) < 20_000
