from __future__ import annotations

from relknit.data.convert.assemble import connect, split_at_spaces, uncrossed
from relknit.document import Entity, Relation


def test_splitting_at_spaces_keeps_exact_offsets():
    assert split_at_spaces(" Ada  B. ") == [("Ada", 1, 4), ("B.", 6, 8)]
    assert split_at_spaces("") == []


def test_entities_are_shared_sorted_and_counted_once():
    entities, relations = connect([((3, 4), "r", (0, 2)), ((3, 4), "r", (0, 2)), ((0, 2), "s", (0, 2))], [(5, 6)])
    assert entities == (Entity(0, 2), Entity(3, 4), Entity(5, 6))
    assert relations == (Relation(1, 0, "r"), Relation(0, 0, "s"))


def test_a_border_is_crossed_only_by_what_is_on_both_sides():
    assert uncrossed([3, 5, 9], [(0, 3), (3, 5), (8, 10)]) == [3, 5]
    assert uncrossed([], [(0, 3)]) == []
