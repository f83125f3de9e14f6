"""What happens where the extra is not installed, whether or not it is installed here."""

from __future__ import annotations

import importlib
import sys

import pytest

from relknit.data.convert import choose, convert, export
from relknit.data.convert.spacy_marks import data_key
from relknit.document import Document
from relknit.errors import MissingExtraError
from relknit.extras import import_extra

EXTRA = r"cannot be imported .*: pip install 'relknit\[spacy\]'"


@pytest.fixture
def no_spacy(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "spacy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "spacy", None)
    monkeypatch.delitem(sys.modules, "relknit.integrations.spacy", raising=False)


def test_the_component_names_the_extra(no_spacy):
    with pytest.raises(MissingExtraError, match=r"spacy\.language " + EXTRA):
        importlib.import_module("relknit.integrations.spacy")


def test_a_docbin_names_the_extra_both_ways(no_spacy, tmp_path):
    (tmp_path / "a.spacy").write_bytes(b"x")
    assert choose(tmp_path / "a.spacy").source == "docbin"
    with pytest.raises(MissingExtraError, match=r"spacy\.tokens " + EXTRA):
        list(convert(tmp_path / "a.spacy"))
    with pytest.raises(MissingExtraError, match=EXTRA):
        export(tmp_path / "b.spacy", [Document("1", ("Hi",))])
    assert not (tmp_path / "b.spacy").exists()


def test_brat_needs_no_extra(no_spacy, tmp_path):
    export(tmp_path / "brat", [Document("1", ("Hi",))])
    assert [d.text for d in convert(tmp_path / "brat")] == ["Hi"]


def test_any_other_missing_module_is_named_too():
    with pytest.raises(MissingExtraError, match="no_such_module " + EXTRA):
        import_extra("no_such_module", "spacy")


def test_the_key_of_an_extension_is_spacys_own():
    assert data_key("rel") == ("._.", "rel", None, None)
