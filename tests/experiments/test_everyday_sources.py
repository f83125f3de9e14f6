"""Re-DocRED and KnowledgeNet get the labels of the everyday corpus by the rules of experiments/everyday/mapping.toml."""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from relknit.data.mixture import Mixture
from relknit.data.readers import read_documents
from relknit.document import Document, Entity, Relation

EVERYDAY = Path(__file__).parents[2] / "experiments" / "everyday"
MODULES = ("mapping", "sources")


@pytest.fixture(scope="module")
def scripts():
    sys.path.insert(0, str(EVERYDAY))
    before = {name: sys.modules.pop(name) for name in MODULES if name in sys.modules}
    try:
        import sources

        yield sources
    finally:
        sys.path.remove(str(EVERYDAY))
        for name in MODULES:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def sentence(words, entities, relations):
    """A document of entities (word, type) with relations (head, label, tail) by words."""
    tokens = words.split()
    spans = tuple(Entity(tokens.index(word), tokens.index(word) + 1, kind) for word, kind in entities)
    names = [word for word, _ in entities]
    facts = (Relation(names.index(head), names.index(tail), label) for head, label, tail in relations)
    return Document("x", tuple(tokens), spans, tuple(facts))


def named(document, relations):
    return [(document.entities[r.head].text, r.type, document.entities[r.tail].text) for r in relations]


@pytest.fixture
def relabel(scripts):
    def relabelled(document, source="redocred", **more):
        found = scripts.relabel(source, scripts.retyped(document, Counter()), tally=Counter(), **more)
        return found, named(found, found.relations), named(found, found.unknown)

    return relabelled


PLACES = [("Graz", "LOC"), ("Styria", "LOC"), ("Austria", "LOC")]


def test_every_target_is_a_relation_of_ours_and_every_relation_of_docred_is_a_label(scripts):
    mapping, ours = scripts.read_mapping(), set(scripts.signatures())
    for source in ("redocred", "knowledgenet"):
        for value in mapping[source]["relations"].values():
            target = scripts.Target.of(value)
            assert {*target.maybe, target.is_} - {None} <= ours
    assert set(mapping["redocred"]["annotated"]) <= ours
    assert set(mapping["rules"]["decides_type"]) <= ours


def test_an_inverse_relation_is_turned_round(relabel):
    text = sentence("Ada is the daughter of Bo", [("Ada", "PER"), ("Bo", "PER")], [("Ada", "father", "Bo")])
    assert relabel(text)[1] == [("Bo", "child", "Ada")]


def test_a_relation_that_may_be_one_of_several_is_unknown_unless_another_label_decides(relabel):
    entities = [("Ada", "PER"), ("Ode", "MISC")]
    vague, sure = ("Ada", "notable work", "Ode"), ("Ode", "author", "Ada")
    _, facts, unknown = relabel(sentence("Ode by Ada", entities, [vague]))
    assert facts == []
    assert ("Ode", "author", "Ada") in unknown
    for order in ([vague, sure], [sure, vague]):
        _, facts, unknown = relabel(sentence("Ode by Ada", entities, order))
        assert facts == [sure]
        assert sure not in unknown


def test_a_fact_about_a_demonym_is_unknown_and_the_demonym_is_of_type_other(relabel):
    entities = [("Ada", "PER"), ("German", "LOC"), ("Berlin", "LOC")]
    labels = [("Ada", "country of citizenship", "German"), ("Berlin", "country", "German")]
    found, facts, unknown = relabel(sentence("Ada , a German from Berlin", entities, labels))
    assert facts == [("Ada", "country of citizenship", "German")]
    assert unknown == [("Berlin", "country", "German")]
    assert found.entities[1].type == "other"


def test_only_the_next_larger_place_is_kept(relabel):
    located = "located in the administrative territorial entity"
    labels = [("Graz", located, "Styria"), ("Styria", "country", "Austria"), ("Graz", "country", "Austria")]
    _, facts, unknown = relabel(sentence("Graz , Styria , Austria", PLACES, labels))
    assert facts == [("Graz", "located in", "Styria"), ("Styria", "country", "Austria")]
    assert unknown == [("Graz", "country", "Austria")]


def test_a_place_in_a_country_has_the_relation_country(relabel):
    label = ("Styria", "located in the administrative territorial entity", "Austria")
    assert relabel(sentence("Styria in Austria", PLACES[1:], [label]))[1] == [("Styria", "country", "Austria")]


def test_a_place_far_from_its_country_needs_evidence(relabel):
    text = sentence(
        "Graz is a town that very many in Austria like", [PLACES[0], PLACES[2]], [("Graz", "country", "Austria")]
    )
    assert relabel(text, evident=text.relations)[1] == [("Graz", "country", "Austria")]
    _, facts, unknown = relabel(text, evident=[])
    assert facts == []
    assert unknown == [("Graz", "country", "Austria")]


def test_a_fact_whose_evidence_is_another_sentence_is_unknown(relabel):
    text = sentence("Ada met Bo", [("Ada", "PER"), ("Bo", "PER")], [("Ada", "spouse", "Bo")])
    _, facts, unknown = relabel(text, elsewhere=text.relations)
    assert facts == []
    assert unknown == [("Ada", "spouse", "Bo")]


