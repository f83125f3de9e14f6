"""KnowledgeNet: train.json and the human-readable table have the same passages and facts."""

from __future__ import annotations

import json
import zipfile

import pytest

from relknit.data.convert import convert
from relknit.errors import DataError

TEXT = "He settled at Brünn."
FACT = {"propertyId": "11", "subjectStart": 115, "subjectEnd": 117, "objectStart": 129, "objectEnd": 134}
PROPERTIES = [
    {"propertyId": "11", "propertyName": "PLACE_OF_RESIDENCE"},
    {"propertyId": "12", "propertyName": "PLACE_OF_BIRTH"},
]


def passage(**more):
    own = {"passageId": "7:115:135", "passageStart": 115, "passageEnd": 135, "passageText": TEXT, "facts": [FACT]}
    return {**own, "exhaustivelyAnnotatedProperties": PROPERTIES, **more}


def row(relation, places, marked):
    cells = ["2", "7", "115", "135", *map(str, places), relation, f"<p> {marked}</p>"]
    return "<tr>" + "".join(f'<td style="x">{cell}</td>' for cell in cells) + "</tr>\n"


LINK = '<a href="http://www.wikidata.org/entity/Q14960" target="_blank">'
MARKED = f'<span id="subject">He</span> settled at <span id="object">{LINK}Brünn</a></span>.'
ROWS = row("PLACE_OF_RESIDENCE", (115, 117, 129, 134), MARKED) + row("PLACE_OF_BIRTH", "----", TEXT)
TABLE = f"<HTML><table>\n<tr><th>Fold</th></tr>\n{ROWS}</table></HTML>"


@pytest.fixture(params=["train.json", "human_readable-v10-notest.html", "human_readable-v10-notest.zip"])
def release(request, tmp_path):
    path = tmp_path / request.param
    if path.suffix == ".json":
        path.write_text(json.dumps({"fold": 2, "documentId": "7", "documentText": "…", "passages": [passage()]}))
    elif path.suffix == ".html":
        path.write_text(TABLE, encoding="utf-8")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("human_readable-v10-notest.html", TABLE)
            archive.writestr("__MACOSX/._human_readable-v10-notest.html", "")
    return path


def test_each_release_gives_the_same_passage(release):
    (document,) = convert(release)
    assert (document.id, document.text) == ("2:7:115", TEXT)
    (triple,) = document.triples
    assert (triple.head.text, triple.relation, triple.tail.text) == ("He", "PLACE_OF_RESIDENCE", "Brünn")
    assert [entity.type for entity in document.entities] == ["PER", "LOC"]


def test_the_scope_of_a_passage_is_the_properties_that_were_searched_for(release):
    (document,) = convert(release)
    assert document.scope is not None
    assert document.scope.relations == {"PLACE_OF_RESIDENCE", "PLACE_OF_BIRTH"}
    assert not document.scope.entities


def test_a_fact_of_a_property_that_is_not_annotated_is_refused(tmp_path):
    path = tmp_path / "train.json"
    broken = passage(facts=[FACT | {"propertyId": "45"}])
    path.write_text(json.dumps({"documentId": "7", "passages": [broken]}))
    with pytest.raises(DataError, match=r"fact 0 of passage 0.*45"):
        list(convert(path))


@pytest.mark.parametrize(
    ("there", "instead", "named"), [("<p> ", "", "10 cells"), (">129<", ">x<", "'x'")], ids=["no passage", "no number"]
)
def test_a_broken_row_of_the_table_is_refused(tmp_path, there, instead, named):
    path = tmp_path / "human_readable.html"
    path.write_text(TABLE.replace(there, instead), encoding="utf-8")
    with pytest.raises(DataError, match=named):
        list(convert(path))


def test_a_damaged_zip_is_refused(tmp_path):
    path = tmp_path / "human_readable.zip"
    path.write_bytes(b"PK no zip")
    with pytest.raises(DataError) as raised:
        list(convert(path))
    assert raised.value.path == str(path)
