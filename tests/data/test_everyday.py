"""The shipped test split is that of the corpus."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from relknit.data.everyday import everyday_path, load_everyday_test, load_relations
from relknit.document.coreference import REFERENCE, REFERS_TO
from relknit.document.jsonl import read_lines

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus" / "everyday"
TEXTS = load_everyday_test()
RELATIONS = load_relations()


@pytest.fixture
def scripts(monkeypatch):
    """The folder of the scripts on the path."""
    monkeypatch.syspath_prepend(str(ROOT / "experiments" / "everyday"))
    yield lambda name: importlib.import_module(name)
    for name in ("corpus", "shipped_test", "everyday_check"):
        sys.modules.pop(name, None)


def test_the_shipped_files_are_made_from_the_corpus(scripts):
    shipped = [line for _, line in read_lines(everyday_path() / "test.jsonl.gz")]
    assert shipped == list(scripts("shipped_test").lines())
    assert (everyday_path() / "relations.toml").read_bytes() == (CORPUS / "relations.toml").read_bytes()


def test_the_conversion_of_the_test_split_gives_the_same_documents(scripts):
    assert [text.document for text in TEXTS] == list(scripts("corpus").read_split("test"))


def test_the_file_is_the_same_whenever_it_is_made():
    header = (everyday_path() / "test.jsonl.gz").read_bytes()[:10]
    assert header[3:8] == bytes(5)  # no name, no time


def test_there_are_enough_texts_genres_and_facts_of_every_relation():
    facts = [relation.type for text in TEXTS for relation in text.document.relations if relation.type != REFERS_TO]
    assert len(TEXTS) == len({text.document.id for text in TEXTS}) >= 800
    assert len({text.genre for text in TEXTS}) >= 12
    labels = {about["label"] for about in RELATIONS.values()}
    assert set(facts) == labels
    assert min(facts.count(label) for label in labels) >= 15
    assert {text.not_asserted[0].kind for text in TEXTS if text.not_asserted} >= {"denied", "question", "condition"}


def test_every_reference_refers_to_a_name_and_every_fact_has_the_types_of_its_relation():
    signatures = {about["label"]: about for about in RELATIONS.values()}
    for text in TEXTS:
        entities = text.document.entities
        names = {r.head: r.tail for r in text.document.relations if r.type == REFERS_TO}
        assert names.keys() == {k for k, entity in enumerate(entities) if entity.type == REFERENCE}
        facts = [r for r in text.document.relations if r.type != REFERS_TO] + [f.fact for f in text.not_asserted]
        for fact in facts:
            ends = [entities[names.get(end, end)].type for end in (fact.head, fact.tail)]
            assert ends[0] in signatures[fact.type]["head"]
            assert ends[1] in signatures[fact.type]["tail"]


def test_the_inventory_has_symmetric_relations_between_equal_types_and_inverses_that_are_no_relations_of_its_own():
    labels = {about["label"] for about in RELATIONS.values()}
    assert 50 <= len(RELATIONS) <= 80
    for name, about in RELATIONS.items():
        assert about["definition"], name
        if about.get("symmetric"):
            assert about["head"] == about["tail"]
            assert "inverse" not in about
        assert about.get("inverse") not in labels
    inverses = [about["inverse"] for about in RELATIONS.values() if "inverse" in about]
    assert len(inverses) == len(set(inverses)) >= 10
    assert [name for name, about in RELATIONS.items() if about.get("symmetric")] == [
        "spouse",
        "sibling",
        "shares_border_with",
    ]


def test_a_line_is_a_document_that_other_commands_read(tmp_path):
    from relknit.data.readers import read_documents

    assert read_documents(everyday_path() / "test.jsonl.gz").documents == tuple(text.document for text in TEXTS)
    record = json.loads(next(read_lines(everyday_path() / "test.jsonl.gz"))[1])
    assert "not_asserted" in record
