"""Lines of facts that are written down for sentences become documents."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from relknit.document import Document, Entity

EVERYDAY = Path(__file__).parents[2] / "experiments" / "everyday"
MODULES = ("corpus", "written_labels")
TEXT = "Ada Holm taught Bo Lind ; she left Oslo , where the poet died ."
SENTENCE = Document(
    "a:0",
    tuple(TEXT.split()),
    (Entity(0, 2, "person"), Entity(3, 5, "person"), Entity(8, 9, "location")),
    text=TEXT,
)


@pytest.fixture(scope="module")
def scripts():
    sys.path.insert(0, str(EVERYDAY))
    try:
        import corpus
        import written_labels

        yield corpus, written_labels
    finally:
        sys.path.remove(str(EVERYDAY))
        for name in MODULES:
            sys.modules.pop(name, None)


def facts(document):
    return {(document.entities[r.head].text, r.type, document.entities[r.tail].text) for r in document.relations}


def test_facts_are_between_numbered_entities_and_words_in_quotation_marks(scripts):
    found = scripts[1].labelled(SENTENCE, '2 student_of 1; 2 occupation "poet"')
    assert facts(found) == {("Bo Lind", "student of", "Ada Holm"), ("Bo Lind", "occupation", "poet")}
    assert [(e.text, e.type) for e in found.entities][-1] == ("poet", "other")


def test_a_pronoun_refers_to_its_name_which_gets_its_facts_in_training(scripts):
    found = scripts[1].labelled(SENTENCE, '"she"=1; "she" residence 3')
    stated = {("she", "refers to", "Ada Holm"), ("she", "residence", "Oslo")}
    assert facts(found) == stated
    assert facts(scripts[0].with_names(found)) == stated | {("Ada Holm", "residence", "Oslo")}


def test_types_are_corrected_and_entities_dropped(scripts):
    found = scripts[1].labelled(SENTENCE, "3=organisation; !2")
    assert [(e.text, e.type) for e in found.entities] == [("Ada Holm", "person"), ("Oslo", "organisation")]


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("1 student_of 9", "entity 9"),
        ("1 knows 2", "'knows' is not a relation"),
        ('1 occupation "nurse"', "'nurse' occurs 0 times"),
        ('1 occupation "Bo"', "overlaps"),
        ("1 place_of_birth 2", "expected location"),
        ("1 student_of 1", "itself"),
        ("1 student_of 2; !2", "dropped and used"),
        ("student_of", "not a fact"),
    ],
)
def test_a_wrong_line_says_what_is_wrong(scripts, line, match):
    with pytest.raises(ValueError, match=match):
        scripts[1].labelled(SENTENCE, line)


def test_lines_are_found_by_the_id_of_their_sentence(scripts, tmp_path):
    path = tmp_path / "labels.tsv"
    path.write_text("a:0\t2 student_of 1\nb:0\t\n", encoding="utf-8")
    found, errors = scripts[1].read_labels(path, {SENTENCE.id: SENTENCE})
    assert list(found) == ["a:0"]
    assert errors == [f"{path}:2: b:0: there is no such sentence"]
