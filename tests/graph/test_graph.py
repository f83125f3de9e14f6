"""A graph has every fact of its documents with all evidence, whatever order and way they came in."""

import itertools

import pytest

from relknit.document import Document, Entity, Relation
from relknit.errors import DataError
from relknit.graph import Graph

BORN = "Marie Curie was born in Warsaw ."
LIVED = "In Warsaw Marie Curie was born . She lived in Paris ."


def sketch(name, text, entities, relations):
    """A Document of words split at spaces, with entities (start, end, type) and relations (head, type, tail, confidence)."""
    found = tuple(Relation(head, tail, label, confidence) for head, label, tail, confidence in relations)
    return Document(name, tuple(text.split()), tuple(Entity(*e) for e in entities), found)


@pytest.fixture
def born():
    return sketch("a", BORN, [(0, 2, "person"), (5, 6, "location")], [(0, "place of birth", 1, 0.8)])


@pytest.fixture
def lived():
    entities = [(1, 2, "location"), (2, 4, "person"), (10, 11, "location")]
    return sketch("b", LIVED, entities, [(1, "place of birth", 0, 0.7), (1, "residence", 2, 0.5)])


@pytest.fixture
def rained():
    return sketch("c", "It rained in Paris .", [(3, 4, "location")], [])


def content(graph):
    """All that a graph says."""
    facts = graph.facts()
    return graph.entities(), facts, [graph.evidence(fact) for fact in facts]


def test_a_fact_keeps_the_evidence_of_every_document(born, lived):
    graph = Graph.build([born, lived])
    (fact,) = graph.facts(relation="place of birth")
    assert (fact.head.name, fact.tail.name, fact.evidence, fact.documents) == ("Marie Curie", "Warsaw", 2, 2)
    first, second = graph.evidence(fact)
    assert (first.document, first.sentence, first.confidence) == ("a", "Marie Curie was born in Warsaw.", 0.8)
    assert (second.document, second.sentence) == ("b", "In Warsaw Marie Curie was born.")
    assert (second.head_text, second.tail_text) == ("Marie Curie", "Warsaw")


def test_the_order_of_documents_does_not_matter(born, lived, rained):
    graphs = [content(Graph.build(order)) for order in itertools.permutations([born, lived, rained])]
    assert all(graph == graphs[0] for graph in graphs)


def test_adding_and_removing_gives_the_graph_of_what_is_left(born, lived, rained):
    graph = Graph.build([born, lived])
    graph.add([rained])
    graph.remove(["b"])
    assert content(graph) == content(Graph.build([rained, born]))


def test_a_document_replaces_the_one_of_the_same_id(born, lived):
    graph = Graph.build([born, lived])
    change = graph.add([sketch("b", "It rained .", [], [])])
    assert (change.added, change.updated, change.unchanged) == (0, 1, 1)
    assert content(graph)[1:] == content(Graph.build([born]))[1:]


def test_building_again_takes_out_what_is_no_longer_given(born, lived, tmp_path):
    Graph.build([born, lived], tmp_path / "graph.db").close()
    graph = Graph.build([born], tmp_path / "graph.db")
    assert content(graph) == content(Graph.build([born]))


def test_two_different_documents_of_one_id_are_refused_and_change_nothing(born, lived):
    graph = Graph.build([born])
    before = content(graph)
    with pytest.raises(DataError, match="'x'"):
        graph.add([sketch("x", "It rained .", [], []), sketch("x", "It snowed .", [], [])])
    assert content(graph) == before


def test_neighbours_are_connected_by_a_fact(born, lived):
    graph = Graph.build([born, lived])
    assert [one.name for one in graph.neighbours("marie curie")] == ["Paris", "Warsaw"]
    assert [one.name for one in graph.neighbours("Paris")] == ["Marie Curie"]


def test_an_entity_or_document_that_is_not_there_is_named(born):
    graph = Graph.build([born])
    with pytest.raises(DataError, match="Ada"):
        graph.facts(entity="Ada")
    with pytest.raises(DataError, match="'zz'"):
        graph.remove(["zz"])
