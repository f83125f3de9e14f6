from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations

import pytest

from relknit.data.corpus import corpus_path, load_corpus
from relknit.document import Document, anchor_triples
from relknit.errors import DataError
from relknit.overlap import overlap_classes
from relknit.tags import flat_entities
from relknit.text.tokenise import Token, tokenise

SPLITS = ("train", "dev", "test")
DOCUMENTS = {split: load_corpus(split) for split in SPLITS}
EVERY = [document for split in SPLITS for document in DOCUMENTS[split]]
ENTITY_TYPES = {"Person", "Organisation", "Place", "Work"}
SIGNATURES = {
    "born_in": {("Person", "Place")},
    "capital_of": {("Place", "Place")},
    "founded_by": {("Organisation", "Person")},
    "located_in": {("Organisation", "Place"), ("Place", "Place")},
    "part_of": {("Organisation", "Organisation")},
    "spouse": {("Person", "Person")},
    "works_for": {("Person", "Organisation")},
    "wrote": {("Person", "Work")},
}


def four_grams(tokens):
    return {tuple(tokens[i : i + 4]) for i in range(len(tokens) - 3)}


def shared(one, other):
    """The fraction of 4-grams that two sets have in common, of the smaller one."""
    return len(one & other) / min(len(one), len(other))


def without_names(document: Document) -> tuple[str, ...]:
    """The tokens with each entity replaced by its type: what a template would have left."""
    tokens = list(document.tokens)
    for entity in sorted(document.entities, key=lambda e: -e.token_start):
        tokens[entity.token_start : entity.token_end] = [f"<{entity.type}>"]
    return tuple(tokens)


def names(documents):
    return {document.span(entity).text for document in documents for entity in document.entities}


def relation_counts(documents):
    return Counter(relation.type for document in documents for relation in document.relations)


def of_class(name):
    return [d for d in EVERY if name in overlap_classes(anchor_triples(d.prediction, "last"))]


def test_the_splits_have_the_promised_sizes():
    sizes = [len(DOCUMENTS[split]) for split in SPLITS]
    assert sum(sizes) >= 230
    assert sizes[0] >= 170
    assert sizes[1] >= 30
    assert sizes[2] >= 40


def test_an_unknown_split_is_an_error_that_names_the_splits():
    with pytest.raises(DataError, match="'validation', expected train, dev or test"):
        load_corpus("validation")  # type: ignore[arg-type]


def test_the_corpus_is_found_from_any_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_corpus("dev") == DOCUMENTS["dev"]
    assert corpus_path().is_absolute()


def test_ids_name_split_and_line():
    for split in SPLITS:
        expected = [f"{split}-{number:03d}" for number in range(1, len(DOCUMENTS[split]) + 1)]
        assert [document.id for document in DOCUMENTS[split]] == expected


def test_relation_types_are_the_eight_of_the_readme_in_every_split():
    for split in SPLITS:
        assert set(relation_counts(DOCUMENTS[split])) == set(SIGNATURES)


def test_every_entity_has_one_of_the_four_types_and_all_four_occur_in_every_split():
    for split in SPLITS:
        assert {entity.type for document in DOCUMENTS[split] for entity in document.entities} == ENTITY_TYPES


def test_head_and_tail_have_the_types_their_relation_asks_for():
    wrong = [
        (document.id, triple)
        for document in EVERY
        for triple in document.triples
        if (triple.head.type, triple.tail.type) not in SIGNATURES[triple.relation]
    ]
    assert wrong == []


def test_a_spouse_triple_is_given_once_with_the_person_named_first_as_head():
    spouses = [(d, r) for d in EVERY for r in d.relations if r.type == "spouse"]
    for document, relation in spouses:
        assert document.entities[relation.head].token_start < document.entities[relation.tail].token_start, document.id


def test_no_triple_is_given_twice_and_none_has_one_entity_at_both_ends():
    for document in EVERY:
        assert len(set(document.relations)) == len(document.relations), document.id
        assert all(relation.head != relation.tail for relation in document.relations), document.id


def test_entities_are_in_text_order_and_never_overlap():
    for document in EVERY:
        assert flat_entities(document.entities) == document.entities, document.id


