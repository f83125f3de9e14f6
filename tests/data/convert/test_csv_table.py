from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.convert import convert
from relknit.data.convert.base import ReadOptions
from relknit.data.convert.csv_table import CsvFormat
from relknit.data.convert.csv_table import sniff_delimiter as sniff
from relknit.document.jsonl import read_lines
from relknit.errors import DataError

HEADER = "sentence,head,relation,tail"
ADA = "Ada lived in London.,Ada,residence,London"


def write(tmp_path, *lines, name="facts.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def facts(path, **options):
    return {
        document.text: [(t.head.text, t.relation, t.tail.text) for t in document.triples]
        for document in convert(path, source="csv", **options)
    }


def sniff_delimiter(path):
    return sniff(path, read_lines(path))


EXPECTED = {"Ada lived in London.": [("Ada", "residence", "London")]}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("lines", [(HEADER, ADA), (ADA,)])
def test_each_delimiter_is_recognised_with_and_without_a_header(tmp_path, delimiter, lines):
    path = write(tmp_path, *(line.replace(",", delimiter) for line in lines))
    assert sniff_delimiter(path) == delimiter
    assert facts(path) == EXPECTED


def test_commas_in_a_sentence_do_not_hide_the_tabs(tmp_path):
    lines = ["Ada, Grace, and, also, Alan, ran\tAda\tknows\tGrace", "One, two\tOne\tnext\ttwo"]
    assert sniff_delimiter(write(tmp_path, *lines)) == "\t"


def test_the_columns_of_a_header_may_be_in_any_order_with_others_between(tmp_path):
    path = write(tmp_path, "Relation,Subject,Note,Object,Text", "residence,Ada,x,London,Ada lived in London.")
    assert facts(path) == EXPECTED


@pytest.mark.parametrize(
    "header",
    [
        "id,sentence,head,head_start,head_type,relation,tail,tail_start,tail_type",
        "Doc ID;text;Subject;Subject Offset;Subject Type;Predicate;Object;Object Offset;Object Type",
        "doc_id\tcontext\tentity1\te1_start\te1_label\trel\tentity2\te2_start\te2_label",
        "id,text,subj,subj.start.char,subjClass,property,obj,obj-begin,objNerType",
    ],
)
def test_columns_of_ids_offsets_and_types_are_read_in_the_usual_spellings(tmp_path, header):
    row = "a7,Ada met Bo and Bo.,Ada,0,Person,met,Bo,15.0,Dog"
    delimiter = next(d for d in ",;\t" if d in header)
    (document,) = convert(write(tmp_path, header, row.replace(",", delimiter)), source="csv")
    assert document.id == "a7"
    assert [(e.text, e.type, e.start) for e in document.entities] == [("Ada", "Person", 0), ("Bo", "Dog", 15)]


def test_of_two_columns_that_could_be_the_same_the_plainer_name_is_read(tmp_path):
    path = write(tmp_path, "source,text,sentence,head,relation,tail,target", f"web,x,{ADA},y")
    assert facts(path) == EXPECTED


def test_ends_are_enough_empty_cells_say_nothing_and_offsets_count_from_the_cell(tmp_path):
    header = f"{HEADER},head_end,tail_end"
    path = write(tmp_path, header, '"  Ada met Bo and Bo.",Ada,met,Bo,,19', "It rained.,,,,,")
    documents = list(convert(path, source="csv"))
    assert [t.tail.start for t in documents[0].triples] == [15]
    assert not documents[1].entities


@pytest.mark.parametrize(
    ("cells", "words"),
    [("1,", '"Ada" is not at characters 1 to 4'), ("x,", "head_start is 'x'"), ("-1,", "head_start is '-1'")],
)
def test_an_offset_that_does_not_fit_is_named_with_its_row(tmp_path, cells, words):
    path = write(tmp_path, f"{HEADER},head_start,tail_start", f"Ada met Bo.,Ada,met,Bo,{cells}")
    with pytest.raises(DataError) as caught:
        facts(path)
    assert str(caught.value).startswith(f"{path}:2: ")
    assert words in str(caught.value)


def test_columns_that_are_left_out_are_named(tmp_path):
    notes = []
    path = write(tmp_path, f"{HEADER},Source,url", f"{ADA},me,", "It rained.,,,,you,", "It snowed.,,,,,")
    facts(path, on_note=notes.append)
    assert len(notes) == 1
    assert "Source" in notes[0]
    assert notes[0].endswith(": 2")


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;;;;"])
def test_the_line_in_which_excel_names_the_delimiter_is_understood(tmp_path, first):
    path = write(tmp_path, f"\ufeff{first}", HEADER.replace(",", ";"), ADA.replace(",", ";"), "Ada ran.;Ada;did;far")
    errors = []
    assert facts(path, on_error=errors.append) == EXPECTED
    assert [error.line for error in errors] == [4]


def test_quoted_cells_contain_delimiters_quotes_and_line_breaks(tmp_path):
    path = write(tmp_path, HEADER, '"Ada said ""hi"",', "", 'in London.",Ada,place,London', "x runs,x,y,runs")
    documents = list(convert(path, source="csv"))
    assert documents[0].text == 'Ada said "hi",\n\nin London.'
    assert [document.id for document in documents] == ["2", "5"]


def test_rows_of_one_sentence_are_merged_wherever_they_are(tmp_path):
    path = write(tmp_path, ADA, "It rained.,,,", "Ada lived in London.,London,home_of,Ada", ADA)
    assert facts(path) == {
        "Ada lived in London.": [("Ada", "residence", "London"), ("London", "home_of", "Ada")],
        "It rained.": [],
    }


def test_a_sentence_alone_in_its_row_has_no_triple(tmp_path):
    assert facts(write(tmp_path, ADA, "It rained.")) == EXPECTED | {"It rained.": []}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Ada ran.,Ada,,London", "no relation beside"),
        ("Ada ran.,,runs,", "no head beside"),
        (",Ada,runs,London", "no sentence"),
        ("Ada ran, far.,Ada,runs,far", "5 columns, expected 4; put quotes around a cell"),
        ("Ada ran.,Ada", "2 columns, expected 4"),
        ("Ada ran.,Ada,runs,Rome", 'tail "Rome" is not in the sentence'),
        ('"Ada" ran.,Ada,runs,far', "a quoted cell is broken"),
    ],
)
def test_a_bad_row_is_named_with_file_and_line(tmp_path, row, words):
    path = write(tmp_path, HEADER, ADA, "", row)
    with pytest.raises(DataError) as caught:
        facts(path)
    assert str(caught.value).startswith(f"{path}:4: ")
    assert words in str(caught.value)


