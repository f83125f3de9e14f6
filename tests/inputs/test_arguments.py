import pytest

from relknit.errors import DataError
from relknit.inputs import find_inputs


def names(*arguments):
    return [source.name for source in find_inputs([str(argument) for argument in arguments])]


@pytest.mark.parametrize(
    "missing",
    [
        "nosuch.txt",
        "my notes.txt",
        r"docs\my.txt",
        r"C:\docs\a.txt",
        "../my notes/a b.txt",
        "docs/texts",
        "*.txt",
        "Report 2024.PDF",
        "/no/such",
    ],
)
def test_a_path_that_does_not_exist_is_no_text(missing, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="no such file") as caught:
        find_inputs([missing])
    assert caught.value.path == missing


@pytest.mark.parametrize("typed", ["--jsno", "--min-precison=0.9", "-x"])
def test_a_mistyped_option_is_no_text(typed):
    with pytest.raises(DataError, match="option"):
        find_inputs([typed])


@pytest.mark.parametrize(
    "text",
    [
        "-5 degrees in Rome",
        "Is it so?",
        "The file notes.txt is lost.",
        "Ada and/or Bob met in Rome.",
        "",
        "1/2",
        "nosuch.txt ",
    ],
)
def test_sentences_are_texts(text):
    (source,) = find_inputs([text])
    assert (source.name, source.path, source.text) == ("", None, text)


def test_a_folder_gives_its_readable_files_sorted(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "a.csv", "sub/c.JSONL", "picture.png", ".hidden.txt"):
        (tmp_path / name).write_text("x")
    assert names(tmp_path) == ["a.csv", "b.txt", "sub/c.JSONL"]


def test_a_folder_without_readable_files_is_refused(tmp_path):
    (tmp_path / "picture.png").write_text("x")
    with pytest.raises(DataError, match="folder without"):
        find_inputs([str(tmp_path)])


def test_patterns_give_the_files_they_match(tmp_path):
    for name in ("1 a.txt", "2 a.txt", "b.md"):
        (tmp_path / name).write_text("x")
    assert names(tmp_path / "*a.txt") == ["1 a.txt", "2 a.txt"]


def test_files_of_one_name_keep_their_folders(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("x")
    found = names(tmp_path / "x" / "a.txt", tmp_path / "y" / "a.txt")
    assert found == [(tmp_path / folder / "a.txt").as_posix() for folder in ("x", "y")]