def test_the_text_and_characters_written_with_an_entity_are_its_own():
    for split in SPLITS:
        lines = (corpus_path() / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
        for record in map(json.loads, lines):
            for entity in record["entities"]:
                start, end = entity["start"], entity["end"]
                assert record["text"][start:end] == entity["text"], record["id"]
                assert start == record["offsets"][entity["token_start"]][0], record["id"]
                assert end == record["offsets"][entity["token_end"] - 1][1], record["id"]


def test_sentences_are_5_to_40_tokens_long_and_vary():
    lengths = [len(document) for document in EVERY]
    assert min(lengths) >= 5
    assert max(lengths) <= 40
    assert sum(length <= 10 for length in lengths) >= 20
    assert sum(length >= 20 for length in lengths) >= 20


def test_some_texts_name_one_thing_twice_and_the_triple_picks_one_of_them():
    twice = []
    for document in EVERY:
        counts = Counter(document.span(entity).text for entity in document.entities)
        if document.relations and max(counts.values()) > 1:
            twice.append(document.id)
            surfaces = [(t.head.text, t.relation, t.tail.text) for t in document.triples]
            assert len(set(surfaces)) == len(surfaces), document.id
    assert len(twice) >= 5


def test_no_two_texts_are_alike_once_the_names_are_taken_out():
    skeletons = Counter(without_names(document) for document in EVERY)
    assert [skeleton for skeleton, n in skeletons.items() if n > 1] == []


def test_no_two_texts_share_more_than_60_percent_of_their_four_grams():
    grams = [(document.id, four_grams(document.tokens)) for document in EVERY]
    alike = [(i, j) for (i, a), (j, b) in combinations(grams, 2) if shared(a, b) > 0.6]
    assert alike == []


def test_no_name_of_one_split_is_an_entity_of_another():
    for one, other in combinations(SPLITS, 2):
        assert names(DOCUMENTS[one]) & names(DOCUMENTS[other]) == set()


def test_the_counts_in_the_readme_are_those_of_the_files():
    readme = (corpus_path() / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `?([\w ]+?)`? \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", readme, re.MULTILINE)
    written = {label: [int(n) for n in numbers] for label, *numbers in rows}

    def row(count):
        by_split = [count(DOCUMENTS[split]) for split in SPLITS]
        return [*by_split, sum(by_split)]

    expected = {
        "texts": row(len),
        "without a fact": row(lambda ds: sum(not d.relations for d in ds)),
        "entities": row(lambda ds: sum(len(d.entities) for d in ds)),
        "triples": row(lambda ds: sum(len(d.relations) for d in ds)),
        **{kind: row(lambda ds, kind=kind: relation_counts(ds)[kind]) for kind in SIGNATURES},
    }
    assert written == expected
    assert f"{len(EVERY)} short texts" in readme


def test_the_readme_defines_every_type_with_its_signature():
    readme = (corpus_path() / "README.md").read_text(encoding="utf-8")
    for kind, pairs in SIGNATURES.items():
        heads = " or ".join(sorted({head for head, _ in pairs}))
        (tail,) = {tail for _, tail in pairs}
        assert f"- `{kind}` ({heads} to {tail}): " in readme
    assert all(f"- `{kind}`: " in readme for kind in ENTITY_TYPES)


def test_the_licence_dedicates_the_corpus_to_the_public_domain():
    licence = " ".join((corpus_path() / "LICENSE").read_text(encoding="utf-8").split())
    assert "CC0 1.0 Universal" in licence
    assert "waived all copyright and related or neighboring rights" in licence
    assert "https://creativecommons.org/publicdomain/zero/1.0/legalcode" in licence


def test_tokens_and_offsets_are_those_relknit_gives_for_the_text_with_single_spaces_between():
    for document in EVERY:
        tokens = [Token(word, *offset) for word, offset in zip(document.tokens, document.offsets, strict=True)]
        assert tokenise(document.text, "treebank") == tokens, document.id
        assert document.text == " ".join(document.text.split()), document.id


def test_every_split_has_each_kind_of_sentence_and_the_corpus_has_enough_of_it():
    """Negatives, shared entities, pairs related twice and in both directions."""
    both_ways = [d for d in EVERY if {(r.head, r.tail) for r in d.relations} & {(r.tail, r.head) for r in d.relations}]
    negatives = [document for document in EVERY if not document.relations]
    for least, found in ((45, negatives), (40, of_class("SEO")), (12, of_class("EPO")), (12, both_ways)):
        assert len(found) >= least
        assert {document.id.split("-")[0] for document in found} == set(SPLITS)


def test_every_text_has_a_name_and_every_relation_and_unusual_spelling_occurs_often():
    assert all(document.entities for document in EVERY)
    assert min(relation_counts(EVERY).values()) >= 20
    assert sum(not name.isascii() for name in names(EVERY)) >= 10
    assert sum(name == name.lower() for name in names(EVERY)) >= 10
