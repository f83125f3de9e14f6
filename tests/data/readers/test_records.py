from __future__ import annotations

import json
from pathlib import Path

import pytest

from relknit.data.readers.records import RawRecord, read_records
from relknit.errors import DataError


def write(tmp_path, content):
    path = tmp_path / "data.json"
    path.write_text(content, encoding="utf-8")
    return path


def test_lines_and_arrays_give_the_same_values(tmp_path):
    values = [{"a": 1}, {"a": "é"}]
    lines = list(read_records(write(tmp_path, "\n\n".join(map(json.dumps, values)))))
    assert [(record.value, record.number, record.in_array) for record in lines] == [
        ({"a": 1}, 1, False),
        ({"a": "é"}, 3, False),
    ]
    array = list(read_records(write(tmp_path, "\n" + json.dumps(values, indent=2))))
    assert [(record.value, record.number, record.in_array) for record in array] == [
        ({"a": 1}, 1, True),
        ({"a": "é"}, 2, True),
    ]


def test_an_error_names_the_line_or_the_record():
    path = Path("data.json")
    assert str(RawRecord({}, path, 3).error("no text")) == "data.json:3: no text"
    assert str(RawRecord({}, path, 3, in_array=True).error("no text")) == "data.json: record 3: no text"


def test_a_broken_line_goes_to_the_caller_and_the_rest_is_read(tmp_path):
    errors = []
    records = list(read_records(write(tmp_path, '{"a": 1}\n{\n{"a": 2}\n'), errors.append))
    assert [record.number for record in records] == [1, 3]
    assert [error.line for error in errors] == [2]


def test_a_broken_line_raises_without_a_caller_for_it(tmp_path):
    with pytest.raises(DataError, match=r"data\.json:2: not valid JSON"):
        list(read_records(write(tmp_path, '{"a": 1}\n{\n')))


def test_a_broken_array_names_the_line_of_the_file(tmp_path):
    with pytest.raises(DataError, match=r"data\.json:4: not valid JSON at column 1: .*expected one array"):
        list(read_records(write(tmp_path, '[\n{"a": 1}\n\n{"a": 2}\n]')))
    with pytest.raises(DataError, match="not valid JSON"):
        list(read_records(write(tmp_path, "[" * 100_000)))
