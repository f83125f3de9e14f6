from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest

from relknit.document.jsonl import parse_document

PAGE = Path(__file__).parents[2] / "docs" / "data-format.md"
pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="the source distribution comes without docs")


def test_every_example_of_the_page_runs_and_prints_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 10
    assert result.failed == 0


def test_the_record_that_the_page_shows_is_in_the_format():
    shown = PAGE.read_text(encoding="utf-8").split("```json\n")[1].split("```")[0]
    document = parse_document(json.loads(shown))
    assert [triple.tail.text for triple in document.triples] == ["London"]
