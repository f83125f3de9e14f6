"""DyGIE++, DocRED, TACRED and OpenNRE beyond the simple case."""

from __future__ import annotations

import pytest

from relknit.cli import main
from relknit.data.convert import convert
from relknit.errors import DataError
from tests.data.convert.files import json_array, json_lines, triples
from tests.data.convert.test_foreign_json import SAMPLES, TEXT

SENTENCES = [["Ada", "ran", "."], ["Bo", "saw", "her", "."], ["It", "rained", "."]]
NER = [[[0, 0, "P"]], [[3, 3, "P"]], []]


def dygie(*relations, **more):
    return {"doc_key": "d", "sentences": SENTENCES, "ner": NER, "relations": [list(relations), [], []], **more}


def tacred(relation="r", subj=(0, 0), obj=(2, 2), words=("Ada", "met", "Bo"), identity="x"):
    ends = {"subj_start": subj[0], "subj_end": subj[1], "obj_start": obj[0], "obj_end": obj[1]}
    return {"id": identity, "token": list(words), "relation": relation, **ends}


def mention(sentence, start, end):
    return {"name": "x", "sent_id": sentence, "pos": [start, end], "type": "P"}


def test_a_text_of_dygie_becomes_a_document_for_each_sentence(tmp_path):
    documents = list(convert(json_lines(tmp_path, dygie())))
    assert [(d.id, d.tokens[0], [e.text for e in d.entities]) for d in documents] == [
        ("d:0", "Ada", ["Ada"]),
        ("d:3", "Bo", ["Bo"]),
        ("d:7", "It", []),
    ]


def test_sentences_of_dygie_that_a_relation_joins_stay_one_document(tmp_path):
    documents = list(convert(json_lines(tmp_path, dygie([3, 3, 0, 0, "saw"]))))
    assert [d.id for d in documents] == ["d:0", "d:7"]
    assert triples(documents[0]) == [("Bo", "P", "saw", "Ada", "P")]


def test_an_argument_of_dygie_that_is_not_in_ner_becomes_an_untyped_entity(tmp_path):
    documents = list(convert(json_lines(tmp_path, dygie([0, 0, 1, 1, "did"]))))
    assert triples(documents[0]) == [("Ada", "P", "did", "ran", None)]


def test_whole_texts_of_dygie_are_kept_and_events_are_counted(tmp_path):
    notes = []
    path = json_lines(tmp_path, dygie(events=[[[[1, "Run"]]], [], []], clusters=[[[0, 0], [5, 5]]]))
    (document,) = convert(path, whole_texts=True, on_note=notes.append)
    assert (document.id, len(document)) == ("d", 10)
    assert len(notes) == 2


def test_all_sentences_of_one_text_are_put_into_one_split(tmp_path):
    texts = [[[*words[:-1], f"{k}{place}", "."] for place, words in enumerate(SENTENCES)] for k in range(4)]
    path = json_lines(tmp_path, *({"doc_key": f"d{k}", "sentences": s, "ner": []} for k, s in enumerate(texts)))
    assert main(["data", "convert", str(path), str(tmp_path / "out"), "--split", "50/50"]) == 0
    for name in ("train", "test"):
        lines = (tmp_path / "out" / f"{name}.jsonl").read_text().splitlines()
        assert len(lines) % 3 == 0


def test_a_relation_of_docred_gets_the_nearest_mentions_in_a_sentence_of_its_evidence(tmp_path):
    sentences = [["Ada", "met", "Bo", "and", "Ada"], ["Ada", "saw", "Bo"]]
    vertices = [[mention(0, 0, 1), mention(0, 4, 5), mention(1, 0, 1)], [mention(0, 2, 3), mention(1, 2, 3)]]
    record = {"title": "t", "sents": sentences, "vertexSet": vertices}
    label = {"r": "saw", "h": 0, "t": 1}
    path = json_array(tmp_path, *(record | {"labels": [label | {"evidence": e}]} for e in ([1], [], [0])))
    found = [[(t.head.token_start, t.tail.token_start) for t in document.triples] for document in convert(path)]
    assert found == [[(5, 7)], [(0, 2)], [(0, 2)]]


