from __future__ import annotations

from pathlib import Path

import pytest

from relknit.data.convert import ReadOptions
from relknit.data.convert.spert import SpertFormat
from relknit.data.readers.records import RawRecord
from relknit.document import Document, Entity, Relation
from relknit.errors import DataError

VALUE = {
    "tokens": ["Ada", "lived", "in", "London"],
    "entities": [{"type": "Peop", "start": 0, "end": 1}, {"type": "Loc", "start": 3, "end": 4}],
    "relations": [{"type": "Live_In", "head": 0, "tail": 1}],
    "orig_id": 17,
}


def build(value, in_array=True):
    return SpertFormat().build(RawRecord(value, Path("train.json"), 5, in_array), ReadOptions())


def test_a_record_becomes_a_document_with_types():
    assert build(VALUE) == Document(
        "17", tuple(VALUE["tokens"]), (Entity(0, 1, "Peop"), Entity(3, 4, "Loc")), (Relation(0, 1, "Live_In"),)
    )


def test_without_orig_id_the_place_in_the_file_is_the_id():
    assert build({"tokens": ["Hi"], "entities": [], "relations": []}).id == "5"


def test_a_bad_value_is_named_with_file_and_record():
    with pytest.raises(
        DataError, match=r"^train\.json: record 5: entity 0 spans tokens \[0, 9\), but the line has 4 tokens"
    ):
        build(VALUE | {"entities": [{"type": "Peop", "start": 0, "end": 9}]})
    with pytest.raises(DataError, match=r"^train\.json:5: relation 0 points at entity 2"):
        build(VALUE | {"relations": [{"type": "Live_In", "head": 0, "tail": 2}]}, in_array=False)
    with pytest.raises(DataError, match="expected a JSON object"):
        build(["Ada"])
