from __future__ import annotations

import pytest

from relknit.data.check import Finding, check_documents, check_file, check_folder
from relknit.document import Document, Entity, Relation
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError


def document(words, relation="lives", identity=None, kind=None):
    tokens = tuple(words.split())
    entities = (Entity(0, 1, kind), Entity(len(tokens) - 1, len(tokens), kind))
    return Document(identity or words, tokens, entities, (Relation(0, 1, relation),))


A, B = document("Ada in Rome"), document("Bob in Oslo")
HEALTHY = (A, B)


def kinds(report):
    return [finding.kind for finding in report.findings]


def folder(tmp_path, **splits):
    for name, documents in splits.items():
        write_jsonl(tmp_path / f"{name}.jsonl", documents)
    return tmp_path


def test_a_healthy_dataset_has_no_findings():
    report = check_documents(HEALTHY, "train.jsonl")
    assert report.findings == ()
    assert (report.documents, report.errors, report.warnings) == (2, 0, 0)


def test_no_documents_have_no_findings():
    assert check_documents((), "train.jsonl").findings == ()


def test_a_repeated_sentence_names_the_line_it_repeats():
    report = check_documents((*HEALTHY, document("Ada in Rome", identity="x")), "train.jsonl", lines=(2, 5, 9))
    (finding,) = report.findings
    assert finding == Finding(
        "warning", "repeated sentence", "train.jsonl", 9, "the sentence is that of line 2; keep one or change it"
    )


def test_a_repeated_id_is_a_warning_and_not_an_error():
    report = check_documents((A, document("Bob in Oslo", identity=A.id)), "train.jsonl")
    assert kinds(report) == ["repeated id"]
    assert (report.errors, report.warnings) == (0, 1)


def test_a_label_used_once_is_told_where_it_is():
    report = check_documents((*HEALTHY, document("Eve in Bonn", "livs")), "train.jsonl")
    (finding,) = report.findings
    assert (finding.kind, finding.line) == ("label seen once", 3)
    assert 'relation "livs" is used only here' in finding.message


def test_an_entity_type_used_once_is_told_too():
    odd = Document("3", ("Eve",), (Entity(0, 1, "Persn"),))
    typed = tuple(document(words, kind="Name") for words in ("Ada in Rome", "Bob in Oslo"))
    assert ['entity type "Persn"' in f.message for f in check_documents((*typed, odd), "x").findings] == [True]


def test_entities_with_and_without_a_type_are_a_warning_of_the_file():
    report = check_documents((A, document("Bob in Oslo", kind="Name")), "train.jsonl")
    assert report.warnings == 1
    finding = report.findings[0]
    assert (finding.level, finding.kind, finding.line) == ("warning", "mixed entity types", None)
    assert "2 entities have a type and 2 have none; those without are trained as no entities" in finding.message


def test_types_that_most_entities_lack_are_said_to_be_lost():
    report = check_documents((A, A, document("Bob in Oslo", kind="Name")), "train.jsonl")
    assert "2 entities have a type and 4 have none; the types are not learned" in report.findings[0].message


def test_stand_in_words_do_not_count_as_untyped_entities():
    typed = [document(words, kind="Name") for words in ("Ada in Rome", "Bob in Oslo")]
    output = Document("3", ("Eve", "ran"), (Entity(0, 1, tagged=False),))
    assert check_documents((*typed, output), "x").findings == ()


def test_symptoms_of_a_document_come_as_warnings_in_line_order():
    odd = Document("3", ("Eve", "ran"), (Entity(0, 2), Entity(0, 2)))
    report = check_documents((odd, A, A, B), "train.jsonl")
    assert [(f.line, f.kind) for f in report.findings] == [
        (1, "repeated span"),
        (3, "repeated sentence"),
        (3, "repeated id"),
    ]


def test_a_broken_line_of_a_file_is_an_error_and_the_rest_is_checked(tmp_path):
    path = folder(tmp_path, train=HEALTHY) / "train.jsonl"
    path.write_text('{"tokens": [3]}\n' + path.read_text() + path.read_text())
    report = check_file(path)
    assert (report.errors, report.documents) == (1, 4)
    broken = report.findings[0]
    assert (broken.kind, broken.line, broken.level) == ("broken line", 1, "error")
    assert "token 0 is 3" in broken.message
    assert str(path) not in broken.message
    assert [f.line for f in report.findings if f.kind == "repeated sentence"] == [4, 5]


def test_broken_lines_that_will_be_skipped_are_warnings(tmp_path):
    path = folder(tmp_path, train=HEALTHY) / "train.jsonl"
    path.write_text(path.read_text() + "{\n")
    assert check_file(path).errors == 1
    report = check_file(path, skip_bad=True)
    assert (report.errors, report.warnings) == (0, 1)


def test_a_folder_is_checked_split_by_split(tmp_path):
    report = check_folder(folder(tmp_path, train=[A, B, A], dev=[document("Eve in Bonn")]))
    assert kinds(report) == ["repeated sentence", "repeated id"]
    assert report.documents == 4
    assert report.findings[0].path.endswith("train.jsonl")


def test_a_label_that_train_never_shows_is_told_once_with_its_count(tmp_path):
    test = [document("Eve in Bonn", "rules"), document("Max in Bern", "rules"), document("Kim in Lima", "lives")]
    report = check_folder(folder(tmp_path, train=HEALTHY, test=test))
    (finding,) = report.findings
    assert (finding.kind, finding.line) == ("label not in train", 1)
    assert 'relation "rules" (used 2x here) is not in train' in finding.message


def test_a_label_seen_once_matters_in_train_alone(tmp_path):
    train = [*HEALTHY, document("Eve in Bonn", "rules")]
    dev = [document("Max in Bern", "rules")]
    report = check_folder(folder(tmp_path, train=train, dev=dev))
    assert [(f.kind, f.path[-11:]) for f in report.findings] == [("label seen once", "train.jsonl")]


def test_a_sentence_in_two_splits_is_told_where_it_does_harm(tmp_path):
    splits = {
        "train": HEALTHY,
        "dev": [document("Ada in Rome", identity="d")],
        "test": [document("Bob in Oslo", identity="t")],
    }
    report = check_folder(folder(tmp_path, **splits))
    assert kinds(report) == ["sentence in two splits"] * 2
    assert ["train.jsonl:1" in report.findings[0].message, "train.jsonl:2" in report.findings[1].message] == [
        True,
        True,
    ]
    assert [f.path.rsplit("/")[-1] for f in report.findings] == ["dev.jsonl", "test.jsonl"]


def test_a_folder_without_train_is_refused(tmp_path):
    with pytest.raises(DataError, match="no train"):
        check_folder(folder(tmp_path, dev=HEALTHY))
