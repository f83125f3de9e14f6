import html
import io
import json
import subprocess
import sys
from contextlib import nullcontext

import pytest
import torch

from relknit.cli import main
from relknit.document.jsonl import parse_line
from relknit.text.coverage import Coverage, Window


def extract(capsys, *arguments):
    status = main(["extract", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_a_sentence_gives_its_triples_in_a_table(model_folder, sentences, capsys):
    status, out, _ = extract(capsys, sentences[0].text, "--model", str(model_folder))
    assert status == 0
    triple = sentences[0].triples[0]
    assert triple.relation in out
    assert f"[{triple.head.text}" in out


def placed(document):
    return [(t.head.start, t.head.text, t.relation, t.tail.start, t.tail.text) for t in document.triples]


def test_jsonl_output_is_the_data_format_with_offsets_and_confidence(model_folder, sentences, capsys):
    _, out, _ = extract(capsys, sentences[0].text, "--model", str(model_folder), "--json")
    document = parse_line(out)
    assert document.tokens == sentences[0].tokens
    assert document.text == sentences[0].text
    assert set(placed(document)) == set(placed(sentences[0]))
    record = json.loads(out)
    assert all(0.5 <= relation["confidence"] <= 1 for relation in record["relations"])
    for entity in record["entities"]:
        start, end = entity["start"], entity["end"]
        assert record["text"][start:end] == entity["text"]


def test_output_can_be_read_back_as_training_data(model_folder, sentences, capsys, tmp_path):
    text = tmp_path / "texts.txt"
    text.write_text("\n\n".join(s.text for s in sentences))
    _, out, _ = extract(capsys, str(text), "--model", str(model_folder), "--json")
    corrected = tmp_path / "corrected.jsonl"
    corrected.write_text(out)
    assert len(out.splitlines()) == len(sentences)
    assert main(["data", "doctor", str(corrected)]) == 0


def test_the_id_of_a_paragraph_says_where_it_stands_in_the_file(model_folder, sentences, capsys, tmp_path):
    text = tmp_path / "two.txt"
    content = "Ünï 😀\n\n" + sentences[1].text
    text.write_text(content)
    _, out, _ = extract(capsys, str(text), "--model", str(model_folder), "--json")
    for line in out.splitlines():
        document = parse_line(line)
        name, _, start = document.id.partition(":")
        assert name == "two.txt"
        assert content[int(start) :].startswith(document.text)


def test_standard_input_is_read_with_a_dash(model_folder, sentences):
    command = [sys.executable, "-m", "relknit", "extract", "-", "--model", str(model_folder), "--json"]
    done = subprocess.run(command, input=sentences[0].text, capture_output=True, text=True)
    assert done.returncode == 0
    assert parse_line(done.stdout).text == sentences[0].text


@pytest.mark.parametrize(
    "text", ["", "   ", "😀", "日本語のテキスト。", "-5 degrees", "\x00", "a" * 5000, "word " * 3000]
)
def test_any_text_is_read_without_a_crash_or_a_cut(text, model_folder, capsys):
    status, out, _ = extract(capsys, text, "--model", str(model_folder), "--json")
    assert status == 0
    read = "".join(parse_line(line).text for line in out.splitlines())
    assert read.split() == text.split()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nosuch.txt"], "no such file"),
        (["notes.text"], "no such file"),
        (["path/to/notes.html"], "no such file"),
        (["--jsno"], "no such option"),
        (["half \udce9 a pair"], "surrogate"),
        (["a text", "--threads", "100000"], "expected 0 (one per core) to 256"),
        (["a text", "--model", "nosuch"], "no such folder"),
        (["a text", "--memory-budget", "plenty"], "memory_budget is 'plenty', expected a size such as 200MB"),
        (["a text", "--memory-budget", "-5MB"], "--memory-budget"),
        (["a text", "--memory-budget", "5 TB"], "expected a size such as 200MB"),
        (["a text", "--memory-budget", "1KB"], "memory_budget is 1000 bytes, but this model takes"),
        (["a text", "--device", "tpu"], "device is 'tpu', expected auto, cpu or cuda"),
        ([], "requires an argument"),
        (["a text", "--dtype", "int8"], "int8"),
    ],
)
def test_bad_input_is_one_line_and_status_two(arguments, expected, model_folder, capsys):
    model = [] if "--model" in arguments else ["--model", str(model_folder)]
    status, out, err = extract(capsys, *arguments, *model)
    assert status == 2
    assert out == ""
    assert expected in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_one_line_and_status_two(model_folder, capsys):
    status, out, err = extract(capsys, "a text", "--model", str(model_folder), "--device", "cuda")
    assert (status, out) == (2, "")
    assert err == "error: device is cuda, but torch sees no such GPU here; use cpu or auto\n"


