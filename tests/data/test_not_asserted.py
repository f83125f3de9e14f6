from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from itertools import combinations

import pytest

from relknit.data.corpus import load_corpus
from relknit.data.not_asserted import (
    covered_families,
    load_not_asserted,
    not_asserted_path,
    read_mentioned_fact,
)
from relknit.errors import DataError

FACTS = load_not_asserted()
FAMILIES = tomllib.loads((not_asserted_path() / "families.toml").read_text(encoding="utf-8"))
README = (not_asserted_path() / "README.md").read_text(encoding="utf-8")
RECORD = {
    "id": "denial-n01",
    "text": "Ada Holm was never born in Rome.",
    "family": "denial",
    "relation": "birthPlace",
    "head": "Ada Holm",
    "tail": "Rome",
    "asserted": False,
}


def without_names(fact):
    """The words of the text, its head and tail replaced by a mark."""
    text = fact.document.text.replace(fact.triple.head.text, "HEAD").replace(fact.triple.tail.text, "TAIL")
    return tuple(re.findall(r"\w+", text.lower()))


def four_grams(words):
    return {words[i : i + 4] for i in range(len(words) - 3)}


def refused(**changes):
    with pytest.raises(DataError) as error:
        read_mentioned_fact(RECORD | changes)
    return error.value.message


def test_there_are_a_hundred_statements_and_a_hundred_look_alikes_with_the_same_families_and_relations():
    halves = [[(f.family, f.triple.relation) for f in FACTS if f.asserted is asserted] for asserted in (False, True)]
    assert len(halves[0]) == len(halves[1]) == 100
    assert Counter(halves[0]) == Counter(halves[1])
    assert len({family for family, _ in halves[0]}) >= 8
    assert len({relation for _, relation in halves[0]}) >= 8


def test_the_families_of_the_texts_are_those_that_the_list_gives_to_the_test():
    assert {fact.family for fact in FACTS} == covered_families() < FAMILIES.keys()
    for name, family in FAMILIES.items():
        assert family.keys() == {"test", "description", "example", "look_alike"}, name
        assert {family["example"], family["look_alike"]}.isdisjoint(fact.document.text for fact in FACTS), name


def test_ids_name_the_family_and_whether_the_fact_is_asserted():
    for fact in FACTS:
        assert re.fullmatch(rf"{fact.family}-{'a' if fact.asserted else 'n'}\d\d", fact.document.id)


def test_the_document_holds_head_and_tail_and_the_fact_only_where_it_is_asserted():
    for fact in FACTS:
        assert [entity.text for entity in fact.document.entities] == [fact.triple.head.text, fact.triple.tail.text]
        assert fact.document.triples == ((fact.triple,) if fact.asserted else ())


def test_every_name_is_used_once_and_none_is_a_name_of_the_shipped_corpus():
    names = Counter(end.text for fact in FACTS for end in (fact.triple.head, fact.triple.tail))
    assert max(names.values()) == 1
    corpus = {e.text for split in ("train", "dev", "test") for d in load_corpus(split) for e in d.entities}
    assert corpus.isdisjoint(names)


def test_no_two_texts_are_alike_once_their_names_are_taken_out():
    words = [without_names(fact) for fact in FACTS]
    assert len(set(words)) == len(FACTS)
    for one, other in combinations(map(four_grams, words), 2):
        assert len(one & other) <= 0.6 * min(len(one), len(other))


def test_the_readme_counts_families_and_relations_as_they_are():
    rows = re.findall(r"^\| (.*?) \| (\d+)(?: each)? \| (\d+)(?: each)? \|$", README, re.MULTILINE)
    written = {name: int(count) for names, count, same in rows for name in re.findall("`(.*?)`", names)}
    assert all(count == same for _, count, same in rows)
    of_families = Counter(fact.family for fact in FACTS if not fact.asserted)
    of_relations = Counter(fact.triple.relation for fact in FACTS if not fact.asserted)
    assert written == of_families | of_relations


def test_the_licence_dedicates_the_test_to_the_public_domain():
    licence = " ".join((not_asserted_path() / "LICENSE").read_text(encoding="utf-8").split())
    assert "CC0 1.0 Universal" in licence
    assert "waived all copyright and related or neighboring rights" in licence


def test_a_record_becomes_a_document_with_the_characters_of_its_fact():
    fact = read_mentioned_fact(RECORD)
    assert (fact.triple.head.start, fact.triple.head.end, fact.triple.tail.start) == (0, 8, 27)
    assert (fact.document.id, fact.family, fact.asserted) == ("denial-n01", "denial", False)


def test_head_and_tail_have_to_be_whole_words_that_occur_exactly_once():
    assert "'Bo' occurs not" in refused(head="Bo")
    assert "'Ada' occurs more than once" in refused(text="Ada was born in Rome, our Ada.", head="Ada")
    assert "tail 'Rom' begins or ends inside a word" in refused(tail="Rom")
    assert "overlap" in refused(tail="Holm")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"head": 5}, "head is 5"),
        ({"relation": " "}, "relation is ' '"),
        ({"asserted": "no"}, "asserted is 'no'"),
        ({"note": "x"}, "exactly the keys"),
    ],
)
def test_values_of_another_kind_and_unknown_keys_are_refused(changes, named):
    assert named in refused(**changes)


def test_a_record_that_lacks_a_key_or_is_no_object_is_refused():
    for record in ({key: value for key, value in RECORD.items() if key != "asserted"}, [1], None):
        with pytest.raises(DataError, match="expected an object with exactly the keys id, text"):
            read_mentioned_fact(record)


def test_a_family_outside_the_list_is_refused():
    with pytest.raises(DataError, match="family is 'denial', expected one of doubt, wish"):
        read_mentioned_fact(RECORD, {"wish", "doubt"})


def test_a_file_of_ones_own_may_have_other_families_and_errors_name_its_line(tmp_path):
    path = tmp_path / "facts.jsonl"
    other = RECORD | {"id": "2", "family": "irony"}
    path.write_text(json.dumps(RECORD) + "\n" + json.dumps(other) + "\n")
    assert [fact.family for fact in load_not_asserted(path)] == ["denial", "irony"]
    path.write_text(json.dumps(RECORD) + "\n\n" + json.dumps(RECORD) + "\n")
    with pytest.raises(DataError, match="repeated") as error:
        load_not_asserted(path)
    assert (error.value.path, error.value.line) == (str(path), 3)
