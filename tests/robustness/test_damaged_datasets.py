"""1,000 mutations of a dataset file, plain and packed: a refusal that names file and line, or whole documents."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from relknit.data.readers import ReadResult, read_documents
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import parse_line
from relknit.errors import DataError
from tests.robustness.judging import assert_one_line, assert_whole, names_line
from tests.robustness.mutations import BYTES, KINDS, damaged, packed

EACH = 40  # mutations of a kind: 25 kinds of them make 1,000
LEAST_REFUSED = {"lines swapped": 0, "a key repeated": EACH, "cut off": EACH // 2, "saved as utf 16": EACH}
OF_THE_WHOLE_FILE = ("the file is empty", "one JSON array, expected one object a line", "cannot be read: ")

RECORDS = [
    {
        "id": f"s{k}",
        "tokens": ["Zoë", "Ek", "left", "Ny", "Ås", ",", "1932", f"w{k}"],
        "pos": ["NNP", "NNP", "VBD", "NNP", "NNP", ",", "CD", "NN"],
        "entities": [
            {"token_start": 0, "token_end": 2, "type": "Person", "confidence": 0.875},
            {"token_start": 3, "token_end": 5, "type": None},
            {"token_start": 6, "token_end": 7, "type": "Year", "tagged": False},
        ],
        "relations": [
            {"head": 0, "tail": 1, "type": "left", "confidence": 0.5},
            {"head": 1, "tail": 1, "type": "is"},
            {"head": 0, "tail": 2, "type": "born_in"},
        ],
        "anchors": [[1, "left", 4, 0.25], [4, "is", 4, None]],
        "text": f"Zoë Ek left  Ny Ås, 1932 w{k}",
        "offsets": [[0, 3], [4, 6], [7, 11], [13, 15], [16, 18], [18, 19], [20, 24], None],
    }
    for k in range(8)
] + [{"id": "bare", "tokens": ["Nothing", "here"]}, {"id": "none", "tokens": [], "entities": [], "relations": []}]
PLAIN = "".join(json.dumps(record, ensure_ascii=k % 2 == 0) + "\n" for k, record in enumerate(RECORDS)).encode()
KNOWN = {line: parse_line(line.decode()) for line in PLAIN.splitlines()}


def unpacked(content: bytes) -> bytes:
    """The text in a file that could be read."""
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def assert_refused_well(error: DataError, path: Path) -> None:
    assert_one_line(error, path)
    assert names_line(error, path) or error.message.startswith(OF_THE_WHOLE_FILE), str(error)
    assert (error.line is not None) == names_line(error, path)


def assert_read_well(result: ReadResult, content: bytes, path: Path) -> None:
    """Whole documents in the order of their lines, and of lines that nothing happened to the documents they always were."""
    lines = unpacked(content).split(b"\n")
    skipped = {error.line for error in result.skipped}
    read = [line for number, line in enumerate(lines, 1) if line.strip() and number not in skipped]
    for line, document in zip(read, result.documents, strict=True):
        if line in KNOWN:
            assert document == KNOWN[line]  # which are whole
        else:
            assert_whole(document)
    for error in result.skipped:
        assert_refused_well(error, path)
        assert error.line is not None
        assert lines[error.line - 1] not in KNOWN


def read_strictly(path: Path) -> ReadResult | DataError:
    try:
        return read_documents(path)
    except DataError as error:
        return error


def examine(path: Path, content: bytes) -> bool:
    """Read a file with this content in both ways; whether it was refused."""
    path.write_bytes(content)
    strict = read_strictly(path)
    try:
        lenient = read_documents(path, skip_bad=True)
    except DataError as error:
        assert isinstance(strict, DataError)
        assert_refused_well(error, path)
        assert_refused_well(strict, path)
        return True
    assert_read_well(lenient, content, path)
    if isinstance(strict, DataError):
        assert_refused_well(strict, path)
        assert strict.line == lenient.skipped[0].line
        return True
    assert strict == lenient
    assert not lenient.skipped
    return False


def test_the_file_to_damage_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl.gz").write_bytes(packed(PLAIN))
    documents = read_documents(tmp_path / "data.jsonl.gz").documents
    assert len(documents) == len(RECORDS)
    assert documents == tuple(KNOWN.values())
    for document, record in zip(documents, RECORDS, strict=True):
        assert_whole(document)
        kept = document.to_dict()
        assert {key: kept[key] for key in ("id", "tokens")} == {key: record[key] for key in ("id", "tokens")}
        assert [r["type"] for r in kept["relations"]] == [r["type"] for r in record.get("relations", [])]


def test_a_mutation_is_the_same_everywhere_and_changes_something() -> None:
    drawn = [damaged(kind, "data.jsonl", PLAIN, seed) for kind in KINDS for seed in range(EACH)]
    assert drawn == [damaged(kind, "data.jsonl", PLAIN, seed) for kind in KINDS for seed in range(EACH)]
    assert sum(content != PLAIN for content in drawn) > 0.9 * len(drawn) >= 900


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_refused_by_its_line_or_read_as_whole_documents(kind: str, tmp_path: Path) -> None:
    """The same where the file was packed after it was damaged."""
    refused = 0
    for seed in range(EACH):
        content = damaged(kind, "data.jsonl", PLAIN, seed)
        found = examine(tmp_path / "data.jsonl", content)
        refused += found
        if seed % 4 == 0:
            assert examine(tmp_path / "data.jsonl.gz", packed(content)) == found
    assert refused >= LEAST_REFUSED.get(kind, 1)


def test_a_packed_file_with_damaged_bytes_is_refused_or_holds_what_it_held(tmp_path: Path) -> None:
    """gzip has a checksum: where reading succeeds nothing that matters was touched, or something came behind the end."""
    path, whole = tmp_path / "data.jsonl.gz", packed(PLAIN)
    for kind in BYTES:
        for seed in range(EACH):
            if not examine(path, damaged(kind, path.name, whole, seed)):
                assert read_documents(path).documents[: len(KNOWN)] == tuple(KNOWN.values())


@pytest.mark.parametrize("fraction", [0.02, 0.5, 0.99])
def test_a_packed_file_that_was_cut_off_is_never_taken_for_a_shorter_one(fraction: float, tmp_path: Path) -> None:
    whole = packed(PLAIN)
    path = tmp_path / "data.jsonl.gz"
    path.write_bytes(whole[: int(fraction * len(whole))])
    for skip_bad in (False, True):
        with pytest.raises(DataError, match="damaged") as caught:
            read_documents(path, skip_bad=skip_bad)
        assert_refused_well(caught.value, path)


@pytest.mark.parametrize(
    "broken",
    [
        Document("1", ("a",), (Entity(0, 2),)),
        Document("1", ("a",), (Entity(0, 1),), (Relation(0, 1, "r"),)),
        Document("1", ("a", "b"), text="a b", offsets=((2, 3), (0, 1))),
        Document("1", ("a",), pos=("X", "Y")),
    ],
)
def test_a_document_that_breaks_a_rule_is_not_whole(broken: Document) -> None:
    """The judge itself can fail."""
    with pytest.raises((AssertionError, IndexError)):
        assert_whole(broken)
