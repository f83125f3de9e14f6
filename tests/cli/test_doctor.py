from __future__ import annotations

import json
import re

import pytest

from relknit.cli import doctor as command
from relknit.cli import main
from relknit.cli.data import app
from relknit.data.doctor import KINDS

LIVES = {
    "tokens": ["Ada", "lives", "in", "[bold]Rome"],
    "entities": [{"token_start": 0, "token_end": 1}, {"token_start": 3, "token_end": 4}],
    "relations": [{"head": 0, "tail": 1, "type": "lives"}],
}
OTHER = LIVES | {"tokens": ["Bob", "lives", "in", "Oslo"]}
SPOILT = LIVES | {"tokens": ["Eve ", "lives", "in", "KÃ¶ln"]}


def write(path, *records):
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records), encoding="utf-8")
    return path


def run(*arguments):
    return app(["doctor", *map(str, arguments)], result_action="return_value")


@pytest.fixture
def train(tmp_path):
    return write(tmp_path / "train.jsonl", LIVES, OTHER)


def test_a_healthy_file_is_one_line(train, capsys):
    assert run(train) == 0
    assert capsys.readouterr().out == "2 sentences in 1 file: 0 errors, 0 warnings, 0 notes\n"


def test_findings_are_grouped_with_reason_fix_place_and_words(train, capsys):
    write(train, LIVES, OTHER, SPOILT)
    assert run(train) == 0
    output = capsys.readouterr().out
    assert "warning: stray space, 1 (train.jsonl 1)\n" in output
    assert "  fix: remove the space (--fix does)\n" in output
    assert f"  {train}:3: token 0 is 'Eve '; write 'Eve' (it is at the edge of an entity)\n" in output
    assert "lives in KÃ¶ln" in output
    assert "double-encoded letters" in output
    assert output.endswith("3 sentences in 1 file: 0 errors, 2 warnings, 0 notes\n")


def test_a_broken_line_is_an_error_and_the_exit_status(train, capsys):
    write(train, LIVES, OTHER, "{")
    assert run(train) == 1
    output = capsys.readouterr().out
    assert f"{train}:3: not valid JSON" in output
    assert "1 error, 0 warnings" in output


def test_broken_lines_are_warnings_where_training_leaves_them_out(train, capsys):
    write(train, LIVES, OTHER, "{")
    assert run(train, "--skip-bad") == 0
    assert "0 errors, 1 warning" in capsys.readouterr().out


def test_the_shell_sees_the_exit_status(train):
    write(train, LIVES, OTHER, "{")
    with pytest.raises(SystemExit) as failed:
        app(["doctor", str(train)])
    assert failed.value.code == 1


def test_only_as_many_examples_are_shown_as_asked_for(train, capsys):
    write(train, *[LIVES] * 9)
    run(train, "--examples", 3)
    output = capsys.readouterr().out
    assert output.count("keep one\n") == 3
    assert "repeated sentence, 8 (train.jsonl 8)" in output


def test_copies_across_splits_come_as_a_table(train, capsys):
    write(train.with_name("test.jsonl"), LIVES)
    assert run(train.parent) == 0
    output = capsys.readouterr().out
    assert "sentence in two splits" in output
    assert f"{train}:1; keep it in one" in output
    assert "letters," in output


def test_the_names_of_packed_files_stand_whole_in_that_table(train, capsys):
    packed, test = (train.with_name(f"{split}.jsonl.gz") for split in ("train", "test"))
    train.rename(packed)
    write(test, LIVES)
    assert run(packed, test) == 0
    assert re.search(r"test\.jsonl\.gz +│ train\.jsonl\.gz +│ 1 +│ 1 +│ 0 +│", capsys.readouterr().out)


def test_square_brackets_of_the_data_are_shown_as_they_are(train, capsys):
    write(train, LIVES, OTHER, LIVES | {"relations": []})
    run(train)
    assert "Ada lives in [bold]Rome" in capsys.readouterr().out


