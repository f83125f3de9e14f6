"""What a graph says of a fact: its confidence, its types, and facts that say the same."""

import itertools

import pytest

from relknit.checkpoint.label_counts import LabelCounts
from relknit.document import Document, Entity, Relation
from relknit.errors import DataError
from relknit.graph import Graph, GraphModel, RelationRules, SameNames
from relknit.graph.combined_confidence import MOST, combined_confidence
from relknit.graph.entity_resolution import EntityGroup, GroupMember, Resolution

RULES = RelationRules(frozenset({"spouse"}), {"part": "whole"}, frozenset({"birth"}))


def fact(name, head, relation, tail, confidence=0.8, word="likes"):
    """A Document of one sentence with one fact."""
    entities = (Entity(0, 1, "person"), Entity(2, 3, "person"))
    return Document(name, (head, word, tail, "."), entities, (Relation(0, 1, relation, confidence),))


def test_combined_confidence_is_never_below_the_best_and_ignores_the_order():
    values = [0.3, 0.71, 0.0, 0.999]
    assert {combined_confidence(order) for order in itertools.permutations(values)} == {0.999}
    assert combined_confidence([0.5, 0.5]) == 0.75
    assert combined_confidence([0.9] * 9) == MOST
    assert combined_confidence([0.4]) == 0.4
    assert combined_confidence([]) is None


def test_several_documents_are_more_confident_than_one_and_copies_are_not():
    graph = Graph.build([fact("a", "Ada", "spouse", "Bob", 0.5), fact("b", "Ada", "spouse", "Bob", 0.5)])
    assert (graph.facts()[0].confidence, graph.facts()[0].documents) == (0.5, 2)
    graph.add([fact("c", "Ada", "spouse", "Bob", 0.5, word="loves")])
    assert (graph.facts()[0].confidence, graph.facts()[0].sentences) == (0.75, 2)


def test_facts_without_confidence_have_none():
    assert Graph.build([fact("a", "Ada", "spouse", "Bob", None)]).facts()[0].confidence is None


def test_a_symmetric_relation_is_shown_once_with_the_evidence_of_both():
    documents = [fact("a", "Bob", "spouse", "Ada", 0.5), fact("b", "Ada", "spouse", "Bob", 0.5, word="loves")]
    graph = Graph.build(documents, rules=RULES)
    assert len(graph.facts()) == 2
    (shown,) = graph.facts(once=True)
    assert (shown.head.name, shown.tail.name, shown.evidence, shown.confidence) == ("Ada", "Bob", 2, 0.75)
    assert {(place.head_text, place.tail_text) for place in graph.evidence(shown)} == {("Ada", "Bob")}


def test_of_inverse_relations_the_one_with_the_rule_is_shown():
    documents = [
        fact("a", "Wheel", "whole", "Car"),
        fact("b", "Car", "part", "Wheel"),
        fact("c", "Ada", "whole", "Bob"),
    ]
    graph = Graph.build(documents, rules=RULES)
    shown = [(one.head.name, one.relation, one.tail.name) for one in graph.facts(once=True)]
    assert shown == [("Ada", "whole", "Bob"), ("Car", "part", "Wheel")]


def test_types_that_training_does_not_have_are_marked_and_kept():
    labels = LabelCounts((("person", "spouse", "person", 7), ("person", "birth", "date", 7)), ())
    documents = [fact("a", "Ada", "spouse", "Bob"), fact("b", "Ada", "birth", "Bob"), fact("c", "Ada", "other", "Bob")]
    graph = Graph.build(documents, model=GraphModel("00", labels=labels))
    assert [one.relation for one in graph.facts() if one.unseen_signature] == ["birth"]
    assert graph.counts()["unseen_signatures"] == 1
    assert {place.model for one in graph.facts() for place in graph.evidence(one)} == {"00"}


class AnyCase(SameNames):
    """Joins names that differ in case alone, and shows the first in the alphabet."""

    digest = "any case"

    def block_keys(self, name, type):
        return (name.casefold(),)

    def resolve(self, names):
        groups = {}
        for local in names:
            groups.setdefault((local.name.casefold(), local.type), []).append(local)
        return Resolution(
            tuple(
                EntityGroup(
                    min(one.name for one in same), type, tuple(GroupMember(one, "same in any case") for one in same)
                )
                for (_, type), same in groups.items()
            )
        )


def test_names_are_resolved_again_where_a_document_changes_what_they_mean():
    documents = [fact("a", "ADA", "spouse", "Bob"), fact("b", "Ada", "spouse", "bob"), fact("c", "ada", "spouse", "Cy")]
    graph = Graph(resolver=AnyCase())
    for document in documents:
        graph.add([document])
    assert (graph.entities()[0].name, graph.entities()[0].aliases) == ("ADA", ("Ada", "ada"))
    graph.remove("a")
    whole = Graph.build(documents[1:], resolver=AnyCase())
    assert (graph.entities(), graph.facts()) == (whole.entities(), whole.facts())
    assert graph.entities(name="ada")[0].name == "Ada"


def test_another_resolver_resolves_all_names_again(tmp_path):
    documents = [fact("a", "ADA", "spouse", "Bob"), fact("b", "Ada", "spouse", "Bob")]
    Graph.build(documents, tmp_path / "graph.db").close()
    graph = Graph(tmp_path / "graph.db", resolver=AnyCase())
    graph.add([])
    assert [one.name for one in graph.entities()] == ["ADA", "Bob"]
    assert graph.facts()[0].documents == 2


def test_a_graph_goes_to_networkx_and_pandas():
    pytest.importorskip("networkx")
    pytest.importorskip("pandas")
    graph = Graph.build([fact("a", "Ada", "spouse", "Bob")])
    (one,) = graph.facts()
    made = graph.to_networkx()
    assert made.edges[one.head.id, one.tail.id, one.id]["relation"] == "spouse"
    assert made.nodes[one.head.id]["name"] == "Ada"
    assert list(graph.to_pandas()[["head", "relation", "tail", "documents"]].itertuples(index=False, name=None)) == [
        ("Ada", "spouse", "Bob", 1)
    ]


@pytest.mark.parametrize("content", ["spouse = 1", "[spouse]\nsymmetric = 2", "[spouse]\ninverse = 3", "[", "\x00"])
def test_rules_that_are_not_like_that_are_refused(tmp_path, content):
    (tmp_path / "rules.toml").write_text(content)
    with pytest.raises(DataError, match=r"rules\.toml"):
        RelationRules.read(tmp_path / "rules.toml")