def docred(*labels):
    sentences = [["Ada", "met", "Bo", "and", "Ada"], ["Ada", "saw", "Bo"], ["Cy", "left"]]
    vertices = [
        [mention(0, 0, 1), mention(0, 4, 5), mention(1, 0, 1)],
        [mention(0, 2, 3), mention(1, 2, 3)],
        [mention(2, 0, 1)],
    ]
    found = [{"r": r, "h": head, "t": tail, "evidence": evidence} for r, head, tail, evidence in labels]
    return {"title": "t", "sents": sentences, "vertexSet": vertices, "labels": found}


def test_sentences_of_docred_have_the_relations_that_their_evidence_names_or_that_have_none(tmp_path):
    notes = []
    path = json_array(tmp_path, docred(("saw", 0, 1, [1]), ("knows", 0, 1, []), ("left", 0, 2, [0, 2])))
    documents = list(convert(path, source="docred-sentences", on_note=notes.append))
    assert [(d.id, len(d), len(d.entities)) for d in documents] == [("t:0", 5, 3), ("t:1", 3, 2), ("t:2", 2, 1)]
    assert [[(t.head.token_start, t.relation) for t in d.triples] for d in documents] == [
        [(0, "knows")],
        [(0, "saw"), (0, "knows")],
        [],
    ]
    assert len(notes) == 1
    assert notes[0].endswith(": 1")


def test_relations_of_docred_get_the_names_of_rel_info(tmp_path):
    path = json_array(tmp_path, docred(("P1", 0, 1, []), ("P2", 0, 1, [])))
    (tmp_path / "rel_info.json").write_text('{"P1": "knows"}')
    (document,) = convert(path)
    assert [triple.relation for triple in document.triples] == ["knows", "P2"]


def test_a_rel_info_with_other_values_is_refused(tmp_path):
    path = json_array(tmp_path, docred())
    (tmp_path / "rel_info.json").write_text('{"P1": 3}')
    with pytest.raises(DataError, match="P1"):
        list(convert(path))


def test_a_text_of_docred_without_labels_is_counted(tmp_path):
    notes = []
    record = {key: value for key, value in SAMPLES["docred"].items() if key != "labels"}
    (document,) = convert(json_array(tmp_path, record), on_note=notes.append)
    assert not document.relations
    assert len(notes) == 1


def test_the_pairs_of_one_sentence_become_one_document(tmp_path):
    notes = []
    others = [tacred("s", (2, 2), (0, 0), identity="y"), tacred("no_relation", (0, 0), (1, 1))]
    path = json_array(tmp_path, tacred(), tacred(words=["It", "is", "Bo"], identity="z"), *others)
    documents = list(convert(path, on_note=notes.append))
    assert [d.id for d in documents] == ["x", "z"]
    assert [(t.head.text, t.relation, t.tail.text) for t in documents[0].triples] == [
        ("Ada", "r", "Bo"),
        ("Bo", "s", "Ada"),
    ]
    assert len(documents[0].entities) == 3
    assert notes == ["pairs without a relation (no_relation or NA): 1"]


def test_an_invalid_pair_takes_its_sentence_along_and_no_other(tmp_path):
    errors = []
    path = json_array(tmp_path, tacred(), tacred(words=["It", "is", "Bo"]), tacred(obj=(2, 7)), tacred(relation=3))
    documents = list(convert(path, on_error=errors.append))
    assert [d.tokens[0] for d in documents] == ["It"]
    assert [str(error).split(": ")[1] for error in errors] == ["record 4"]
    with pytest.raises(DataError, match="record 3: tail covers tokens 2 to 7"):
        list(convert(json_array(tmp_path, tacred(), tacred(), tacred(obj=(2, 7)))))


def test_opennre_with_a_text_counts_characters(tmp_path):
    ends = {"h": {"pos": [0, 12]}, "t": {"pos": [22, 28]}}
    path = json_lines(
        tmp_path, {"text": TEXT, **ends, "relation": "residence"}, {"text": TEXT, **ends, "relation": "NA"}
    )
    (document,) = convert(path)
    assert triples(document) == [("Ada Lovelace", None, "residence", "London", None)]
    assert document.triples[0].tail.start == 22
