from __future__ import annotations

import pytest

from relknit.data.convert import choose, convert
from relknit.errors import DataError
from tests.data.convert.files import triples

HEAD = [
    "#FORMAT=WebAnno TSV 3.3",
    "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue",
    "#T_SP=webanno.custom.Entity|note|value",
    "#T_RL=webanno.custom.Rel|label|BT_webanno.custom.Entity",
    "",
    "",
]
ADA = [
    "#Text=Ada Lovelace met Bo.",
    "1-1\t0-3\tAda\tNNP\t*[1]\tPerson[1]\t_\t_\t",
    "1-2\t4-12\tLovelace\tNNP\t*[1]\tPerson[1]\t_\t_\t",
    "1-3\t13-16\tmet\tVBD\t_\t_\t_\t_\t",
    "1-4\t17-19\tBo\tNNP\t*\tPerson\tmet\t1-1[1_0]\t",
    "1-5\t19-20\t.\t.\t_\t_\t_\t_\t",
    "",
]
RAIN = ["#Text=It rained.", "2-1\t21-23\tIt\t_\t_\t_\t_\t_\t", "2-2\t24-30\trained\t_\t_\t_\t_\t_\t", ""]


def write(folder, *lines, head=HEAD):
    path = folder / "paper.tsv"
    path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_file_becomes_a_document_for_each_sentence_and_other_layers_are_counted(tmp_path):
    notes = []
    path = write(tmp_path, *ADA, *RAIN)
    assert choose(path).source == "webanno"
    documents = list(convert(path, on_note=notes.append))
    assert [(d.id, d.text) for d in documents] == [("paper:0", "Ada Lovelace met Bo."), ("paper:21", "It rained.")]
    assert triples(documents[0]) == [("Ada Lovelace", "Person", "met", "Bo", "Person")]
    assert documents[0].triples[0].tail.start == 17
    assert len(notes) == 1
    assert "POS" in notes[0]


def test_a_relation_over_a_sentence_border_keeps_both_sentences_together(tmp_path):
    rain = [RAIN[0], "2-1\t21-23\tIt\t_\t*\tThing\tmet\t1-4\t", RAIN[2]]
    (document,) = convert(write(tmp_path, *ADA, *rain))
    assert (document.id, document.text) == ("paper", "Ada Lovelace met Bo.\nIt rained.")
    assert triples(document)[1] == ("Bo", "Person", "met", "It", "Thing")


def test_whole_texts_are_kept(tmp_path):
    (document,) = convert(write(tmp_path, *ADA, *RAIN), whole_texts=True)
    assert document.text == "Ada Lovelace met Bo.\nIt rained."


def test_stacked_annotations_and_relations_of_one_token_are_all_read(tmp_path):
    lines = [
        "#Text=Ada met Bo",
        "1-1\t0-3\tAda\t_\t*[1]|*[2]\tPerson[1]|*[2]\t_\t_\t",
        "1-2\t4-7\tmet\t_\t_\t_\t_\t_\t",
        "1-3\t8-10\tBo\t_\t*[3]|*[4]\tA\\|B[3]|Dog[4]\tmet|knows\t1-1[1_3]|1-1[2_4]\t",
    ]
    (document,) = convert(write(tmp_path, *lines))
    assert triples(document) == [("Ada", "Person", "met", "Bo", "A|B"), ("Ada", None, "knows", "Bo", "Dog")]


def test_an_annotation_of_a_part_of_a_token_cuts_the_token(tmp_path):
    lines = [
        "#Text=The Ada-owned mill",
        "1-1\t0-3\tThe\t_\t_\t_\t_\t_\t",
        "1-2\t4-13\tAda-owned\t_\t_\t_\t_\t_\t",
        "1-2.1\t4-7\tAda\t_\t*\tPerson\t_\t_\t",
        "1-3\t14-18\tmill\t_\t*\tThing\towns\t1-2.1\t",
    ]
    (document,) = convert(write(tmp_path, *lines))
    assert triples(document) == [("Ada", "Person", "owns", "mill", "Thing")]


def test_a_sentence_of_several_lines_and_escaped_characters_are_read(tmp_path):
    lines = [
        "#Text=Ada\\\\B",
        "#Text=ran",
        "1-1\t0-5\tAda\\\\B\t_\t*\tPerson\t_\t_\t",
        "1-2\t6-9\tran\t_\t_\t_\t_\t_\t",
    ]
    (document,) = convert(write(tmp_path, *lines))
    assert document.text == "Ada\\B\nran"
    assert [e.text for e in document.entities] == ["Ada\\B"]


def test_offsets_in_utf_16_units_do_not_matter(tmp_path):
    lines = ["#Text=😀 Ada", "1-1\t0-2\t😀\t_\t_\t_\t_\t_\t", "1-2\t3-6\tAda\t_\t*\tPerson\t_\t_\t"]
    (document,) = convert(write(tmp_path, *lines))
    assert document.entities[0].start == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2-1 It", "'2-1 It' is not a token"),
        ("2-1\t21-23\tThey\t_\t_\t_\t_\t_\t", "'They' is not at its place"),
        ("2-1\t21-23\tIt\t_\t_", "2 columns of layers, but the head of the file declares 5"),
        ("2-1\t21-23\tIt\t_\t*\tThing\tmet\tabove\t", "'above' is not the head of a relation"),
        ("2-1\t21-23\tIt\t_\t*\tThing\tmet\t1-1[7_0]\t", "which the record does not have"),
        ("2-1\t21-23\tIt\t_\t*\tThing\tmet|met\t1-4\t", "1 relations end at 2-1, but 2 have labels"),
    ],
)
def test_a_bad_row_is_named_with_file_and_line(tmp_path, line, words):
    path = write(tmp_path, *ADA, RAIN[0], line)
    with pytest.raises(DataError) as caught:
        list(convert(path))
    assert str(caught.value).startswith(f"{path}:{len(HEAD) + len(ADA) + 2}: ")
    assert words in str(caught.value)


def test_tokens_before_any_text_are_refused(tmp_path):
    with pytest.raises(DataError, match="#Text="):
        list(convert(write(tmp_path, *ADA[1:])))
    with pytest.raises(DataError, match="#Text="):
        list(convert(write(tmp_path)))
