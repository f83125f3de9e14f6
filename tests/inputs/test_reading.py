import gzip
import json

import pytest

from relknit.errors import DataError, MissingExtraError
from relknit.inputs import InputOptions, InputSource, find_inputs, read_inputs


@pytest.fixture
def read(tmp_path):
    """Write a file and read its texts; errors are collected in `read.errors`."""

    def texts(name, content, **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read_inputs([InputSource(name, path=path)], InputOptions(**options), on_error=texts.errors.append))

    texts.errors = []
    return texts


def ids_and_texts(items):
    return [(item.id, item.text) for item in items]


def test_lines_are_texts_with_their_position_in_the_file(read):
    content = "Ada lived in Rome\r\n\r\n  Zoë 😀 met Bob\nEnd"
    items = read("a.txt", content, lines=True)
    assert [item.text for item in items] == ["Ada lived in Rome", "  Zoë 😀 met Bob", "End"]
    assert all(content[item.start :].startswith(item.text) for item in items)
    assert [item.id for item in items] == [f"a.txt:{item.start}" for item in items]


def test_records_keep_their_ids_and_other_fields(read):
    lines = [
        {"id": "a", "text": "One.", "year": 3},
        {"id": 7, "text": "Two.", "tokens": ["Two", "."]},
        {"text": "Three."},
    ]
    items = read("r.jsonl", "\n".join(map(json.dumps, lines)))
    assert ids_and_texts(items) == [("a", "One."), ("7", "Two."), ("r.jsonl:3", "Three.")]
    assert [dict(item.fields) for item in items] == [{"year": 3}, {}, {}]
    assert not read.errors


@pytest.mark.parametrize("pack", [lambda x: x, gzip.compress])
def test_plain_and_packed_records_are_the_same(read, pack):
    assert ids_and_texts(read("r.jsonl", pack(b'\xef\xbb\xbf{"id": 1, "text": "One."}\n'))) == [("1", "One.")]


def test_an_array_of_records_is_read(read):
    assert ids_and_texts(read("r.json", '[{"_id": "x", "body": "One."}]')) == [("x", "One.")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep=;\r\n"])
def test_rows_of_a_table_are_texts(read, delimiter, first):
    rows = [["ID", "Text", "place"], ["1", '"Ada, ""the; Count\tess""\nlived."', "x"], ["2", "It rained.", ""]]
    items = read("t.csv", first + "\r\n".join(delimiter.join(row) for row in rows))
    assert ids_and_texts(items) == [("1", 'Ada, "the; Count\tess"\nlived.'), ("2", "It rained.")]
    assert dict(items[0].fields) == {"place": "x"}


def test_fields_can_be_named(read):
    items = read("t.csv", "key,abstract,text\n9,Ada.,other\n", text_field="abstract", id_field="key")
    assert ids_and_texts(items) == [("9", "Ada.")]
    assert dict(items[0].fields) == {"text": "other"}


def test_an_id_that_is_null_is_not_given(read):
    assert ids_and_texts(read("r.jsonl", '{"id": null, "text": "One."}\n')) == [("r.jsonl:1", "One.")]


def test_a_bad_record_is_reported_with_its_line_and_the_rest_is_read(read):
    items = read("r.jsonl", '{"text": "One."}\n{"text": 5}\n\nnot json\n{"x": 1}\n{"text": "Two."}\n')
    assert [item.text for item in items] == ["One.", "Two."]
    assert [error.line for error in read.errors] == [2, 4, 5]
    assert all(error.path.endswith("r.jsonl") for error in read.errors)


def test_a_bad_row_is_reported_with_its_line_and_the_rest_is_read(read):
    items = read("t.csv", 'id,text\n1,"One\nmore."\n2,a,b\n3,Two.\n')
    assert ids_and_texts(items) == [("1", "One\nmore."), ("3", "Two.")]
    assert [error.line for error in read.errors] == [4]


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("t.csv", "id,title\n1,x\n", "--text-field"),
        ("t.csv", "", "empty"),
        ("r.jsonl", '{"tokens": ["a"]}', "relknit predict"),
        ("a.txt", b"%PDF-1.7", "PDF"),
        ("a.txt", "Zoë".encode("latin-1"), "UTF-8"),
        ("r.jsonl", gzip.compress(b'{"text": "One."}\n', mtime=0)[:20], "gzip"),
    ],
)
def test_what_cannot_be_read_is_named(read, name, content, named):
    read(name, content)
    (error,) = read.errors
    assert named in str(error)
    assert error.path.endswith(name)


def test_records_are_read_one_by_one(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text('{"text": "One."}\n' * 50_000)
    items = read_inputs([InputSource("r.jsonl", path=path)])
    assert next(items).id == "r.jsonl:1"
    items.close()


def test_a_page_gives_its_text_and_no_script(read):
    pytest.importorskip("html_text")
    head = "<html><head><script>var x = 'Ada left Rome.'</script><style>p {}</style></head>"
    page = head + "<body><h1>Ada</h1><p>Ada <b>lived</b> in&nbsp;Rome.</p>"
    assert [item.text for item in read("page.txt", page)] == ["Ada", "Ada lived in Rome."]
    assert [item.start for item in read("page.html", page)] == [None, None]


def test_a_page_is_refused_without_the_library(read, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "html_text", None)
    with pytest.raises(MissingExtraError, match=r"HTML.*relknit\[html\]"):
        read("page.txt", "<!doctype html><p>Ada")


def test_texts_on_the_spot_are_counted():
    found = find_inputs(["One.", "Two.\n\nThree.", ""])
    assert ids_and_texts(read_inputs(found)) == [("1", "One."), ("2", "Two."), ("3", "Three."), ("4", "")]


def test_without_a_handler_the_first_error_is_raised(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_text("no json")
    with pytest.raises(DataError):
        list(read_inputs([InputSource("r.jsonl", path=path)]))
