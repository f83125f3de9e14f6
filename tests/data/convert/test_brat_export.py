from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.data.convert import convert, export
from relknit.data.convert.brat_export import annotation_lines
from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.document import Document, Entity, Relation
from relknit.errors import DataError
from tests.data.convert.marks import marked_texts, plain

ADA = Document(
    "7",
    ("Ada", "saw", "Bo", "."),
    (Entity(0, 1, "Person", 0.91234), Entity(2, 3, None, None)),
    (Relation(0, 1, "saw", 0.5),),
    text="Ada  saw Bo.",
    offsets=((0, 3), (5, 8), (9, 11), (11, 12)),
)


def there_and_back(documents, **options):
    with tempfile.TemporaryDirectory() as folder:
        export(Path(folder) / "brat", documents)
        return list(convert(Path(folder) / "brat", **options))


@settings(deadline=None)
@given(st.lists(marked_texts(), min_size=1, max_size=3))
def test_texts_entities_and_relations_come_back_as_they_were(texts):
    documents = [marked.to_document(identity=str(k)) for k, marked in enumerate(texts)]
    back = there_and_back(documents, whole_texts=True)
    assert [d.id for d in back] == [d.id for d in documents]
    assert [plain(MarkedText.of_document(d)) for d in back] == [plain(marked) for marked in texts]


@settings(deadline=None)
@given(marked_texts())
def test_cut_into_sentences_nothing_is_lost_either(marked):
    found = [MarkedText.of_document(d) for d in there_and_back([marked.to_document(identity="1")])]
    assert sum(len(p.spans) for p in found) == len(marked.spans)
    assert sum(len(p.relations) for p in found) == len(marked.relations)
    assert "".join("".join(p.text.split()) for p in found) == "".join(marked.text.split())


def test_a_pair_of_files_is_what_brat_reads(tmp_path):
    assert export(tmp_path / "out", [ADA]) == 1
    assert (tmp_path / "out" / "7.txt").read_bytes() == b"Ada  saw Bo."
    assert (tmp_path / "out" / "7.ann").read_text().splitlines() == [
        "T1\tPerson 0 3\tAda",
        "T2\tUntyped 9 11\tBo",
        "R1\tsaw Arg1:T1 Arg2:T2",
        "#1\tAnnotatorNotes T1\tconfidence 0.9123",
        "#2\tAnnotatorNotes R1\tconfidence 0.5000",
    ]
    assert (tmp_path / "out" / "annotation.conf").read_text().splitlines() == [
        "[entities]",
        "Person",
        "Untyped",
        "[relations]",
        "saw\tArg1:<ENTITY>, Arg2:<ENTITY>",
        "[events]",
        "[attributes]",
    ]


def test_an_entity_over_line_breaks_is_written_in_pieces():
    marked = MarkedText("in New \r\n\n York City", (MarkedSpan(3, 20, "P"),))
    assert annotation_lines(marked) == ["T1\tP 3 6;11 20\tNew York City"]


def test_white_space_in_the_name_of_a_type_becomes_an_underscore():
    marked = MarkedText("Ada", (MarkedSpan(0, 3, "a  famous\tperson"),), (Relation(0, 0, "is same"),))
    assert annotation_lines(marked) == ["T1\ta_famous_person 0 3\tAda", "R1\tis_same Arg1:T1 Arg2:T1"]


def test_ids_become_file_names_that_stay_in_the_folder_and_differ(tmp_path):
    names = ["../../up", "/etc/x", "..", "", "a/b:3", "A/B:3", "a_b_3", "é 中", "x" * 300, "...", "a_b_3-2"]
    export(tmp_path / "out", [Document(name, ("Hi",)) for name in names])
    files = sorted(p.name for p in (tmp_path / "out").iterdir() if p.suffix == ".txt")
    assert len({name.casefold() for name in files}) == len(names)
    assert all(not name.startswith(".") and len(name) < 120 for name in files)
    assert {"a_b_3.txt", "A_B_3-2.txt", "a_b_3-3.txt", "é_中.txt"} <= set(files)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_a_document_without_a_text_gets_its_tokens_joined(tmp_path):
    export(tmp_path / "out", [Document("1", ("Ada", "ran", "."), (Entity(0, 1),))])
    assert (tmp_path / "out" / "1.txt").read_text() == "Ada ran."


def test_a_folder_that_exists_is_never_touched(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("work")
    with pytest.raises(DataError, match="exists already; name a folder that does not"):
        export(tmp_path / "out", [ADA])
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_a_failure_leaves_no_folder_behind(tmp_path):
    broken = Document("2", ("\ud800",), text="\ud800", offsets=((0, 1),))
    with pytest.raises(DataError, match=r"document 2: '\\ud800' is a lone surrogate"):
        export(tmp_path / "out", [ADA, broken])
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_data_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        export(tmp_path / "file" / "out", [ADA])
