"""What Label Studio, doccano and Prodigy export beyond the simple case."""

from __future__ import annotations

import pytest

from relknit.data.convert import convert
from relknit.errors import DataError
from tests.data.convert.files import json_array, json_lines, triples
from tests.data.convert.test_foreign_json import LINK, REGIONS, SAMPLES, SPANS, TEXT


def task(*results, text=TEXT, **annotation):
    return {"id": 1, "data": {"text": text}, "annotations": [{"result": list(results), **annotation}]}


def names(document):
    return [(head, relation, tail) for head, _, relation, tail, _ in triples(document)]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("right", [("Ada Lovelace", "residence", "London")]),
        ("left", [("London", "residence", "Ada Lovelace")]),
        ("bi", [("Ada Lovelace", "residence", "London"), ("London", "residence", "Ada Lovelace")]),
    ],
)
def test_the_direction_in_label_studio_decides_which_region_is_the_head(tmp_path, direction, expected):
    (document,) = convert(json_array(tmp_path, task(*REGIONS, LINK | {"direction": direction})))
    assert names(document) == expected


def test_only_finished_annotations_of_label_studio_are_read_and_the_rest_is_counted(tmp_path):
    notes = []
    cancelled = task(*REGIONS, was_cancelled=True)
    predicted = {"id": 3, "data": {"text": TEXT}, "annotations": [], "predictions": [{"result": REGIONS}]}
    twice = task(*REGIONS) | {"annotations": [{"result": []}, {"result": REGIONS, "ground_truth": True}]}
    (document,) = convert(json_array(tmp_path, cancelled, predicted, twice), on_note=notes.append)
    assert len(document.entities) == 2
    assert sorted(note.rpartition(": ")[2] for note in notes) == ["1", "2"]


def test_results_of_label_studio_that_are_not_regions_of_text_are_counted_with_their_relations(tmp_path):
    notes = []
    choice = {"id": "c", "type": "choices", "value": {"choices": ["good"]}}
    unlabelled = LINK | {"labels": []}
    path = json_array(tmp_path, task(*REGIONS, choice, LINK | {"to_id": "c"}, unlabelled, LINK))
    (document,) = convert(path, on_note=notes.append)
    assert names(document) == [("Ada Lovelace", "residence", "London")]
    assert len(notes) == 2


def test_offsets_in_utf_16_units_are_recognised_by_the_words_of_the_region(tmp_path):
    notes = []
    region = {"id": "a", "type": "labels", "value": {"start": 3, "end": 6, "text": "Ada", "labels": ["Person"]}}
    (document,) = convert(json_array(tmp_path, task(region, text="😀 Ada ran.")), on_note=notes.append)
    assert (document.entities[0].text, document.entities[0].start) == ("Ada", 2)
    assert len(notes) == 1


def test_the_text_of_a_task_may_have_another_key_and_the_data_an_id(tmp_path):
    record = task(*REGIONS) | {"data": {"sentence": TEXT, "id": 4, "n": 2}}
    (document,) = convert(json_array(tmp_path, record))
    assert (document.id, document.text) == ("4", TEXT)


def test_label_studio_without_relations_is_refused_with_the_export_to_use(tmp_path):
    record = {"id": 1, "text": TEXT, "label": [{"start": 0, "end": 3, "labels": ["Person"]}]}
    with pytest.raises(DataError, match="export the project as JSON"):
        list(convert(json_array(tmp_path, record)))


@pytest.mark.parametrize("key", ["label", "labels"])
def test_doccano_projects_without_relations_are_read(tmp_path, key):
    (document,) = convert(json_lines(tmp_path, {"text": TEXT, key: [[0, 12, "Person"]]}))
    assert [(e.text, e.type) for e in document.entities] == [("Ada Lovelace", "Person")]


def test_white_space_at_the_ends_of_a_region_is_trimmed_and_counted(tmp_path):
    notes = []
    path = json_lines(tmp_path, {"text": TEXT, "label": [[0, 13, "Person"]]})
    (document,) = convert(path, on_note=notes.append)
    assert document.entities[0].text == "Ada Lovelace"
    assert len(notes) == 1


def test_answers_of_prodigy_other_than_accept_are_counted_and_left_out(tmp_path):
    notes = []
    path = json_lines(tmp_path, *(SAMPLES["prodigy"] | {"answer": a} for a in ("accept", "reject", "ignore")))
    assert len(list(convert(path, on_note=notes.append))) == 1
    assert len(notes) == 2


def test_a_relation_of_prodigy_without_spans_is_found_by_the_last_tokens(tmp_path):
    tokens = [{"text": "Ada", "start": 0, "end": 3}, {"text": "Lovelace", "start": 4, "end": 12}]
    tokens += [{"text": "lived", "start": 13, "end": 18}]
    record = {"text": TEXT, "tokens": tokens, "spans": SPANS[:1]}
    relation = {"head": 1, "child": 2, "label": "did"}
    (document,) = convert(json_lines(tmp_path, record | {"relations": [relation]}))
    assert triples(document) == [("Ada Lovelace", "Person", "did", "lived", None)]
