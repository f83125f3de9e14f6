"""Files in the form in which HRL released NYT10 and NYT11."""

from __future__ import annotations

import random

import pytest

from relknit.data.convert import choose, convert
from relknit.data.stats import dataset_stats
from relknit.errors import DataError
from tests.data.convert.files import json_lines, triples

TEXT = "Ada Lovelace lived in London near Kent ."
ADA = {"rtext": "residence", "em1": "Ada Lovelace", "em2": "London", "tags": [4, 1, 0, 0, 5, 0, 6, 0]}
KENT = {"rtext": "contains", "em1": "Kent", "em2": "London", "tags": [6, 3, 0, 0, 5, 0, 4, 0]}
RECORD = {"sentext": TEXT, "relations": [ADA, KENT]}


def named(document):
    return [(head, relation, tail) for head, _, relation, tail, _ in triples(document)]


def test_tags_place_head_tail_and_other_entities(tmp_path):
    path = json_lines(tmp_path, RECORD, {"sentext": "It rained .", "relations": []})
    assert choose(path).source == "hrl"
    document, rain = convert(path)
    assert document.tokens == tuple(TEXT.split())
    assert [entity.text for entity in document.entities] == ["Ada Lovelace", "London", "Kent"]
    assert named(document) == [("Ada Lovelace", "residence", "London"), ("Kent", "contains", "London")]
    assert (rain.entities, rain.relations) == ((), ())


def test_of_several_tagged_spans_the_one_with_the_words_of_the_name_is_taken_else_the_first(tmp_path):
    item = {"rtext": "knows", "em1": "Bo", "em2": "Ada", "tags": [4, 4, 5, 5, 2, 0]}
    (document,) = convert(json_lines(tmp_path, {"sentext": "Ed Bo Ed Ada Ek .", "relations": [item]}))
    assert named(document) == [("Bo", "knows", "Ed")]


def test_names_without_tags_are_placed_by_their_words(tmp_path):
    relations = [{key: value for key, value in item.items() if key != "tags"} for item in (ADA, KENT)]
    (document,) = convert(json_lines(tmp_path, RECORD | {"relations": relations}))
    assert named(document) == [("Ada Lovelace", "residence", "London"), ("Kent", "contains", "London")]


@pytest.mark.parametrize(
    ("change", "named_value"),
    [
        ({"tags": [4, 1, 0]}, "tags of relation 0"),
        ({"tags": [4, 1, 0, 0, 9, 0, 0, 0]}, "tags of relation 0"),
        ({"em1": "Bo", "tags": None}, "em1 of relation 0"),
        ({"rtext": ""}, "rtext of relation 0"),
    ],
)
def test_a_value_that_breaks_the_format_is_named_with_file_and_line(tmp_path, change, named_value):
    path = json_lines(tmp_path, RECORD, {"sentext": TEXT, "relations": [ADA | change]})
    with pytest.raises(DataError, match=named_value) as caught:
        list(convert(path))
    assert (caught.value.path, caught.value.line) == (str(path), 2)


def test_a_text_without_words_is_refused(tmp_path):
    with pytest.raises(DataError, match="sentext"):
        list(convert(json_lines(tmp_path, {"sentext": " ", "relations": []}), source="hrl"))


def test_a_generated_sample_keeps_every_triple(tmp_path):
    """Sentences of two to four names of one to three words, tagged as HRL tags them."""
    random_numbers, records, expected = random.Random(5), [], []
    for number in range(200):
        names = [[f"n{number}-{k}-{w}" for w in range(random_numbers.randint(1, 3))] for k in range(4)]
        starts, words = [], []
        for name in names:
            words += ["and"] * random_numbers.randint(1, 3)
            starts.append(len(words))
            words += name
        relations, found = [], []
        for k in range(random_numbers.randint(1, 3)):
            head, tail = random_numbers.sample(range(4), 2)
            tags = [0] * len(words)
            for entity, (start, name) in enumerate(zip(starts, names, strict=True)):
                begin = {head: 4, tail: 5}.get(entity, 6)
                tags[start : start + len(name)] = [begin, *[begin - 3] * (len(name) - 1)]
            ends = " ".join(names[head]), " ".join(names[tail])
            relations.append({"rtext": f"r{k}", "em1": ends[0], "em2": ends[1], "tags": tags})
            found.append((ends[0], f"r{k}", ends[1]))
        records.append({"sentext": " ".join(words), "relations": relations})
        expected.append(found)
    documents = list(convert(json_lines(tmp_path, *records)))
    assert [named(document) for document in documents] == expected
    assert all(len(document.entities) == 4 for document in documents)
    assert dataset_stats(documents).sentences == 200
