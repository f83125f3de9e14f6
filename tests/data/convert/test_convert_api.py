from __future__ import annotations

import json

import pytest

from relknit.data.convert import Choice, choose, convert, split_at_spaces
from relknit.data.readers import read_documents
from relknit.document.jsonl import parse_document, to_record
from relknit.errors import ConfigError, DataError

RIN = {"sentText": ["Ada", "ran"], "en_list": [["Ada"]], "relationMentions": [], "pos": ["NNP", "VBD"]}
TRIPLES = {"text": "Ada Lovelace ran", "triple_list": [["Ada Lovelace", "did", "ran"]]}
STAR = {"text": "Ada Lovelace ran", "triple_list": [["Lovelace", "did", "ran"]]}
SPERT = {"tokens": ["Ada", "ran"], "entities": [{"type": "P", "start": 0, "end": 1}], "relations": [], "orig_id": 1}


def lines(tmp_path, *records):
    path = tmp_path / "data.json"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def array(tmp_path, *records):
    path = tmp_path / "data.json"
    path.write_text(json.dumps(records, indent=1))
    return path


@pytest.mark.parametrize("form", [lines, array])
@pytest.mark.parametrize(
    ("record", "source", "anchor"),
    [(RIN, "rin", None), (TRIPLES, "triples", "whole"), (STAR, "triples", "last"), (SPERT, "spert", None)],
)
def test_the_format_is_found_and_read_as_lines_and_as_an_array(tmp_path, form, record, source, anchor):
    path = form(tmp_path, record)
    choice = choose(path)
    assert (choice.source, choice.anchor) == (source, anchor)
    assert f'"{source}"' in choice.note
    (document,) = convert(path)
    assert document.tokens[0] == "Ada"
    assert parse_document(to_record(document)) == document


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"sentText": [], "relationMentions": [], "pos": []}', "rin"),
        ('[{"text": "", "triple_list": []}]', "triples"),
        ('[{"tokens": [], "entities": [], "relations": []}]', "spert"),
        ('{"tokens": [], "entities": [], "orig_id": 3}', "spert"),
        ('{"tokens": [], "entities": []}', "relknit"),
        ("sentence,head,relation,tail", "csv"),
        ('"He said so",,,', "csv"),
        ('{\n{"text": "", "triple_list": []}', "triples"),
        (json.dumps([{"text": "long " * 40_000, "triple_list": []}], indent=1), "triples"),
    ],
)
def test_the_first_readable_record_determines_the_format(tmp_path, content, kind):
    path = tmp_path / "data.json"
    path.write_text(content)
    assert choose(path).source == kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"sentence": "x", "spo": []}', r"data\.json:1: .*sentence, spo.*--from.* rin, "),
        ("[3]", "record 1: .*int"),
        ("{}", "no keys"),
        ("[]", "empty"),
        ("{", "not valid JSON"),
        ("", "empty"),
    ],
)
def test_an_unknown_format_is_described(tmp_path, content, words):
    path = tmp_path / "data.json"
    path.write_text(content)
    with pytest.raises(DataError, match=words):
        choose(path)


def test_a_table_is_found(tmp_path):
    path = tmp_path / "facts.csv"
    path.write_text("Ada ran,Ada,did,ran\n")
    assert choose(path).source == "csv"
    assert [document.tokens for document in convert(path)] == [("Ada", "ran")]


def test_what_the_caller_sets_is_not_guessed(tmp_path):
    path = lines(tmp_path, STAR)
    assert choose(path, source="triples", anchor="whole") == Choice("triples", "whole", "")
    assert "one word" in choose(path, source="triples").note


def test_another_tokeniser_can_be_given(tmp_path):
    path = lines(tmp_path, {"text": "Ada ran.", "triple_list": []})
    assert next(convert(path)).tokens == ("Ada", "ran", ".")
    assert next(convert(path, tokeniser=split_at_spaces)).tokens == ("Ada", "ran.")


@pytest.mark.parametrize("form", [lines, array])
def test_bad_records_go_to_the_caller_and_the_rest_is_converted(tmp_path, form):
    errors = []
    path = form(tmp_path, TRIPLES, {"text": "Ada ran", "triple_list": [["Grace Hopper", "did", "ran"]]}, 3, TRIPLES)
    assert [document.id for document in convert(path, on_error=errors.append)] == ["1", "4"]
    assert len(errors) == 2
    assert all(str(error).startswith(str(path)) for error in errors)


def test_the_first_bad_record_raises_without_a_caller_for_it(tmp_path):
    documents = convert(lines(tmp_path, TRIPLES, {"text": "Ada ran"}))
    assert next(documents).id == "1"
    with pytest.raises(DataError, match=r"data\.json:2: triple_list is None"):
        next(documents)


def test_a_file_of_bad_records_alone_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no record could be converted"):
        list(convert(lines(tmp_path, TRIPLES), source="rin", on_error=lambda error: None))


def test_relknits_own_format_comes_as_it_is(tmp_path):
    own = {"id": "7", "tokens": ["Ada", "ran"], "entities": [{"token_start": 0, "token_end": 1}], "relations": []}
    path = lines(
        tmp_path, own, {"tokens": ["Ada"], "entities": [{"token_start": 0, "token_end": 2}], "relations": []}, own
    )
    assert choose(path).source == "relknit"
    with pytest.raises(DataError, match=r"data\.json:2: "):
        list(convert(path))
    bad: list[DataError] = []
    documents = list(convert(path, on_error=bad.append))
    assert documents == list(read_documents(path, skip_bad=True).documents)
    assert [error.line for error in bad] == [2]


def test_unknown_names_of_formats_and_anchors_are_refused(tmp_path):
    path = lines(tmp_path, RIN)
    with pytest.raises(ConfigError, match="'conll'.* rin, "):
        choose(path, source="conll")
    with pytest.raises(ConfigError, match="'first'.* whole, last"):
        next(convert(path, anchor="first"))


def test_a_folder_and_a_missing_file_are_named(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        next(convert(tmp_path, source="rin"))
    with pytest.raises(DataError, match="no such file"):
        choose(tmp_path / "absent.json")