def test_a_bad_row_takes_its_sentence_along_and_no_other(tmp_path):
    errors = []
    path = write(tmp_path, HEADER, "Ada ran.,Ada,did,ran", ADA, "Ada ran.,Ada,,", "Ada ran.,Ada,also,ran")
    assert facts(path, on_error=errors.append) == EXPECTED
    assert [error.line for error in errors] == [4]


def test_a_broken_quote_does_not_end_the_reading(tmp_path):
    errors = []
    path = write(tmp_path, HEADER, '"Ada" ran.,Ada,did,ran', ADA)
    assert facts(path, on_error=errors.append) == EXPECTED
    assert [error.line for error in errors] == [2]


def test_a_quote_that_is_never_closed_is_named_where_it_opens(tmp_path):
    path = write(tmp_path, HEADER, ADA, '"Ada ran.,Ada,did,ran', ADA)
    with pytest.raises(DataError, match=r"facts\.csv:3: a quoted cell is broken"):
        facts(path)


def test_a_file_without_four_columns_is_reported(tmp_path):
    with pytest.raises(DataError, match="no row has the four columns sentence, head, relation, tail"):
        facts(write(tmp_path, "Ada ran.", "Grace ran."))
    with pytest.raises(DataError, match="the file is empty"):
        facts(write(tmp_path, ""))


def test_a_header_alone_has_nothing_to_convert(tmp_path):
    with pytest.raises(DataError, match="no record could be converted"):
        facts(write(tmp_path, HEADER))


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=8).map(str.strip)
CELLS = CELL.filter(bool)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_a_spreadsheet_writes_is_read_back_cell_by_cell(tmp_path_factory, rows, delimiter):
    path = tmp_path_factory.mktemp("table") / "facts.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(["sentence", "head", "relation", "tail"])
        writer.writerows(rows)
    records = list(CsvFormat().records(path, ReadOptions()))
    assert sniff_delimiter(path) == delimiter
    assert [record.value.text for record in records] == list(dict.fromkeys(row[0] for row in rows))
    found = [(record.value.text, t) for record in records for t in record.value.triples]
    read = [(text, t.head.text, t.relation, t.tail.text) for text, t in found]
    assert sorted(read) == sorted(rows)