def test_the_report_as_json_stands_alone_on_standard_output(train, capsys):
    write(train, LIVES, OTHER, SPOILT)
    assert run(train, "--json") == 0
    output = capsys.readouterr()
    value = json.loads(output.out)
    assert output.err == ""
    assert value["levels"] == {"error": 0, "warning": 2, "note": 0}
    assert [group["kind"]["name"] for group in value["groups"]] == ["stray space", "double-encoded letters"]
    assert value["groups"][0]["examples"][0]["line"] == 3
    assert "fix" not in value


def test_the_report_as_html_is_written_and_replaced(train, capsys):
    page = train.with_name("report.html")
    write(train, LIVES, SPOILT)
    for _ in range(2):
        assert run(train, "--html", page) == 0
    assert "stray space" in page.read_text(encoding="utf-8")
    assert "stray space" in capsys.readouterr().out


def test_a_name_that_is_not_html_is_refused_before_any_work(train, capsys):
    assert main(["data", "doctor", str(train), "--html", str(train)]) == 2
    assert "expected a name that ends in .html" in capsys.readouterr().err
    assert json.loads(train.read_text(encoding="utf-8").splitlines()[0]) == LIVES


def test_fixed_copies_are_written_and_what_was_left_is_told(train, capsys):
    write(train, LIVES, SPOILT, SPOILT, "{")
    out = train.with_name("fixed")
    assert run(train, "--fix", out) == 1
    output = capsys.readouterr().out
    done = "double-encoded letters: 1 fixed; stray space: 1 fixed; repeated sentence: 1 left out"
    assert f"{out / 'train.jsonl'}: 3 lines; {done}\n" in output
    assert "not fixed:\n  broken line (1): " in output
    lines = (out / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[1])["tokens"] == ["Eve", "lives", "in", "Köln"]


def test_in_place_needs_to_be_asked_for_and_keeps_the_old_file(train, capsys):
    write(train, SPOILT)
    assert main(["data", "doctor", str(train), "--fix", str(train.parent)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert run(train, "--fix", train.parent, "--overwrite") == 0
    assert f"(the replaced file is {train}.old)" in capsys.readouterr().out
    assert json.loads(train.with_name("train.jsonl.old").read_text(encoding="utf-8")) == SPOILT


def test_leaks_are_dropped_on_request(train, capsys):
    write(train.with_name("test.jsonl"), LIVES)
    out = train.with_name("fixed")
    assert run(train.parent, "--fix", out, "--drop-leaks", "--json") == 0
    value = json.loads(capsys.readouterr().out)
    assert value["fix"]["files"][0]["dropped"] == {"sentence in two splits": 1}
    assert json.loads((out / "train.jsonl").read_text(encoding="utf-8")) == OTHER


@pytest.mark.parametrize("flag", ["--overwrite", "--drop-leaks"])
def test_flags_of_fix_without_fix_are_refused(train, flag, capsys):
    assert main(["data", "doctor", str(train), flag]) == 2
    assert "need --fix FOLDER" in capsys.readouterr().err


def test_without_a_path_it_says_what_to_name(capsys):
    assert main(["data", "doctor"]) == 2
    assert capsys.readouterr().err == (
        "error: no path given; name a .jsonl file or a folder with train, dev and test\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.jsonl"], "no such file or folder"),
        (["{train}", "--max-tokens", "0"], "max_tokens is 0"),
        (["{train}", "--examples", "-2"], "examples is -2"),
    ],
)
def test_a_mistake_is_one_line(train, arguments, message, capsys):
    assert main(["data", "doctor", *(a.format(train=train) for a in arguments)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_budget_is_an_option(train, capsys):
    run(train, "--max-tokens", 3)
    assert "4 tokens, more than 3" in capsys.readouterr().out


def test_every_level_has_a_style():
    assert {kind.level for kind in KINDS.values()} <= set(command._STYLES)
