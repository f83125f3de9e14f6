"""The JSON of annotation tools and other systems: one sentence in every format gives the same triple."""

from __future__ import annotations

import copy

import pytest

from relknit.data.convert import FORMATS, choose, convert
from relknit.data.convert.base import format_named
from relknit.data.readers.records import read_head
from relknit.errors import DataError
from tests.data.convert.files import json_array, json_lines, triples

TEXT = "Ada Lovelace lived in London."
WORDS = ["Ada", "Lovelace", "lived", "in", "London", "."]
SPANS = [{"start": 0, "end": 12, "label": "Person"}, {"start": 22, "end": 28, "label": "Place"}]
REGIONS = [
    {"id": "a", "type": "labels", "value": {"start": 0, "end": 12, "text": "Ada Lovelace", "labels": ["Person"]}},
    {"id": "b", "type": "labels", "value": {"start": 22, "end": 28, "text": "London", "labels": ["Place"]}},
]
LINK = {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["residence"]}
SAMPLES = {
    "labelstudio": {"id": 7, "data": {"text": TEXT}, "annotations": [{"result": [*REGIONS, LINK]}]},
    "doccano": {
        "id": 7,
        "text": TEXT,
        "entities": [
            {"id": 4, "label": "Person", "start_offset": 0, "end_offset": 12},
            {"id": 3, "label": "Place", "start_offset": 22, "end_offset": 28},
        ],
        "relations": [{"id": 1, "from_id": 4, "to_id": 3, "type": "residence"}],
    },
    "prodigy": {
        "id": 7,
        "text": TEXT,
        "spans": SPANS,
        "relations": [{"head": 1, "child": 4, "head_span": SPANS[0], "child_span": SPANS[1], "label": "residence"}],
        "answer": "accept",
    },
    "docred": {
        "title": "7",
        "sents": [WORDS],
        "vertexSet": [
            [{"name": "Ada Lovelace", "sent_id": 0, "pos": [0, 2], "type": "Person"}],
            [{"name": "London", "sent_id": 0, "pos": [4, 5], "type": "Place"}],
        ],
        "labels": [{"r": "residence", "h": 0, "t": 1, "evidence": [0]}],
    },
    "dygie": {
        "doc_key": "7",
        "sentences": [WORDS],
        "ner": [[[0, 1, "Person"], [4, 4, "Place"]]],
        "relations": [[[0, 1, 4, 4, "residence"]]],
    },
    "gliner": {
        "id": 7,
        "tokenized_text": WORDS,
        "ner": [[0, 1, "Person"], [4, 4, "Place"]],
        "relations": [[0, 1, "residence"]],
    },
    "tacred": {
        "id": "7",
        "token": WORDS,
        "relation": "residence",
        "subj_start": 0,
        "subj_end": 1,
        "subj_type": "Person",
        "obj_start": 4,
        "obj_end": 4,
        "obj_type": "Place",
    },
    "duie": {
        "id": "7",
        "text": TEXT,
        "spo_list": [
            {
                "subject": "Ada Lovelace",
                "subject_type": "Person",
                "predicate": "residence",
                "object": {"@value": "London"},
                "object_type": {"@value": "Place"},
            }
        ],
    },
    "tplinker": {
        "id": "7",
        "text": TEXT,
        "relation_list": [
            {
                "subject": "Ada Lovelace",
                "subj_char_span": [0, 12],
                "predicate": "residence",
                "object": "London",
                "obj_char_span": [22, 28],
            }
        ],
        "entity_list": [
            {"text": "Ada Lovelace", "type": "Person", "char_span": [0, 12]},
            {"text": "London", "type": "Place", "char_span": [22, 28]},
        ],
    },
    "opennre": {
        "id": "7",
        "token": WORDS,
        "h": {"name": "ada lovelace", "pos": [0, 2], "type": "Person"},
        "t": {"name": "london", "pos": [4, 5], "type": "Place"},
        "relation": "residence",
    },
}


def changed(source, *keys, value):
    """The sample with the value at a path of keys replaced."""
    record = copy.deepcopy(SAMPLES[source])
    item = record
    for key in keys[:-1]:
        item = item[key]
    item[keys[-1]] = value
    return record


