from __future__ import annotations

import pytest

from relknit.data.doctor import labels as module
from relknit.data.doctor.labels import LabelUsage
from tests.data.doctor.samples import DEV, HEALTHY, LIVES, LOOSE, TEST, findings_of, good_line, kinds, record


def related(label, words="Ada saw Bob", kind=None):
    return record(words, [(0, 1, kind), (2, 3, kind)], [(0, label, 1)])


def healthy(file=None):
    return [good_line(value, line, *([file] if file else [])) for line, value in enumerate(HEALTHY, 1)]


def test_labels_used_more_than_once_are_no_finding():
    assert findings_of(LabelUsage(), *healthy()) == []


def test_a_label_seen_once_is_told_where_it_stands():
    (finding,) = findings_of(LabelUsage(), *healthy(), good_line(related("livs"), 9))
    assert finding.kind == "label seen once"
    assert finding.where == "train.jsonl:9"
    assert finding.message == 'relation "livs" is used only here; check its spelling or add examples'
    assert finding.context[2] == "Ada saw Bob"


def test_an_entity_type_seen_once_is_told_too():
    typed = [good_line(related("knows", kind="Person"), n) for n in (1, 2)]
    odd = good_line(record("Ada", [(0, 1, "Persn")]), 3)
    assert [f.message for f in findings_of(LabelUsage(), *typed, odd)] == [
        'entity type "Persn" is used only here; check its spelling or add examples'
    ]


def test_a_relation_and_an_entity_type_of_one_name_are_two_labels():
    lines = [good_line(record("a b", [(0, 1, "x"), (1, 2, "x")], [(0, "x", 1)]), n) for n in (1,)]
    assert kinds(findings_of(LabelUsage(), *lines)) == ["label seen once"]


def test_a_label_seen_once_in_test_is_fine_where_train_has_it():
    assert findings_of(LabelUsage(), *healthy(), good_line(LIVES, 1, TEST)) == []


def test_without_train_every_file_is_asked_for_itself():
    found = findings_of(LabelUsage(), *healthy(DEV), good_line(LIVES, 1, TEST), good_line(LIVES, 1, LOOSE))
    assert [f.where for f in found] == ["test.jsonl:1", "mine.jsonl:1"]
    assert set(kinds(found)) == {"label seen once"}


def test_a_label_that_train_lacks_is_told_with_its_count():
    lines = [good_line(related("knows"), n, DEV) for n in (3, 4)]
    (finding,) = findings_of(LabelUsage(), *healthy(), *lines)
    assert (finding.kind, finding.where) == ("label not in train", "dev.jsonl:3")
    assert 'relation "knows" (used 2x here) is not in train' in finding.message


@pytest.mark.parametrize(("often", "seldom"), [("livesIn", "lives_in"), ("livesIn", "LIVES IN"), ("né", "ne")])
def test_labels_that_differ_in_spelling_alone_are_told_at_the_rarer_one(often, seldom):
    lines = [good_line(related(label), n) for n, label in enumerate([often] * 3 + [seldom] * 2, 1)]
    (finding,) = findings_of(LabelUsage(), *lines)
    assert (finding.kind, finding.line) == ("label spelt in two ways", 4)
    assert f'relation "{seldom}" (used 2x) and relation "{often}" (3x)' in finding.message


def test_two_spellings_in_two_files_are_told_once():
    lines = [good_line(related("livesIn"), n) for n in (1, 2)]
    others = [good_line(related("lives in"), 1, file) for file in (DEV, TEST)]
    found = findings_of(LabelUsage(), *lines, *others)
    assert kinds(found) == ["label not in train", "label not in train", "label spelt in two ways"]


def test_two_spellings_used_equally_often_are_told_at_one_of_them():
    lines = [good_line(related(label), n) for n, label in enumerate(["b c", "bc"] * 2, 1)]
    assert kinds(findings_of(LabelUsage(), *lines)) == ["label spelt in two ways"]


def test_three_spellings_are_each_told_once_beside_the_most_frequent():
    labels = ["livesIn", "lives in", "LIVES_IN", "lives_in", "lives in", "livesIn", "livesIn", "LIVES_IN", "lives_in"]
    found = findings_of(LabelUsage(), *(good_line(related(label), n) for n, label in enumerate(labels, 1)))
    assert [finding.line for finding in found] == [2, 3, 4]
    assert all('and relation "livesIn" (3x)' in finding.message for finding in found)


def test_every_label_is_spelt_out_once_however_many_there_are(monkeypatch):
    spelt = []
    monkeypatch.setattr(module, "letters_and_digits", lambda names: spelt.append(names) or names[0])
    findings_of(LabelUsage(), *(good_line(related(f"relation {n}"), n) for n in range(1, 200)))
    assert len(spelt) == 199


def test_labels_of_marks_alone_are_not_spellings_of_each_other():
    lines = [good_line(related(label), n) for n, label in enumerate(["->", "<-"] * 2, 1)]
    assert findings_of(LabelUsage(), *lines) == []


def test_a_relation_is_no_spelling_of_an_entity_type():
    lines = [good_line(related("person", kind="Person"), n) for n in (1, 2)]
    assert findings_of(LabelUsage(), *lines) == []


def test_a_train_file_without_relations_is_an_error():
    found = findings_of(LabelUsage(), good_line(record("It rained"), 1), good_line(LIVES, 1, TEST))
    assert found[0].kind == "nothing to learn"
    assert found[0].where == "train.jsonl"


def test_a_file_that_is_not_train_may_hold_no_relation():
    assert findings_of(LabelUsage(), good_line(record("It rained"), 1, TEST)) == []
    assert findings_of(LabelUsage(), good_line(record("It rained"), 1, LOOSE)) == []


def test_entities_with_and_without_a_type_are_told_of_the_file():
    lines = [good_line(related("knows", kind=kind), n) for n, kind in enumerate(["Person", "Person", None], 1)]
    (finding,) = findings_of(LabelUsage(), *lines)
    assert (finding.kind, finding.line) == ("mixed entity types", None)
    assert "entities with a type: 4, without: 2" in finding.message


def test_stand_ins_of_output_do_not_count_as_untyped():
    output = related("knows", kind="Person")
    output["entities"].append({"start": 1, "end": 2, "tagged": False})
    assert findings_of(LabelUsage(), good_line(output, 1), good_line(related("knows", kind="Person"), 2)) == []


def test_pos_in_some_sentences_alone_is_told_of_the_file():
    tagged = related("knows") | {"pos": ["NNP", "VBD", "NNP"]}
    (finding,) = findings_of(LabelUsage(), good_line(tagged, 1), good_line(related("knows"), 2))
    assert finding.kind == "mixed pos"
    assert "sentences with pos: 1, without: 1" in finding.message
