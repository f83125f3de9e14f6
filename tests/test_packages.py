"""The models that are packages of their own, in the source folder."""

from pathlib import Path

import pytest

import relknit

PACKAGE = Path(__file__).parents[1] / "packages" / "everyday-minilm" / "src" / "relknit_everyday_minilm"


@pytest.mark.skipif(not PACKAGE.exists(), reason="the packages are part of the source folder alone")
def test_the_model_everyday_minilm_finds_the_facts_of_a_sentence(one_thread):
    pytest.importorskip("transformers")
    found = relknit.load(PACKAGE)("Marie Curie was born in Warsaw, Poland.")
    facts = {(triple.head.text, triple.relation, triple.tail.text) for triple in found.triples}
    assert {("Marie Curie", "place of birth", "Warsaw"), ("Warsaw", "country", "Poland")} <= facts