@pytest.mark.parametrize("form", [json_lines, json_array])
@pytest.mark.parametrize("source", SAMPLES)
def test_a_format_is_recognised_and_its_triple_has_its_spans_and_types(tmp_path, source, form):
    path = form(tmp_path, SAMPLES[source])
    assert choose(path).source == source
    (document,) = convert(path)
    assert document.id == "7"
    assert document.tokens == tuple(WORDS)
    assert triples(document) == [("Ada Lovelace", "Person", "residence", "London", "Place")]


@pytest.mark.parametrize("source", SAMPLES)
def test_no_other_format_claims_a_record(tmp_path, source):
    head = read_head(json_lines(tmp_path, SAMPLES[source]))
    assert [name for name in FORMATS.names() if format_named(name).recognises(head)] == [source]


@pytest.mark.parametrize(
    ("source", "keys", "value", "named"),
    [
        ("labelstudio", ("data",), {"question": "a", "answer": "b"}, "answer, question"),
        ("labelstudio", ("annotations", 0, "result", 1, "value", "text"), "Londo", "'London'"),
        ("labelstudio", ("annotations", 0, "result", 1, "value", "start"), "/p[1]", "start of result 1"),
        ("labelstudio", ("annotations", 0, "result", 1, "id"), "a", "occurs twice"),
        ("labelstudio", ("annotations", 0, "result", 2, "direction"), "up", "'up'"),
        ("doccano", ("text",), 3, "text of the record is 3"),
        ("doccano", ("entities", 1, "end_offset"), 99, "22 to 99"),
        ("doccano", ("entities", 1, "label"), None, "label of entity 1"),
        ("doccano", ("relations", 0, "to_id"), 9, "points at entity 9"),
        ("prodigy", ("spans", 0, "end"), True, "end of span 0"),
        ("prodigy", ("relations", 0, "label"), "", "label of relation 0"),
        ("prodigy", ("relations", 0, "head_span"), None, "token 1, but the record has 0"),
        ("docred", ("vertexSet", 1, 0, "pos"), [4, 7], "mention 0 of vertex 1"),
        ("docred", ("vertexSet", 1, 0, "sent_id"), 1, "sentence 1"),
        ("docred", ("labels", 0, "t"), 2, "t 2"),
        ("dygie", ("ner", 0, 1), [4, "4", "Place"], "ner 1 of sentence 0"),
        ("dygie", ("ner", 0, 1), [4, 6, "Place"], "tokens 4 to 6"),
        ("dygie", ("relations", 0, 0), [0, 1, "residence"], "relations 0 of sentence 0"),
        ("gliner", ("ner", 1), [4, 4], "ner 1"),
        ("gliner", ("relations", 0), [0, 2, "residence"], "position 2"),
        ("gliner", ("relations", 0), {"head": 0}, "relation 0"),
        ("tacred", ("token", 2), "", "word 2 of token"),
        ("tacred", ("obj_end",), None, "obj_end"),
        ("tacred", ("obj_end",), 9, "tokens 4 to 9"),
        ("duie", ("spo_list", 0, "object"), {"@value": "Paris"}, 'triple 0: tail "Paris" is not in the sentence'),
        ("duie", ("spo_list", 0, "object"), ["London"], "object of triple 0"),
        ("duie", ("spo_list", 0, "predicate"), "", "predicate of triple 0"),
        ("duie", ("text",), "", "text of the record"),
        ("tplinker", ("relation_list", 0, "obj_char_span"), [22, 27], "'London'"),
        ("tplinker", ("relation_list", 0, "subj_char_span"), 3, "subj_char_span of relation 0"),
        ("tplinker", ("entity_list", 1), "London", "entity 1"),
        ("opennre", ("t", "pos"), [4], "pos of t"),
        ("opennre", ("relation",), ["residence"], "relation of the record"),
    ],
)
def test_a_value_that_breaks_a_format_is_named_with_file_and_line(tmp_path, source, keys, value, named):
    path = json_lines(tmp_path, SAMPLES[source], changed(source, *keys, value=value))
    with pytest.raises(DataError) as caught:
        list(convert(path, source=source))
    assert str(caught.value).startswith(f"{path}:2: ")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("source", SAMPLES)
def test_a_record_that_is_not_an_object_is_an_error(tmp_path, source):
    path = json_lines(tmp_path, SAMPLES[source], ["Ada"])
    with pytest.raises(DataError, match=r"data\.json:2: .*expected an object"):
        list(convert(path, source=source))
