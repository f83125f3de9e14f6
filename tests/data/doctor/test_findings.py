from __future__ import annotations

import json

import pytest

from relknit.data.doctor.findings import DoctorFinding, DoctorReport, FileSummary, Ledger
from relknit.data.doctor.kinds import KINDS, Kind, kind_of


def finding(kind="stray space", path="train.jsonl", line=1):
    return DoctorFinding(kind, path, line, "a message")


def summary(path):
    return FileSummary(path, None, 1, 2, 3, 4)


def test_a_finding_says_file_and_line_and_the_file_alone_where_it_is_meant():
    assert finding(line=17).where == "train.jsonl:17"
    assert finding(line=None).where == "train.jsonl"


def test_all_findings_are_counted_and_only_the_first_of_each_file_are_kept():
    ledger = Ledger(2)
    ledger.add(finding(line=n) for n in range(1, 6))
    ledger.add(finding(path="test.jsonl", line=n) for n in range(1, 4))
    (group,) = ledger.groups()
    assert group.counts == {"train.jsonl": 5, "test.jsonl": 3}
    assert group.count == 8
    assert [f.where for f in group.examples] == ["train.jsonl:1", "train.jsonl:2", "test.jsonl:1", "test.jsonl:2"]


def test_without_examples_the_counts_are_right_all_the_same():
    ledger = Ledger(0)
    ledger.add(finding(line=n) for n in range(1, 4))
    (group,) = ledger.groups()
    assert (group.count, group.examples) == (3, ())


def test_the_gravest_kinds_come_first_whatever_was_found_first():
    ledger = Ledger(1)
    for kind in ("entity in no relation", "stray space", "sentence in two splits", "broken line"):
        ledger.add([finding(kind)])
    assert [group.kind.name for group in ledger.groups()] == [
        "broken line",
        "sentence in two splits",
        "stray space",
        "entity in no relation",
    ]


def test_a_report_counts_by_level():
    ledger = Ledger(1)
    for kind in ("broken line", "broken line", "stray space", "near copy"):
        ledger.add([finding(kind)])
    report = DoctorReport((summary("train.jsonl"),), ledger.groups(), ())
    assert report.counts == {"error": 2, "warning": 1, "note": 1}
    assert report.errors == 2


def test_a_report_without_findings_has_every_level_at_zero():
    report = DoctorReport((), (), ())
    assert report.counts == {"error": 0, "warning": 0, "note": 0}
    assert report.errors == 0


def test_a_report_as_a_dict_can_be_written_as_json():
    ledger = Ledger(1)
    ledger.add([DoctorFinding("stray space", "train.jsonl", 1, "m", ("a", "b", "c"))])
    value = json.loads(json.dumps(DoctorReport((summary("train.jsonl"),), ledger.groups(), ()).to_dict()))
    (group,) = value["groups"]
    assert group["count"] == 1
    assert group["kind"]["by"] == "--fix"
    assert group["examples"][0]["context"] == ["a", "b", "c"]
    assert value["files"][0]["sentences"] == 1


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["a/train.jsonl", "a/test.jsonl"], ["train.jsonl", "test.jsonl"]),
        (["a/train.jsonl", "b/train.jsonl", "b/test.jsonl"], ["a/train.jsonl", "b/train.jsonl", "test.jsonl"]),
        (["x/a/train.jsonl", "y/a/train.jsonl"], ["x/a/train.jsonl", "y/a/train.jsonl"]),
    ],
)
def test_files_are_named_as_shortly_as_tells_them_apart(paths, names):
    report = DoctorReport(tuple(map(summary, paths)), (), ())
    assert [report.names[path] for path in paths] == names


def test_a_kind_has_one_name_and_says_why_and_what_to_do():
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    for kind in KINDS:
        assert kind.why
        assert kind.fix
        assert kind.why_left
        assert kind_of(kind.name) is kind


def test_only_what_fix_does_is_said_to_be_done_by_fix():
    done = {kind.name: kind.by for kind in KINDS if kind.by != "manual"}
    assert done == {
        "sentence in two splits": "--fix --drop-leaks",
        "near copy in two splits": "--fix --drop-leaks",
        "repeated sentence": "--fix",
        "stray space": "--fix",
        "double-encoded letters": "--fix",
    }


def test_a_kind_that_is_not_listed_is_a_warning_after_those_that_are():
    unknown = kind_of("something new")
    assert (unknown.level, unknown.by) == ("warning", "manual")
    warnings = [kind for kind in KINDS if kind.level == "warning"]
    assert all(kind.order < unknown.order for kind in warnings)
    assert unknown.order < Kind("x", "note", "", "").order
