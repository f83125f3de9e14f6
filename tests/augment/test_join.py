from __future__ import annotations

import itertools

import pytest

from relknit.augment.join import join, joined_in
from relknit.document import AnchorTriple, Document, Entity, Relation
from relknit.text.read import read_text


def document(
    text: str, *entities: tuple[int, int], relations: tuple[Relation, ...] = (), identity: str = "1"
) -> Document:
    read = read_text(text, identity=identity)
    return Document(identity, read.tokens, tuple(Entity(*e) for e in entities), relations, read.text, read.offsets)


ADA = document("Ada left Rome.", (0, 1), (2, 3), relations=(Relation(0, 1, "left"),), identity="a")
BO = document("Bo met  Cy.", (0, 1), (2, 3), relations=(Relation(1, 0, "met"),), identity="b")


def test_texts_offsets_entities_and_relations_follow_each_other():
    both = join([ADA, BO])
    assert both.text == "Ada left Rome. Bo met  Cy."
    assert [both.text[a:b] for a, b in (o for o in both.offsets or () if o)] == list(both.tokens)
    assert [entity.text for entity in both.entities] == ["Ada", "Rome", "Bo", "Cy"]
    assert [(t.head.text, t.relation, t.tail.text) for t in both.triples] == [
        ("Ada", "left", "Rome"),
        ("Cy", "met", "Bo"),
    ]


def test_tokens_without_a_text_are_joined_by_spaces():
    tokens = Document("t", ("X", "Y"), (Entity(1, 2),), pos=("A", "B"), anchors=(AnchorTriple(0, "r", 1),))
    both = join([ADA, tokens])
    assert both.text == "Ada left Rome. X Y"
    assert both.entities[-1].text == "Y"
    assert both.pos is None
    assert both.anchors is None
    assert join([tokens, tokens]).anchors == (AnchorTriple(0, "r", 1), AnchorTriple(2, "r", 3))
    assert join([tokens, tokens]).pos == ("A", "B", "A", "B")


def test_one_document_stays_itself():
    assert join([ADA]) is ADA


@pytest.mark.parametrize(("size", "count"), [(1, 7), (2, 4), (3, 3), (7, 1), (9, 1)])
def test_groups_hold_every_document_once_and_no_neighbours(size, count):
    documents = [document(f"Text {k}.", identity=str(k)) for k in range(7)]
    groups = list(joined_in(size, documents))
    assert len(groups) == count
    assert sorted(word for group in groups for word in group.tokens if word.isdigit()) == [str(k) for k in range(7)]
    if count > 1:
        numbers = [[int(word) for word in group.tokens if word.isdigit()] for group in groups]
        assert all(b - a > 1 for group in numbers for a, b in itertools.pairwise(group))
