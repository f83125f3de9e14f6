from __future__ import annotations

import pytest

from relknit.data.convert import choose, convert
from relknit.data.convert.brat import brat_pairs
from relknit.document import Entity, Relation
from relknit.errors import ConfigError, DataError

TEXT = "Ada Lovelace lived in London."
T1, T2 = "T1\tPerson 0 12\tAda Lovelace", "T2\tPlace 22 28\tLondon"
R1 = "R1\tresidence Arg1:T1 Arg2:T2"


def words(entity):
    return entity.text, entity.start, entity.end


def pair(folder, *lines, text=TEXT, name="paper"):
    (folder / f"{name}.txt").write_bytes(text.encode())
    path = folder / f"{name}.ann"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return path


def one(path, **options):
    (document,) = convert(path, **options)
    return document


def triples(document):
    return [(t.head.text, t.relation, t.tail.text) for t in document.triples]


def test_a_pair_becomes_a_document_with_exact_offsets(tmp_path):
    document = one(pair(tmp_path, T1, T2, R1))
    assert (document.id, document.text) == ("paper", TEXT)
    assert document.tokens == ("Ada", "Lovelace", "lived", "in", "London", ".")
    assert document.entities == (Entity(0, 2, "Person"), Entity(4, 5, "Place"))
    assert document.relations == (Relation(0, 1, "residence"),)
    assert document.offsets[4] == (22, 28)


@pytest.mark.parametrize("named", ["paper.txt", "paper.ann", "."])
def test_either_file_or_the_folder_may_be_named_and_the_format_is_found(tmp_path, named):
    pair(tmp_path, T1)
    assert choose(tmp_path / named).source == "brat"
    assert [d.id for d in convert(tmp_path / named)] == ["paper"]


def test_a_folder_is_read_with_those_in_it_and_ids_are_paths(tmp_path):
    (tmp_path / "sub").mkdir()
    pair(tmp_path, T1, name="b")
    pair(tmp_path / "sub", name="a.v2")
    (tmp_path / "annotation.conf").write_text("[entities]\n")
    assert [d.id for d in convert(tmp_path)] == ["b", "sub/a.v2"]


def test_offsets_count_code_points_and_line_breaks_as_they_are(tmp_path):
    text = "😀 Zoë\r\nmet Ann."
    document = one(pair(tmp_path, "T1\tP 2 5\tZoë", "T2\tP 11 14\tAnn", text=text), whole_texts=True)
    assert document.text == text
    assert [document.span(e).start for e in document.entities] == [2, 11]


def test_entities_keep_the_order_of_their_lines_and_relations_may_come_first(tmp_path):
    document = one(pair(tmp_path, R1, T2, T1))
    assert [document.span(e).text for e in document.entities] == ["London", "Ada Lovelace"]
    assert triples(document) == [("Ada Lovelace", "residence", "London")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("R1\tr Arg1:T1 Arg2:T2", ("Ada Lovelace", "r", "London")),
        ("R1\tr Arg2:T1 Arg1:T2", ("London", "r", "Ada Lovelace")),
        ("R1\tr Subject:T1 Object:T2", ("Ada Lovelace", "r", "London")),
        ("R1\t/a/b-c Arg1:T2 Arg2:T2\t", ("London", "/a/b-c", "London")),
    ],
)
def test_arguments_are_in_order_unless_they_are_numbered_otherwise(tmp_path, line, expected):
    assert triples(one(pair(tmp_path, T1, T2, line))) == [expected]


def test_the_type_untyped_is_read_as_none(tmp_path):
    assert one(pair(tmp_path, "T1\tUntyped 0 3\tAda")).entities == (Entity(0, 1),)


def test_other_lines_are_left_out_and_counted(tmp_path):
    notes = []
    rest = ["E1\tMove:T1 To:T2", "A1\tNegated E1", "A2\tSure T1", "M1\tOld E1", "N1\tReference T1 Wiki:1\tAda"]
    path = pair(tmp_path, T1, T2, *rest, "#1\tAnnotatorNotes T1\tsee above", "*\tEquiv T1 T2", "", R1)
    assert len(one(path, on_note=notes.append).triples) == 1
    assert notes == [
        "attribute lines left out: 2",
        "equivalence lines left out: 1",
        "event lines left out: 1",
        "modification lines left out: 1",
        "normalisation lines left out: 1",
        "note lines left out: 1",
    ]


def test_a_text_of_several_lines_becomes_a_document_for_each_sentence(tmp_path):
    text = "Ada ran.\nBo saw Cy. Di slept.\n"
    path = pair(tmp_path, "T1\tP 0 3\tAda", "T2\tP 9 11\tBo", "T3\tP 16 18\tCy", "R1\tsaw Arg1:T2 Arg2:T3", text=text)
    documents = list(convert(path))
    assert [(d.id, d.text) for d in documents] == [
        ("paper:0", "Ada ran."),
        ("paper:9", "Bo saw Cy."),
        ("paper:20", "Di slept."),
    ]
    assert [(t.head.start, t.tail.start) for t in documents[1].triples] == [(0, 7)]
    assert [len(d.entities) for d in documents] == [1, 2, 0]


