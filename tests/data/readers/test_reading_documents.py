from __future__ import annotations

import gzip
import json

import pytest

from relknit.data.readers import read_documents
from relknit.errors import DataError

GOOD = '{"id": "a", "tokens": ["Ada"]}'
BAD = '{"id": "b", "tokens": ["Ada"], "entities": [{"token_start": 0, "token_end": 2}]}'


def write(tmp_path, *lines, name="data.jsonl"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_document_without_an_id_gets_its_line_number(tmp_path):
    result = read_documents(write(tmp_path, GOOD, "", '{"tokens": []}'))
    assert [document.id for document in result.documents] == ["a", "3"]
    assert result.skipped == ()
    assert [document.id for document in read_documents(write(tmp_path, GOOD, GOOD)).documents] == ["a", "a"]


def test_a_gzip_file_reads_like_a_plain_one(tmp_path):
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(gzip.compress(GOOD.encode()))
    assert read_documents(path) == read_documents(write(tmp_path, GOOD))


def test_the_first_bad_line_raises_with_its_number(tmp_path):
    with pytest.raises(DataError, match=r"data\.jsonl:2: entity 0 spans tokens \[0, 2\), but the line has 1 tokens"):
        read_documents(write(tmp_path, GOOD, BAD, "nonsense"))


def test_bad_lines_are_left_out_and_listed_on_request(tmp_path):
    result = read_documents(write(tmp_path, "{", GOOD, BAD, GOOD), skip_bad=True)
    assert [error.line for error in result.skipped] == [1, 3]


def test_a_file_without_any_good_line_raises_even_when_skipping(tmp_path):
    with pytest.raises(DataError, match=r"data\.jsonl:1: .*no other line is valid"):
        read_documents(write(tmp_path, BAD, BAD), skip_bad=True)


@pytest.mark.parametrize("content", [b"", b"\n \n", gzip.compress(b"", mtime=0), "\ufeff\n".encode()])
def test_an_empty_file_is_reported_as_empty(tmp_path, content):
    path = tmp_path / "data.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match="the file is empty"):
        read_documents(path)


@pytest.mark.parametrize("indent", [None, 2])
def test_one_big_array_names_the_converter(tmp_path, indent):
    path = write(tmp_path, json.dumps([{"tokens": ["Ada"]}], indent=indent), name="data.json")
    with pytest.raises(DataError, match=r'one JSON array.*run: relknit data convert ".*data\.json" OUT\.jsonl'):
        read_documents(path, skip_bad=True)


@pytest.mark.parametrize(
    "line", ['{"sentText": ["Ada"], "relationMentions": []}', '{"text": "Ada", "triple_list": []}']
)
def test_another_format_names_the_converter(tmp_path, line):
    with pytest.raises(DataError, match="data.jsonl:1: .*relknit data convert"):
        read_documents(write(tmp_path, line), skip_bad=True)
