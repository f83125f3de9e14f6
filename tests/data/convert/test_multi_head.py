from __future__ import annotations

import pytest

from relknit.data.convert import choose, convert
from relknit.errors import DataError
from tests.data.convert.files import triples

ROWS = [
    "#doc 3",
    "0\tAda\tB-Peop\t['N']\t[0]",
    "1\tLovelace\tI-Peop\t['met', 'knows']\t[3, 3]",
    "2\tmet\tO\t['N']\t[2]",
    "3\tBo\tB-Peop\t['N']\t[3]",
]
RAIN = ["#doc 4", "0\tIt\tO\t['N']\t[0]", "1\trained\tO\t['N']\t[1]"]


def write(folder, *lines):
    path = folder / "train.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_each_doc_is_a_document_with_relations_between_the_last_tokens(tmp_path):
    path = write(tmp_path, *ROWS, *RAIN)
    assert choose(path).source == "multihead"
    documents = list(convert(path))
    assert [(d.id, d.tokens[0], len(d.relations)) for d in documents] == [("3", "Ada", 2), ("4", "It", 0)]
    assert triples(documents[0]) == [
        ("Ada Lovelace", "Peop", "met", "Bo", "Peop"),
        ("Ada Lovelace", "Peop", "knows", "Bo", "Peop"),
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("3\tBo\tB-Peop", "is not token 3"),
        ("4\tBo\tB-Peop\t['N']\t[4]", "is not token 3"),
        ("3\tBo\tB-Peop\t['met']\t[2]", "tokens 3 and 2"),
        ("3\tBo\tB-Peop\t['met', 'met']\t[1]", "2 relations for 1 tokens"),
    ],
)
def test_a_bad_row_is_named_and_takes_its_sentence_along(tmp_path, row, words):
    errors = []
    path = write(tmp_path, *ROWS[:-1], row, *RAIN)
    assert [d.id for d in convert(path, on_error=errors.append)] == ["4"]
    assert [(error.line, words in error.message) for error in errors] == [(5, True)]


def test_rows_before_the_first_doc_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"train\.txt:1: "):
        list(convert(write(tmp_path, *ROWS[1:]), source="multihead"))
