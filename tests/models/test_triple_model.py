"""What models share that learn gold triples with their spans."""

from __future__ import annotations

from relknit.document import Document, Entity, Relation
from relknit.models.triple_model import ScoredTriple, Span, SpanTriple, first_mention, predicted, span_triples


def test_gold_triples_are_those_of_known_relations_each_once_in_order() -> None:
    entities = (Entity(0, 2), Entity(3, 4), Entity(0, 2))
    relations = (Relation(1, 0, "b"), Relation(0, 1, "a"), Relation(2, 1, "a"), Relation(0, 1, "new"))
    document = Document("s", ("A", "B", "of", "C"), entities, relations)
    assert span_triples(document, {"a": 0, "b": 1}) == (
        SpanTriple(Span(3, 4), 1, Span(0, 2)),
        SpanTriple(Span(0, 2), 0, Span(3, 4)),
    )


def test_predicted_triples_share_the_entities_of_equal_spans() -> None:
    a, b = Span(0, 2), Span(3, 4)
    triples = [ScoredTriple(a, 0, b, 0.6), ScoredTriple(a, 0, b, 0.7), ScoredTriple(b, 1, b, 0.9)]
    found = predicted(triples, ["r", "s"], entities=[Entity(3, 4, "Town", 0.8), Entity(5, 6)])
    assert found.entities == (Entity(3, 4, "Town", 0.8), Entity(5, 6), Entity(0, 2, None, 0.7))
    assert found.relations == (Relation(2, 0, "r", 0.7), Relation(0, 0, "s", 0.9))
    assert not predicted(triples, ["r", "s"], tagged=False).entities[0].tagged


def test_a_span_moves_to_where_its_words_occur_first() -> None:
    tokens = ("New", "York", "is", "York", "New", "York")
    assert first_mention(Span(4, 6), tokens) == Span(0, 2)
    assert first_mention(Span(3, 4), tokens) == Span(1, 2)
    assert first_mention(Span(0, 2), tokens) == Span(0, 2)
