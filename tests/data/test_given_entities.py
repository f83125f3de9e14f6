import json

import pytest

from relknit.data.given_entities import read_given, with_entities
from relknit.document import Document, Entity, Span
from relknit.errors import DataError

TEXT = "Ada (1815–1852) left London's centre."


def words(document):
    return [(document.span(e).text, e.type) for e in document.entities]


def test_entities_are_kept_exactly_in_their_order_also_inside_words():
    document = with_entities(TEXT, [(5, 9, "Year"), (0, 3), {"start": 10, "end": 14}, Span("London", 21, 27, 0, 0)])
    assert words(document) == [("1815", "Year"), ("Ada", None), ("1852", None), ("London", None)]
    assert "".join(document.tokens) == TEXT.replace(" ", "")


def test_texts_are_split_like_the_training_data_and_read_clean():
    text = "The city-wide Insti-\ntute of Kes\u00adtrel."
    fine, treebank = (with_entities(text, [(14, 25)], rule=rule) for rule in ("fine", "treebank"))
    assert fine.tokens == ("The", "city", "-", "wide", "Institute", "of", "Kestrel", ".")
    assert treebank.tokens == ("The", "city-wide", "Institute", "of", "Kestrel", ".")
    assert [(e.start, e.end, e.name) for e in treebank.entities] == [(14, 25, "Institute")]


def test_entities_of_another_extraction_can_be_given():
    first = with_entities(TEXT, [(0, 3, "Person")])
    assert words(with_entities(TEXT, first.entities)) == [("Ada", "Person")]
    assert words(with_entities(TEXT, [(0, 4)])) == [("Ada", None)]


@pytest.mark.parametrize(
    ("entities", "named"),
    [
        ([(0, 99)], "99"),
        ([(3, 4)], "white space"),
        ([(2, 2)], "2"),
        ([(0, 3, 5)], "type"),
        ([(0,)], "start"),
        ([{"start": 0}], "end"),
        ([{"start": 0, "end": True}], "True"),
        ([{"start": 0, "end": 3, "text": "London"}], "London"),
        ([Entity(0, 1)], "start"),
        ("Ada", "Ada"),
        (None, "None"),
    ],
)
def test_an_entity_that_is_none_of_the_text_is_named(entities, named):
    with pytest.raises(DataError, match=named):
        with_entities(TEXT, entities)


def test_a_text_that_is_no_string_is_an_error():
    with pytest.raises(DataError, match="3"):
        with_entities(3, [])


def lines(path, *records):
    path.write_text("\n".join(json.dumps(record) for record in records))
    return path


def test_documents_and_records_by_characters_may_be_mixed(tmp_path):
    by_tokens = {"tokens": ["Ada", "ran"], "entities": [{"token_start": 0, "token_end": 1, "type": None}]}
    by_characters = {"id": 7, "text": TEXT, "entities": [{"start": 0, "end": 3, "type": "Person"}], "source": "x"}
    read = read_given(lines(tmp_path / "a.jsonl", by_tokens, by_characters, {"text": "No entities."})).documents
    assert [document.id for document in read] == ["1", "7", "3"]
    assert read[0] == Document("1", ("Ada", "ran"), (Entity(0, 1),))
    assert words(read[1]) == [("Ada", "Person")]


def test_a_bad_record_is_named_by_its_line_and_can_be_left_out(tmp_path):
    path = lines(
        tmp_path / "a.jsonl", {"text": "Ada"}, {"text": "Ada", "entities": [{"start": 0, "end": 4}]}, {"id": 1}
    )
    with pytest.raises(DataError, match=r"a.jsonl:2: .*4"):
        read_given(path)
    read = read_given(path, skip_bad=True)
    assert len(read.documents) == 1
    assert [error.line for error in read.skipped] == [2, 3]
    with pytest.raises(DataError, match="tokens"):
        read_given(lines(tmp_path / "b.jsonl", {"id": 1}), skip_bad=True)
