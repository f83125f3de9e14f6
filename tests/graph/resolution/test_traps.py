"""Pairs of names that are easily confused (experiments/graph/traps.tsv), in one document and in two."""

import csv
from pathlib import Path

import pytest

from relknit.graph.entity_resolution import LocalName
from relknit.graph.resolution import RuleResolver

TRAPS = Path(__file__).parents[3] / "experiments" / "graph" / "traps.tsv"


def traps(kind):
    with TRAPS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [row for row in rows if row[4] == kind]


def outcome(row, *documents):
    first, second = (LocalName(row[0], row[1], documents[0]), LocalName(row[2], row[3], documents[1]))
    found = RuleResolver().resolve([first, second])
    if len(found.groups) == 1:
        return "merged"
    return "proposed" if found.proposals else "apart"


def test_the_list_has_150_pairs_that_are_apart():
    assert len(traps("apart")) >= 150


@pytest.mark.parametrize("documents", [("a", "a"), ("a", "b")])
def test_names_of_different_entities_are_never_merged(documents):
    assert [row for row in traps("apart") if outcome(row, *documents) == "merged"] == []


def test_names_of_the_same_entity_are_merged_or_proposed():
    assert [row for row in traps("same") if outcome(row, "a", "a") != "merged"] == []
    assert [row for row in traps("same") if outcome(row, "a", "b") == "apart"] == []