def test_a_symmetric_relation_is_kept_once_in_the_order_of_the_text(relabel):
    labels = [("Bo", "spouse", "Ada"), ("Ada", "spouse", "Bo")]
    _, facts, unknown = relabel(sentence("Ada married Bo", [("Ada", "PER"), ("Bo", "PER")], labels))
    assert facts == [("Ada", "spouse", "Bo")]
    assert unknown == []


def test_a_fact_decides_the_type_of_a_misc(relabel):
    entities = [("Ada", "PER"), ("Ode", "MISC"), ("Elegy", "MISC")]
    found, *_ = relabel(sentence("Ode and Elegy by Ada", entities, [("Ode", "author", "Ada")]))
    assert {entity.text: entity.type for entity in found.entities} == {"Ada": "person", "Ode": "work", "Elegy": "MISC"}


def test_a_duration_is_a_number_and_an_article_is_left_outside(relabel):
    tokens = ("the", "Alps", "for", "two", "years", "from", "1990")
    document = Document("x", tokens, (Entity(0, 2, "LOC"), Entity(3, 5, "TIME"), Entity(6, 7, "TIME")))
    found, *_ = relabel(document)
    assert [(e.text, e.type) for e in found.entities] == [
        ("Alps", "location"),
        ("two years", "number"),
        ("1990", "date"),
    ]


def test_membership_of_knowledgenet_is_employment_except_with_organisations_of_members(relabel):
    labels = [("Ada", "EMPLOYEE_OR_MEMBER_OF", "Acme"), ("Ada", "EMPLOYEE_OR_MEMBER_OF", "Club")]
    entities = [("Ada", "PER"), ("Acme", "ORG"), ("Club", "ORG")]
    _, facts, unknown = relabel(sentence("Ada of Acme and Club", entities, labels), "knowledgenet")
    assert facts == [("Ada", "employer", "Acme")]
    assert ("Ada", "employer", "Club") in unknown
    assert ("Ada", "member of", "Acme") in unknown


def test_pronouns_of_knowledgenet_are_references_and_names_in_small_letters_are_not(scripts):
    texts = ["He", "his", "I", "US", "us", "iRobot", "the Corrs", "Who"]
    assert [text for text in texts if scripts.is_pronoun(text)] == ["He", "his", "I", "us", "Who"]


def docred(title, words, entities, labels):
    tokens = words.split()
    vertices = [
        [{"name": word, "sent_id": 0, "pos": [tokens.index(word), tokens.index(word) + 1], "type": kind}]
        for word, kind in entities
    ]
    found = [{"r": r, "h": head, "t": tail, "evidence": [0]} for head, r, tail in labels]
    return {"title": title, "sents": [tokens], "vertexSet": vertices, "labels": found}


@pytest.fixture
def releases(tmp_path, scripts):
    """The authors' files, small: one text is in Re-DocRED's test and, by another name, in DocRED's."""
    people = [("Ada", "PER"), ("Bo", "PER")]
    held_out = scripts.split_lists()["redocred"]["test"][0]
    texts = {
        "dev_revised.json": [docred("a", "Ada married Bo .", people, [(0, "P26", 1)])],
        "test_revised.json": [docred(held_out, "Ada hired Bo .", people, [])],
    }
    for name in ("redocred", "knowledgenet", "docred"):
        (tmp_path / name).mkdir()
    for name, records in texts.items():
        (tmp_path / "redocred" / name).write_text(json.dumps(records))
    (tmp_path / "redocred" / "rel_info.json").write_text('{"P26": "spouse"}')
    others = [docred("b", "Ada hired Bo .", people, []), docred("c", "Cy left .", [("Cy", "PER")], [])]
    (tmp_path / "docred" / "test.json").write_text(json.dumps(others))
    fact = {"propertyId": "45", "subjectStart": 0, "subjectEnd": 3, "objectStart": 12, "objectEnd": 14}
    about = [{"propertyId": "45", "propertyName": "SPOUSE"}]
    own = {
        "passageStart": 0,
        "passageText": "She married Bo.",
        "exhaustivelyAnnotatedProperties": about,
        "facts": [fact],
    }
    lines = [{"documentId": f"x{fold}", "fold": fold, "passages": [own]} for fold in (1, 4)]
    (tmp_path / "knowledgenet" / "train.json").write_text("\n".join(map(json.dumps, lines)))
    return tmp_path


def test_the_sources_are_files_for_a_mixture_without_texts_of_test_in_train(releases, scripts, monkeypatch):
    out = releases / "out"
    monkeypatch.setattr(sys, "argv", ["sources.py", str(releases), str(out)])
    scripts.main()
    (married,) = read_documents(out / "redocred" / "train.jsonl").documents
    assert named(married, married.relations) == [("Ada", "spouse", "Bo")]
    assert [d.text for d in read_documents(out / "docred-entities" / "train.jsonl").documents] == ["Cy left."]
    assert not (out / "knowledgenet" / "train.jsonl").exists()  # the same passage is in fold 4
    (passage,) = read_documents(out / "knowledgenet" / "test.jsonl").documents
    assert [entity.type for entity in passage.entities] == ["reference", "person"]
    assert passage.scope is not None
    assert passage.scope.relations == {"spouse"}
    assert set(Mixture.read(out / "sources.toml").sources) == {"redocred", "knowledgenet", "docred-entities"}
    assert tomllib.loads((out / "sources.toml").read_text())["sources"]["redocred"]["relations"] == ["spouse"]
