from __future__ import annotations

import pytest

from relknit.data.doctor.reach import DEFAULT_MAX_TOKENS, Reach
from relknit.errors import ConfigError
from tests.data.doctor.samples import LIVES, LOOSE, TEST, TRAIN, findings_of, good_line, kinds, record


def long(length, *spans):
    """A sentence of that many tokens; the spans are related from the first to the last."""
    relations = [(0, "r", len(spans) - 1)] if spans else []
    return record(["w"] * length, spans, relations)


def test_sentences_up_to_the_budget_are_fine():
    assert findings_of(Reach(), good_line(long(DEFAULT_MAX_TOKENS))) == []
    assert findings_of(Reach(10), good_line(long(10))) == []


def test_a_sentence_above_the_budget_is_reported_with_both_lengths():
    (finding,) = findings_of(Reach(10), good_line(long(11)))
    assert finding.kind == "long sentence"
    assert "11 tokens, more than 10" in finding.message


@pytest.mark.parametrize("budget", [0, -1])
def test_a_budget_below_one_is_refused(budget):
    with pytest.raises(ConfigError, match="expected 1 or more"):
        Reach(budget)


def test_a_test_sentence_longer_than_train_is_a_note():
    (finding,) = findings_of(Reach(), good_line(long(70)), good_line(long(71), 1, TEST), good_line(long(70), 2, TEST))
    assert (finding.kind, finding.where) == ("longer than train", "test.jsonl:1")
    assert finding.message.startswith("71 tokens, more than the window of 70 ")


def test_one_very_long_line_of_train_does_not_become_the_window():
    train = [good_line(long(60), n) for n in range(200)]
    found = findings_of(Reach(), *train, good_line(long(400), 201), good_line(long(181, (0, 1), (180, 181)), 1, TEST))
    assert kinds(found) == ["longer than train", "relation out of reach"]
    assert "a window over 180" in found[1].message


def test_short_train_sentences_still_give_the_shortest_window():
    assert findings_of(Reach(), good_line(long(5)), good_line(long(64), 1, TEST)) == []
    (finding,) = findings_of(Reach(), good_line(long(5)), good_line(long(65), 1, TEST))
    assert "window of 64" in finding.message


def test_without_train_nothing_is_longer_than_train():
    assert findings_of(Reach(), good_line(long(400), 1, TEST), good_line(long(500), 1, LOOSE)) == []


def test_train_is_never_longer_than_itself():
    assert findings_of(Reach(), good_line(long(100), 1, TRAIN), good_line(long(200), 2, TRAIN)) == []


@pytest.mark.parametrize(
    ("last", "expected"), [(70, ["longer than train"]), (71, ["longer than train", "relation out of reach"])]
)
def test_a_relation_wider_than_the_window_is_out_of_reach(last, expected):
    found = findings_of(Reach(), good_line(long(70)), good_line(long(80, (0, 1), (last - 1, last)), 1, TEST))
    assert kinds(found) == expected
    assert len(found) == 1 or "reaches over 71 tokens, a window over 70" in found[1].message


def test_the_reach_counts_from_the_outermost_words_whichever_end_comes_first():
    found = findings_of(Reach(10), good_line(long(30, (20, 25), (0, 3))))
    assert kinds(found) == ["long sentence", "relation out of reach"]
    assert "reaches over 25 tokens, a window over 10" in found[1].message


def test_the_smaller_of_budget_and_train_is_the_window():
    found = findings_of(Reach(66), good_line(long(65)), good_line(long(70, (0, 1), (65, 66)), 1, TEST))
    assert "a window over 65" in found[-1].message


def test_entities_in_no_relation_are_notes_with_their_words_and_type():
    value = record("Ada met Bob in Rome", [(0, 1), (2, 3), (4, 5, "Place")], [(0, "met", 1)])
    (finding,) = findings_of(Reach(), good_line(value))
    assert finding.kind == "entity in no relation"
    assert finding.message.startswith('entity 2, "Rome" (Place), is in no relation')
    assert finding.context == ("Ada met Bob in", "Rome", "")


def test_entities_of_a_relation_are_none_whether_head_or_tail():
    assert findings_of(Reach(), good_line(LIVES)) == []
    assert findings_of(Reach(), good_line(record("Ada", [(0, 1)], [(0, "is", 0)]))) == []