def test_sentences_that_a_relation_joins_stay_one_document(tmp_path):
    text = "Ada ran.\nBo saw her. Di slept.\n"
    path = pair(tmp_path, "T1\tP 0 3\tAda", "T2\tP 9 11\tBo", "R1\tsaw Arg1:T2 Arg2:T1", text=text)
    assert [d.text for d in convert(path)] == ["Ada ran.\nBo saw her.", "Di slept."]


def test_a_text_of_one_line_and_whole_texts_are_left_whole(tmp_path):
    line = "Ada ran. Bo saw her.\n"
    assert one(pair(tmp_path, text=line)).text == line
    text = "Ada ran.\n\nBo saw her."
    document = one(pair(tmp_path, text=text), whole_texts=True)
    assert (document.id, document.text) == ("paper", text)


def test_an_empty_text_is_an_empty_document(tmp_path):
    for text in ("", "\n \n"):
        assert one(pair(tmp_path, text=text)).text == text


def test_an_entity_over_a_line_break_is_joined(tmp_path):
    text = "born in New\nYork ."
    expected = [(8, 16)]
    for line in ("T1\tP 8 11;12 16\tNew York", "T1\tP 8 16\tNew York", "T1\tP 12 16;8 11\tNew York"):
        document = one(pair(tmp_path, line, text=text), whole_texts=True)
        assert [(e.start, e.end) for e in document.entities] == expected


def test_an_entity_in_pieces_stops_the_conversion_with_its_line(tmp_path):
    path = pair(tmp_path, "T1\tP 0 5;16 23\tNorth America", text="North and South America")
    with pytest.raises(
        DataError,
        match=r"paper\.ann:1: T1 is in 2 pieces \(0 5;16 23\), expected one contiguous span",
    ) as caught:
        list(convert(path))
    assert caught.value.line == 1


def test_an_entity_in_pieces_takes_its_sentence_along_and_no_other(tmp_path):
    errors = []
    text = "Ada ran.\nNorth and South America.\nBo saw."
    path = pair(tmp_path, "T1\tP 9 14;25 32\tNorth America", "T2\tP 0 3\tAda", "R1\tr Arg1:T2 Arg2:T2", text=text)
    documents = list(convert(path, on_error=errors.append))
    assert [d.text for d in documents] == ["Ada ran.", "Bo saw."]
    assert triples(documents[0]) == [("Ada", "r", "Ada")]
    assert len(errors) == 1


def test_a_relation_with_an_entity_in_pieces_takes_all_its_sentences(tmp_path):
    errors = []
    text = "Ada ran.\nNorth and South America.\nBo saw."
    path = pair(tmp_path, "T1\tP 9 14;25 32\tNorth America", "T2\tP 0 3\tAda", "R1\tr Arg1:T2 Arg2:T1", text=text)
    assert [d.text for d in convert(path, on_error=errors.append)] == ["Bo saw."]


def test_white_space_at_the_ends_of_an_annotation_is_trimmed_and_counted(tmp_path):
    notes = []
    document = one(pair(tmp_path, "T1\tP 3 13\t Lovelace "), on_note=notes.append)
    assert words(document.entities[0]) == ("Lovelace", 4, 12)
    assert notes == ["annotations trimmed of white space at their ends: 1"]


def test_an_annotation_of_half_a_word_keeps_its_offsets(tmp_path):
    notes = []
    document = one(pair(tmp_path, "T1\tP 0 5\tAda L"), on_note=notes.append)
    assert words(document.entities[0]) == ("Ada L", 0, 5)
    assert len(one(pair(tmp_path, T1 + "\tsure")).entities) == 1, "a comment after the words is not part of them"
    assert notes == ["words split because an annotation begins or ends inside them: 1"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T2 Person 0 3 Ada", "'T2 Person 0 3 Ada' is not a T line, expected: T1, tab, type start end"),
        ("T2\tPerson 0 3", "is not a T line"),
        ("T2\tPerson 0 x\tAda", "is not a T line"),
        ("T2\tPerson 0 99\tAda", "T2 marks 0 to 99, but the text has 29 characters"),
        ("T2\tPerson 3 3\t", "T2 marks 3 to 3"),
        ("T2\tPerson 0 " + "9" * 5000 + "\tAda", "is not a T line"),
        ("T2\tPerson 3 4\t ", "T2 marks only white space"),
        ("T2\tPerson 1 4\tAda", r"T2 has 'Ada', but characters 1 4 are 'da'; "),
        ("T1\tPerson 0 3\tAda", "T1 is used twice"),
        ("R1\tr T1 T1", "is not an R line, expected: R1, tab, type Arg1:T1 Arg2:T2"),
        ("R1\tr Arg1:T1", "is not an R line"),
        ("R1\tr Arg1:T1 Arg2:T9", "points at T9, but no T line has this name"),
        ("R1\tr Arg1:E1 Arg2:T1", "points at E1"),
        ("Person 0 3", "begins with 'Person 0 3', expected T1, R1"),
    ],
)
def test_a_bad_line_is_named_with_its_fix(tmp_path, line, message):
    with pytest.raises(DataError, match=r"paper\.ann:2: .*" + message):
        list(convert(pair(tmp_path, T1, line)))


