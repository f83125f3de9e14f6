"""The page of relations is the one that its script makes of the inventory and the corpus."""

import importlib
import sys

import pytest


@pytest.fixture(scope="module")
def relations_page(root):
    """The script."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "experiments" / "everyday"))
        yield importlib.import_module("relations_page")
    for name in ("relations_page", "corpus", "everyday_check"):
        sys.modules.pop(name, None)


def test_the_page_is_up_to_date(relations_page):
    made = relations_page.page()
    assert relations_page.PAGE.read_text(encoding="utf-8") == made, "run python experiments/everyday/relations_page.py"


def test_every_relation_has_a_line_with_an_example_that_holds_its_fact(relations_page):
    page = relations_page.PAGE.read_text(encoding="utf-8")
    for about in relations_page.read_relations().values():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| **{about['label']}**")]
        cells = line.split(" | ")
        sentence, _, fact = cells[3].partition(" **(")
        head, _, rest = fact.partition(f", {about['label']}, ")
        assert head in sentence
        assert rest.removesuffix(")**") in sentence
        assert int(cells[4].strip(" |")) >= 60


def test_an_example_is_a_sentence_between_names_and_looks_like_its_words(relations_page):
    checker = relations_page.read_texts.__globals__["read_checker"]()
    marked = "{Bo#a:person} left. {He#b=a} likes *x*. {Ada#c:person} wed {Cy#d:person} in {May#e:date}, one | two."
    text = checker.parse("w:1", ["## news", marked, "+ c spouse d", "+ b spouse d"], relations_page.read_relations())
    ((name, example),) = relations_page.examples(text)
    assert (name, example.head, example.tail) == ("spouse", "Ada", "Cy")
    assert relations_page.shown(example.sentence) == "Ada wed Cy in May, one \\| two."
