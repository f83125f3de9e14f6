from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.data.corpus import corpus_path
from relknit.data.doctor import examine
from relknit.errors import ConfigError, DataError
from tests.data.doctor.samples import HEALTHY, LIVES, record, write

ILL = (
    record(["Ada ", "lives", "in", "KÃ¶ln"], [(0, 1), (3, 4)], [(0, "lives", 1)]),
    record("New York Times", [(0, 3), (1, 2)], [(0, "lives", 1)]),
    record("Ada lives", [(0, 1), (0, 1)], [(0, "works", 0), (0, "works", 0)]),
)


def groups(report):
    return {group.kind.name: group.count for group in report.groups}


def test_a_healthy_file_has_no_groups(tmp_path):
    report = examine([write(tmp_path / "train.jsonl", *HEALTHY)])
    assert report.groups == ()
    assert report.errors == 0
    (file,) = report.files
    assert (file.split, file.sentences, file.tokens, file.entities, file.relations) == ("train", 4, 16, 8, 4)


def test_the_shipped_corpus_can_be_trained_on_and_leaks_nothing():
    report = examine([corpus_path()])
    assert report.errors == 0
    assert not any(o.near for o in report.overlaps if o.path != o.other)


def test_every_check_is_run(tmp_path):
    path = write(tmp_path / "train.jsonl", *HEALTHY, *ILL, record("w " * 600))
    assert groups(examine([path])) == {
        "stray space": 1,
        "double-encoded letters": 1,
        "nested entities": 1,
        "repeated span": 1,
        "repeated triple": 1,
        "ends share a token": 2,
        "long sentence": 1,
        "entity in no relation": 1,
    }


def test_a_folder_is_examined_across_its_splits(tmp_path):
    write(tmp_path / "train.jsonl", *HEALTHY)
    write(tmp_path / "test.jsonl", LIVES, record("Ada knows Bob", [(0, 1), (2, 3)], [(0, "knows", 1)]))
    report = examine([tmp_path])
    assert groups(report) == {"sentence in two splits": 1, "label not in train": 1}
    assert [(o.exact, o.near) for o in report.overlaps if o.path != o.other] == [(1, 1)]


def test_two_folders_are_compared_with_each_other(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "train.jsonl", *HEALTHY)
    report = examine([tmp_path / "a", tmp_path / "b"])
    assert groups(report) == {"sentence in two splits": 4}
    assert sorted(report.names.values()) == ["a/train.jsonl", "b/train.jsonl"]


def test_a_broken_line_is_an_error_and_the_others_are_examined(tmp_path):
    report = examine([write(tmp_path / "train.jsonl", *HEALTHY, "{", record("Ada", [(0, 9)]), *ILL[:1])])
    broken, *others = report.groups
    assert (broken.kind.name, report.errors) == ("broken line", 2)
    assert [finding.line for finding in broken.examples] == [5, 6]
    assert "spans tokens [0, 9)" in broken.examples[1].message
    assert broken.examples[0].context is None
    assert others
    assert report.files[0].sentences == 5


def test_train_without_a_relation_is_an_error(tmp_path):
    report = examine([write(tmp_path / "train.jsonl", record("It rained"))])
    assert groups(report) == {"nothing to learn": 1}
    assert report.errors == 1


def test_examples_bound_what_is_kept_and_not_what_is_counted(tmp_path):
    path = write(tmp_path / "train.jsonl", *[LIVES] * 30)
    for examples, kept in [(0, 0), (3, 3), (99, 29)]:
        (group,) = examine([path], examples=examples).groups
        assert (group.count, len(group.examples)) == (29, kept)


def test_numbers_out_of_range_are_refused(tmp_path):
    path = write(tmp_path / "train.jsonl", LIVES)
    with pytest.raises(ConfigError, match="examples is -1"):
        examine([path], examples=-1)
    with pytest.raises(ConfigError, match="max_tokens is 0"):
        examine([path], max_tokens=0)


def test_the_budget_can_be_set(tmp_path):
    path = write(tmp_path / "train.jsonl", *HEALTHY, record("a b c d e"))
    assert groups(examine([path], max_tokens=4)) == {"long sentence": 1}
    assert groups(examine([path], max_tokens=5)) == {}


def test_a_file_that_cannot_be_read_is_an_error_of_its_own(tmp_path):
    path = tmp_path / "train.jsonl.gz"
    path.write_bytes(gzip.compress(b"x" * 5000)[:-20])
    with pytest.raises(DataError, match="gzip"):
        examine([path])


def test_a_compressed_file_gives_the_same_findings(tmp_path):
    plain = write(tmp_path / "train.jsonl", *ILL)
    packed = tmp_path / "other"
    packed.mkdir()
    (packed / "train.jsonl.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert groups(examine([plain])) == groups(examine([packed]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_whatever_an_entity_states_about_itself_the_line_is_examined(tmp_path_factory, data):
    value = record(
        "Ada lives in Rome", [(0, 1), (3, 4)], text="Ada lives in Rome", offsets=[[0, 3], [4, 9], None, [13, 17]]
    )
    value["entities"][1] |= {"text": data.draw(JSON), "start": data.draw(JSON), "end": data.draw(JSON)}
    value |= {"id": data.draw(st.text(max_size=3)), "else": data.draw(JSON)}
    path = write(tmp_path_factory.mktemp("any") / "test.jsonl", value)
    report = examine([path])
    assert report.errors == 0
    assert report.files[0].sentences == 1