def test_a_bad_line_takes_its_text_along_and_the_others_are_converted(tmp_path):
    errors = []
    pair(tmp_path, T1, "nonsense", name="a")
    pair(tmp_path, T1, name="b")
    assert [d.id for d in convert(tmp_path, on_error=errors.append)] == ["b"]
    assert [error.line for error in errors] == [2]


def test_files_that_are_not_utf8_are_named_with_the_line(tmp_path):
    path = pair(tmp_path, T1)
    path.with_suffix(".txt").write_bytes(b"Ada\nL\xe9on")
    with pytest.raises(DataError, match=r"paper\.txt:2: not UTF-8"):
        list(convert(path))
    pair(tmp_path, T1)
    path.write_bytes(b"T1\tP 0 3\tAda\nT2\tP\xff 0 3\tAda\n")
    with pytest.raises(DataError, match=r"paper\.ann:2: not UTF-8"):
        list(convert(path))


def test_a_missing_half_of_a_pair_is_named(tmp_path):
    path = pair(tmp_path, T1)
    path.with_suffix(".txt").unlink()
    with pytest.raises(DataError, match=r"paper\.ann: no paper\.txt beside it"):
        list(convert(path))
    path.unlink()
    with pytest.raises(DataError, match=r"no \.ann file here; name a folder with pairs"):
        list(convert(tmp_path))
    with pytest.raises(DataError, match=r"no \.ann file here"):
        list(brat_pairs(tmp_path / "absent.txt"))


def test_a_text_that_cannot_be_opened_is_a_data_error(tmp_path):
    path = pair(tmp_path, T1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pathlib.Path.read_bytes", lambda self: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
        )
        with pytest.raises(DataError, match=r"paper\.txt: cannot be read: Permission denied"):
            list(convert(path))


def test_a_text_file_without_annotations_beside_it_is_not_taken_for_brat(tmp_path):
    (tmp_path / "facts.txt").write_text("Ada ran,Ada,did,ran\n")
    assert choose(tmp_path / "facts.txt").source == "csv"


@pytest.mark.parametrize(
    "line",
    [
        "A1\tNegation R1",
        "M1\tSpeculation R1",
        "A1\tnegated R1 true",
        "A1\tPolarity R1 Negative",
        "A1\tFactuality R1 Probable",
        "A1\tHypothetical R1",
    ],
)
def test_a_relation_that_an_attribute_denies_or_doubts_is_left_out_and_counted(tmp_path, line):
    notes = []
    document = one(pair(tmp_path, T1, T2, line, R1, "R2\tknows Arg1:T1 Arg2:T2"), on_note=notes.append)
    assert triples(document) == [("Ada Lovelace", "knows", "London")]
    assert len(document.entities) == 2
    assert len(notes) == 1


@pytest.mark.parametrize(
    "line", ["A1\tSure R1", "A1\tPolarity R1 positive", "A1\tNegation R1 false", "A1\tNegation T1", "A1\tPolarity R1"]
)
def test_other_attributes_leave_a_relation_as_it_is_and_are_counted(tmp_path, line):
    notes = []
    document = one(pair(tmp_path, T1, T2, R1, line), on_note=notes.append)
    assert triples(document) == [("Ada Lovelace", "residence", "London")]
    assert notes == ["attribute lines left out: 1"]


@pytest.mark.parametrize(("pieces", "expected"), [("first", "North"), ("cover", "North and South America")])
def test_an_entity_in_pieces_is_its_first_piece_or_all_between_them_if_asked(tmp_path, pieces, expected):
    notes = []
    path = pair(
        tmp_path, "T1\tP 0 5;16 23\tNorth America", "T2\tP 10 23\tSouth America", text="North and South America"
    )
    document = one(path, pieces=pieces, on_note=notes.append)
    assert [e.text for e in document.entities] == [expected, "South America"]
    assert len(notes) == 1
    with pytest.raises(ConfigError, match="'last'.*cover"):
        one(path, pieces="last")


def test_lines_without_stops_are_sentences_unless_they_go_on_with_a_small_letter(tmp_path):
    text = "Ada met Bo\nBo met\nher later\nDi slept"
    path = pair(tmp_path, "T1\tP 0 3\tAda", text=text)
    assert [d.text for d in convert(path)] == ["Ada met Bo", "Bo met\nher later", "Di slept"]
