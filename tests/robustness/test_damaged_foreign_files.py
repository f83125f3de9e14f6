"""Mutations of files in every other format: the converters name file and line, or give whole documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relknit.data.convert import convert
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError
from tests.data.convert import test_multi_head as multi_head
from tests.data.convert import test_webanno_tsv as webanno
from tests.data.convert.test_foreign_json import SAMPLES
from tests.robustness.judging import assert_one_line, assert_whole
from tests.robustness.mutations import BYTES, KINDS, damaged

EACH = 6
TEXT = "Zoë Ek left New York in 1932. New York missed Zoë Ek."
RIN = [
    {
        "sentText": ["Zoë", "Ek", "left", "Ny", "Ås"],
        "pos": ["NNP", "NNP", "VBD", "NNP", "NNP"],
        "en_list": [["Zoë", "Ek"], ["Ny", "Ås"]],
        "relationMentions": [{"em1Text": ["Ek"], "em2Text": ["Ås"], "label": f"left{k}"}],
        "id": k,
    }
    for k in range(3)
]
TRIPLES = [{"text": TEXT, "triple_list": [["Zoë Ek", "left", "New York"], ["York", "in", "1932"]]} for _ in range(3)]
SPERT = [
    {
        "tokens": ["Zoë", "Ek", "left", "York"],
        "entities": [{"type": "Peop", "start": 0, "end": 2}, {"type": "Loc", "start": 3, "end": 4}],
        "relations": [{"type": "left", "head": 0, "tail": 1}],
        "orig_id": 17 + k,
    }
    for k in range(3)
]
HRL = {
    "sentext": "Zoë Ek left York .",
    "relations": [{"rtext": "left", "em1": "Zoë Ek", "em2": "York", "tags": [4, 1, 0, 5, 0]}],
}
TABLE = f'sentence,head,relation,tail\n"{TEXT}",Zoë Ek,left,New York\n"{TEXT}",Zoë Ek,"in, about",1932\nIt rained.,,,\n'
MARKS = "T1\tPerson 0 6\tZoë Ek\nT2\tPlace 12 20\tNew York\nR1\tleft Arg1:T1 Arg2:T2\nA1\tSure T1\n"


def lines(records: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


WEBANNO = "\n".join([*webanno.HEAD, *webanno.ADA, *webanno.RAIN]) + "\n"

WHOLE = {
    "rin.json": lines(RIN),
    "triples.json": lines(TRIPLES),
    "triples-array.json": json.dumps(TRIPLES, ensure_ascii=False).encode(),
    "hrl.json": lines([HRL] * 2),
    "spert.json": json.dumps(SPERT, ensure_ascii=False).encode(),
    "table.csv": TABLE.encode(),
    "table.tsv": f"sentence\thead\trelation\ttail\n{TEXT}\tZoë Ek\tleft\tNew York\nIt rained.\t\t\t\n".encode(),
    **{f"{name}.json": lines([record] * 2) for name, record in SAMPLES.items()},
    "labelstudio-array.json": json.dumps([SAMPLES["labelstudio"]]).encode(),
    "webanno.tsv": WEBANNO.encode(),
    "multihead.txt": "\n".join([*multi_head.ROWS, *multi_head.RAIN]).encode(),
    "marked.ann": MARKS.encode(),
    "marked.txt": TEXT.encode(),
}


def examine(path: Path) -> list[Document]:
    """Convert a file with and without `on_error`; the documents of the conversion with it."""
    errors: list[DataError] = []
    documents: list[Document] = []
    try:
        for document in convert(path, on_error=errors.append):
            documents.append(document)
    except DataError as error:
        errors.append(error)
    for error in errors:
        assert_one_line(error, Path(error.path or "?"))
        assert Path(error.path or "?").with_suffix("") == path.with_suffix("")
    for document in documents:
        assert_whole(document)
    if errors:
        with pytest.raises(DataError):
            list(convert(path))
    else:
        assert list(convert(path)) == documents
    return documents


def written(folder: Path, name: str) -> Path:
    for other in ("marked.ann", "marked.txt"):
        (folder / other).write_bytes(WHOLE[other])
    (folder / name).write_bytes(WHOLE[name])
    return folder / name


@pytest.mark.parametrize("name", list(WHOLE))
def test_a_damaged_file_is_refused_by_its_line_or_gives_whole_documents(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name)
    assert any(document.relations for document in examine(path))
    of_lines = name.endswith(".json") and not WHOLE[name].startswith(b"[")
    for kind in KINDS if name.endswith(".json") else BYTES:
        for seed in range(EACH):
            path.write_bytes(damaged(kind, "lines.jsonl" if of_lines else name, WHOLE[name], seed))
            examine(path)


def test_a_damaged_docbin_is_refused_or_gives_whole_documents(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    from relknit.data.convert.docbin import DocBinFormat

    write_jsonl(tmp_path / "spert.jsonl", convert(written(tmp_path, "spert.json")))
    path = tmp_path / "marked.spacy"
    DocBinFormat().write(path, convert(tmp_path / "spert.json"))
    whole = path.read_bytes()
    for kind in BYTES:
        for seed in range(2):
            path.write_bytes(damaged(kind, path.name, whole, seed))
            examine(path)
