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


def test_a_relation_and_an_entity_type_of_one_name_are_two_labels():
    lines = [good_line(record("a b", [(0, 1, "x"), (1, 2, "x")], [(0, "x", 1)]), n) for n in (1,)]
    assert kinds(findings_of(LabelUsage(), *lines)) == ["label seen once"]


def test_a_label_seen_once_in_test_is_fine_where_train_has_it():
    assert findings_of(LabelUsage(), *healthy(), good_line(LIVES, 1, TEST)) == []


def test_without_train_every_file_is_checked_for_itself():
    found = findings_of(LabelUsage(), *healthy(DEV), good_line(LIVES, 1, TEST), good_line(LIVES, 1, LOOSE))
    assert [f.where for f in found] == ["test.jsonl:1", "mine.jsonl:1"]
    assert set(kinds(found)) == {"label seen once"}


def test_a_label_that_train_lacks_is_reported_with_its_count():
    lines = [good_line(related("knows"), n, DEV) for n in (3, 4)]
    (finding,) = findings_of(LabelUsage(), *healthy(), *lines)
    assert (finding.kind, finding.where) == ("label not in train", "dev.jsonl:3")
    assert 'relation "knows" (used 2x here) is not in train' in finding.message


@pytest.mark.parametrize(("often", "seldom"), [("livesIn", "lives_in"), ("livesIn", "LIVES IN"), ("né", "ne")])
def test_labels_that_differ_in_spelling_alone_are_reported_at_the_rarer_one(often, seldom):
    lines = [good_line(related(label), n) for n, label in enumerate([often] * 3 + [seldom] * 2, 1)]
    (finding,) = findings_of(LabelUsage(), *lines)
    assert (finding.kind, finding.line) == ("label spelt in two ways", 4)
    assert f'relation "{seldom}" (used 2x) and relation "{often}" (3x)' in finding.message


def test_two_spellings_in_two_files_are_reported_once():
    lines = [good_line(related("livesIn"), n) for n in (1, 2)]
    others = [good_line(related("lives in"), 1, file) for file in (DEV, TEST)]
    found = findings_of(LabelUsage(), *lines, *others)
    assert kinds(found) == ["label not in train", "label not in train", "label spelt in two ways"]


def test_three_spellings_are_each_reported_once_beside_the_most_frequent():
    labels = ["livesIn", "lives in", "LIVES_IN", "lives_in", "lives in", "livesIn", "livesIn", "LIVES_IN", "lives_in"]
    found = findings_of(LabelUsage(), *(good_line(related(label), n) for n, label in enumerate(labels, 1)))
    assert [finding.line for finding in found] == [2, 3, 4]
    assert all('and relation "livesIn" (3x)' in finding.message for finding in found)


def test_every_label_is_spelt_out_once_however_many_there_are(monkeypatch):
    spelt = []
    monkeypatch.setattr(module, "letters_and_digits", lambda names: spelt.append(names) or names[0])
    findings_of(LabelUsage(), *(good_line(related(f"relation {n}"), n) for n in range(1, 200)))
    assert len(spelt) == 199


def test_a_train_file_without_relations_is_an_error():
    found = findings_of(LabelUsage(), good_line(record("It rained"), 1), good_line(LIVES, 1, TEST))
    assert found[0].kind == "nothing to learn"
    assert found[0].where == "train.jsonl"


def test_a_file_that_is_not_train_may_have_no_relation():
    assert findings_of(LabelUsage(), good_line(record("It rained"), 1, TEST)) == []
    assert findings_of(LabelUsage(), good_line(record("It rained"), 1, LOOSE)) == []


def test_untagged_entities_of_output_do_not_count_as_untyped():
    output = related("knows", kind="Person")
    output["entities"].append({"token_start": 1, "token_end": 2, "tagged": False})
    assert findings_of(LabelUsage(), good_line(output, 1), good_line(related("knows", kind="Person"), 2)) == []


@pytest.mark.parametrize(
    ("value", "label"), [(related("livs"), "relation"), (record("Ada", [(0, 1, "livs")]), "entity type")]
)
def test_a_label_seen_once_is_reported_at_its_line(value, label):
    found = findings_of(LabelUsage(), *healthy(), good_line(value, 9))
    (finding,) = [finding for finding in found if finding.kind != "mixed entity types"]
    assert (finding.kind, finding.where) == ("label seen once", "train.jsonl:9")
    assert finding.message == f'{label} "livs" is used only here; check its spelling or add examples'
    assert finding.context[2].startswith("Ada")


@pytest.mark.parametrize(
    ("one", "other"),
    [(related("->"), related("<-")), (related("person", kind="Person"), related("person", kind="Person"))],
)
def test_labels_of_marks_alone_and_a_relation_and_a_type_of_one_name_are_not_two_spellings(one, other):
    assert findings_of(LabelUsage(), *(good_line(value, n) for n, value in enumerate([one, other] * 2, 1))) == []


@pytest.mark.parametrize(
    ("one", "other", "kind", "counts"),
    [
        (related("r", kind="Person"), related("r"), "mixed entity types", "with a type: 2, without: 2"),
        (related("r") | {"pos": ["NNP", "VBD", "NNP"]}, related("r"), "mixed pos", "with pos: 1, without: 1"),
    ],
)
def test_types_or_tags_in_some_sentences_only_are_reported_once_for_the_file(one, other, kind, counts):
    found = findings_of(LabelUsage(), good_line(one, 1), good_line(other, 2))
    (finding,) = [finding for finding in found if finding.kind != "label seen once"]
    assert (finding.kind, finding.line) == (kind, None)
    assert counts in finding.message
