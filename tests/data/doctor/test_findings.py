from __future__ import annotations

import json

import pytest

from relknit.data.doctor.findings import DoctorFinding, DoctorReport, FileSummary, FindingCounter
from relknit.data.doctor.kinds import KINDS, LEVELS


def finding(kind="stray space", path="train.jsonl", line=1):
    return DoctorFinding(kind, path, line, "a message")


def summary(path):
    return FileSummary(path, None, 1, 2, 3, 4)


def test_a_finding_names_file_and_line_and_the_file_alone_where_it_is_meant():
    assert finding(line=17).where == "train.jsonl:17"
    assert finding(line=None).where == "train.jsonl"


def test_all_findings_are_counted_and_only_the_first_of_each_file_are_kept():
    counter = FindingCounter(2)
    counter.add(finding(line=n) for n in range(1, 6))
    counter.add(finding(path="test.jsonl", line=n) for n in range(1, 4))
    (group,) = counter.groups()
    assert group.counts == {"train.jsonl": 5, "test.jsonl": 3}
    assert group.count == 8
    assert [f.where for f in group.examples] == ["train.jsonl:1", "train.jsonl:2", "test.jsonl:1", "test.jsonl:2"]


def test_the_gravest_kinds_come_first_whatever_was_found_first():
    counter = FindingCounter(1)
    for kind in ("entity in no relation", "stray space", "sentence in two splits", "broken line"):
        counter.add([finding(kind)])
    assert [group.kind.name for group in counter.groups()] == [
        "broken line",
        "sentence in two splits",
        "stray space",
        "entity in no relation",
    ]


def test_a_report_counts_by_level():
    counter = FindingCounter(1)
    for kind in ("broken line", "broken line", "stray space", "near copy"):
        counter.add([finding(kind)])
    report = DoctorReport((summary("train.jsonl"),), counter.groups(), ())
    assert report.counts == {"error": 2, "warning": 1, "note": 1}
    assert report.errors == 2


def test_a_report_as_a_dict_can_be_written_as_json():
    counter = FindingCounter(1)
    counter.add([DoctorFinding("stray space", "train.jsonl", 1, "m", ("a", "b", "c"))])
    value = json.loads(json.dumps(DoctorReport((summary("train.jsonl"),), counter.groups(), ()).to_dict()))
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
def test_files_are_named_as_shortly_as_distinguishes_them(paths, names):
    report = DoctorReport(tuple(map(summary, paths)), (), ())
    assert [report.names[path] for path in paths] == names


def test_every_kind_is_complete_and_only_what_fix_does_is_declared_as_done_by_it():
    assert all(kind.why and kind.fix and kind.why_left and kind.level in LEVELS for kind in KINDS.values())
    assert {name: kind.by for name, kind in KINDS.items() if kind.by != "manual"} == {
        "sentence in two splits": "--fix --drop-leaks",
        "near copy in two splits": "--fix --drop-leaks",
        "repeated sentence": "--fix",
        "stray space": "--fix",
        "double-encoded letters": "--fix",
    }