def found(line):
    document = parse_line(line)
    return document.id, [(t.head, t.relation, t.tail) for t in document.triples]


def test_what_was_read_before_damage_is_printed_first(model_folder, sentences, capsys, tmp_path):
    path = tmp_path / "half.txt"
    good = "\n\n".join(s.text for s in sentences)
    path.write_bytes((good + "\n\n").encode() * (70_000 // len(good)) + "Zoë".encode("latin-1"))
    status, out, err = extract(capsys, str(path), "--model", str(model_folder), "--json")
    assert status == 2
    assert "not UTF-8" in err
    assert len(out.splitlines()) > len(sentences)


class Keyboard(io.StringIO):
    """Somebody who types one paragraph after another, and looks at what was printed before each."""

    def __init__(self, text, printed):
        super().__init__(text)
        self.printed, self.looks = printed, []

    def isatty(self):
        return True

    def readline(self, size=-1):
        self.looks.append(self.printed.getvalue().count("\n"))
        return super().readline(size)


def test_somebody_who_types_is_answered_paragraph_by_paragraph(model_folder, sentences, monkeypatch):
    printed = io.StringIO()
    keyboard = Keyboard("".join(s.text + "\n\n" for s in sentences), printed)
    monkeypatch.setattr("relknit.inputs.reading._opened", lambda source: nullcontext(keyboard))
    monkeypatch.setattr("relknit.inputs.reading._decoded", lambda raw: raw)
    monkeypatch.setattr("sys.stdin", keyboard)
    monkeypatch.setattr("sys.stdout", printed)
    assert main(["extract", "-", "--model", str(model_folder), "--json"]) == 0
    assert keyboard.looks[-1] >= len(sentences) - 1
    assert all(later - earlier <= 1 for earlier, later in zip(keyboard.looks, keyboard.looks[1:], strict=False))


def test_a_file_that_is_not_utf_8_is_named(model_folder, capsys, tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("Zoë Müller".encode("latin-1"))
    status, _, err = extract(capsys, str(path), "--model", str(model_folder))
    assert status == 2
    assert "latin.txt" in err
    assert "UTF-8" in err


def test_a_dataset_of_tokens_is_sent_to_predict(model_folder, capsys, tmp_path):
    path = tmp_path / "tokens.jsonl"
    path.write_text('{"tokens": ["Ada"]}')
    status, _, err = extract(capsys, str(path), "--model", str(model_folder))
    assert status == 2
    assert "relknit predict" in err


def test_each_record_gives_one_answer_with_its_id_and_fields(model_folder, sentences, capsys, tmp_path):
    path = tmp_path / "records.jsonl"
    records = [{"id": f"r{k}", "text": s.text, "year": k} for k, s in enumerate(sentences)]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    status, out, _ = extract(capsys, str(path), "--model", str(model_folder), "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [(a["id"], a["text"], a["fields"]["year"]) for a in answers] == [tuple(r.values()) for r in records]
    assert {a["file"] for a in answers} == {"records.jsonl"}


def test_several_files_and_folders_are_read_in_one_call(model_folder, sentences, capsys, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.txt").write_text(f"{name}: {sentences[0].text}\n{sentences[1].text}")
    arguments = [str(tmp_path / "a"), str(tmp_path / "b" / "x.txt"), "--lines", "--json", "--model", str(model_folder)]
    _, out, _ = extract(capsys, *arguments)
    answers = [json.loads(line) for line in out.splitlines()]
    assert [a["text"] for a in answers] == [
        f"a: {sentences[0].text}",
        sentences[1].text,
        f"b: {sentences[0].text}",
        sentences[1].text,
    ]
    for a in answers:
        folder = "a" if "/a/" in a["file"] else "b"
        assert (tmp_path / folder / "x.txt").read_text()[a["file_start"] :].startswith(a["text"])


def test_a_bad_record_is_reported_and_the_rest_is_answered(model_folder, capsys, tmp_path):
    path, page = tmp_path / "records.jsonl", tmp_path / "page.html"
    path.write_text('{"id": 1, "text": "One."}\n{"id": 2}\n{"id": 3, "text": "Two."}\n')
    status, out, err = extract(capsys, str(path), "--model", str(model_folder), "--json", "--html", str(page))
    assert status == 2
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["1", "3"]
    assert "records.jsonl:2:" in err
    assert page.is_file()


def test_coverage_says_for_people_what_was_read(model_folder, sentences, capsys):
    text = sentences[0].text
    _, out, _ = extract(capsys, text, "--model", str(model_folder), "--coverage")
    spaces = sum(letter.isspace() for letter in text)
    line = next(line for line in out.splitlines() if "read:" in line)
    assert (
        f"read: {len(text) - spaces} of {len(text)} characters (all but white space) in one window of at most" in line
    )
    assert line.endswith(f" tokens: 0-{len(text)}")
    assert "read:" not in extract(capsys, text, "--model", str(model_folder))[1]
    assert "only white space" in extract(capsys, " ", "--model", str(model_folder), "--coverage")[1]


def test_coverage_says_for_programs_what_was_read(model_folder, sentences, capsys):
    text = " ".join(s.text for s in sentences)
    base = [text, "--model", str(model_folder), "--json"]
    plain, covered = (json.loads(extract(capsys, *base, *more)[1]) for more in ([], ["--coverage"]))
    found = covered.pop("coverage")
    assert covered == plain
    assert len(found["windows"]) > 1
    assert found["unread"] == []
    assert found["characters"] == len(text)


def test_a_coverage_line_names_what_was_not_read_and_shortens_many_windows():
    windows = tuple(Window(k, k + 2, k, k + 2) for k in range(1500))
    gaps = ((3, 4), (9, 12))
    line = str(Coverage(3000, 2, windows, gaps, gaps[1:], 0))
    assert line.startswith(
        "read: 2,996 of 3,000 characters (not read: 9-12) in 1500 windows of at most 2 tokens: 0-2, 1-3, "
    )
    assert line.endswith(", 11-13 and 1,488 more")


@pytest.mark.parametrize("output", [[], ["--json"]])
def test_one_page_holds_all_texts_with_their_entities_marked(output, model_folder, sentences, capsys, tmp_path):
    text, page = tmp_path / "texts.txt", tmp_path / "new" / "page.html"
    text.write_text("\n\n".join(s.text for s in sentences))
    base = [str(text), "--model", str(model_folder), *output]
    without = extract(capsys, *base)
    assert extract(capsys, *base, "--html", str(page)) == without
    shown = page.read_text(encoding="utf-8")
    assert shown.count("<article") == len(sentences)
    assert "<title>relknit: texts.txt</title>" in shown
    assert all(html.escape(s.triples[0].relation) in shown for s in sentences)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("page.txt", "expected a name that ends in .html"), (".", "expected a name"), ("x.html", "is a folder")],
)
def test_a_page_that_cannot_be_written_is_refused_before_any_work(name, expected, model_folder, capsys, tmp_path):
    (tmp_path / "x.html").mkdir()
    status, out, err = extract(capsys, "a text", "--model", str(model_folder), "--html", str(tmp_path / name))
    assert (status, out) == (2, "")
    assert expected in err


def test_a_page_is_not_replaced_by_half_of_one(model_folder, sentences, capsys, tmp_path):
    text, page = tmp_path / "half.txt", tmp_path / "page.html"
    page.write_text("what stood there")
    text.write_bytes(sentences[0].text.encode() + b"\n\n" + "Zoë".encode("latin-1"))
    assert extract(capsys, str(text), "--model", str(model_folder), "--html", str(page))[0] == 2
    assert page.read_text() == "what stood there"


def test_a_page_holds_all_files_but_those_that_cannot_be_read(model_folder, sentences, capsys, tmp_path):
    good, bad, page = tmp_path / "good.txt", tmp_path / "bad.txt", tmp_path / "page.html"
    good.write_text(sentences[0].text)
    bad.write_bytes(b"\xff\xfeA\x00")
    status, _, err = extract(capsys, str(bad), str(good), "--model", str(model_folder), "--html", str(page))
    assert status == 2
    assert "bad.txt" in err
    assert sentences[0].triples[0].relation in page.read_text()


def test_every_answer_in_the_terminal_names_its_record(model_folder, sentences, capsys, tmp_path):
    records = tmp_path / "records.jsonl"
    records.write_text(
        "".join(json.dumps({"id": f"r-{k}", "text": s.text}) + "\n" for k, s in enumerate(sentences[:2]))
    )
    lines = extract(capsys, str(records), "--model", str(model_folder))[1].splitlines()
    assert [line for line in lines if line.startswith("r-")] == ["r-0", "r-1"]


@pytest.fixture
def given(sentences, tmp_path):
    """Records of a text and its gold entities by characters."""
    path = tmp_path / "given.jsonl"
    records = [
        {"id": d.id, "text": d.text, "entities": [{"start": e.start, "end": e.end, "type": e.type} for e in d.entities]}
        for d in sentences
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_relations_between_given_entities_are_printed_and_predicted(model_folder, sentences, given, capsys, tmp_path):
    options = ("--entities", "given", "--model", str(model_folder))
    status, out, _ = extract(capsys, str(given), *options, "--json")
    documents = [parse_line(line) for line in out.splitlines()]
    assert status == 0
    for document, gold in zip(documents, sentences, strict=True):
        assert document.id == gold.id
        assert [(e.start, e.end) for e in document.entities] == [(e.start, e.end) for e in gold.entities]
    found = sum(len(set(placed(d)) & set(placed(gold))) for d, gold in zip(documents, sentences, strict=True))
    assert found >= 0.9 * sum(len(gold.relations) for gold in sentences)
    assert main(["predict", str(given), *options, "--out", str(tmp_path / "out.jsonl")]) == 0
    written = [parse_line(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [placed(document) for document in written] == [placed(document) for document in documents]
    page = tmp_path / "page.html"
    assert extract(capsys, str(given), *options, "--html", str(page))[0] == 0
    assert documents[0].triples[0].relation in page.read_text()


def test_records_with_given_entities_keep_their_fields_and_bad_ones_are_left_out(model_folder, given, capsys):
    records = [json.loads(line) for line in given.read_text().splitlines()]
    records[0]["source"] = {"page": 7}
    records[1]["entities"] = [{"start": 0, "end": 10_000}]
    given.write_text("".join(json.dumps(record) + "\n" for record in records))
    options = ("--entities", "given", "--model", str(model_folder))
    status, out, err = extract(capsys, str(given), *options, "--json")
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 2
    assert "given.jsonl:2" in err
    assert [answer["id"] for answer in answers] == [record["id"] for record in records if record is not records[1]]
    assert answers[0]["fields"] == {"source": {"page": 7}}
    assert answers[0]["file"] == "given.jsonl"
    assert "fields" not in answers[1]
    assert f"{records[2]['id']}\n" in extract(capsys, str(given), *options)[1]


@pytest.mark.parametrize(
    "arguments", [["Ada ran."], ["{file}", "--explain"], ["{file}", "--coverage"], ["{file}", "--lines"]]
)
def test_given_entities_need_records(model_folder, given, capsys, arguments):
    arguments = [argument.format(file=given) for argument in arguments]
    status, _, err = extract(capsys, *arguments, "--entities", "given", "--model", str(model_folder))
    assert status == 2
    assert "--entities given" in err


def test_only_wanted_relations_are_printed_and_predicted(model_folder, sentences, data_folder, capsys, tmp_path):
    wanted, other = sorted({r.type for s in sentences for r in s.relations})[:2]
    text = tmp_path / "texts.txt"
    text.write_text("\n\n".join(s.text for s in sentences))
    options = (
        "--model",
        str(model_folder),
        "--relations",
        f"{wanted}, {other}",
        "--types",
        sentences[0].entities[0].type,
    )
    _, out, _ = extract(capsys, str(text), *options, "--known-signatures", "--json")
    shown = {r.type for line in out.splitlines() for r in parse_line(line).relations}
    assert shown <= {wanted, other}
    answers = tmp_path / "answers.jsonl"
    arguments = ["predict", str(data_folder / "test.jsonl"), "--out", str(answers), "--model", str(model_folder)]
    assert main([*arguments, "--relations", wanted]) == 0
    assert {r.type for line in answers.read_text().splitlines() for r in parse_line(line).relations} == {wanted}


def test_an_unknown_relation_is_one_line_with_the_nearest(model_folder, sentences, capsys):
    name = sentences[0].relations[0].type
    status, _, err = extract(capsys, "Ada ran.", "--model", str(model_folder), "--relations", name.upper() + "s")
    assert status == 2
    assert len(err.splitlines()) == 1
    assert repr(name) in err


def test_a_text_unlike_the_training_data_is_noticed_once_for_each_kind(model_folder, sentences, capsys, tmp_path):
    text = tmp_path / "mixed.txt"
    text.write_text("\n\n".join(t for s in sentences[:2] for t in (s.text, s.text.lower(), s.text.upper())))
    _, out, err = extract(capsys, str(text), "--model", str(model_folder), "--json")
    kinds = [json.loads(line).get("unlike_training") for line in out.splitlines()]
    assert kinds == 2 * [None, ["lower case"], ["capitals"]]
    assert len(err.splitlines()) == 2
    assert "mixed.txt" in err
