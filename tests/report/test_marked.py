import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relknit.document import Document, Entity
from relknit.report.marked import Mark, marked_text, marks_of
from tests.page.reading import read

TOKENS = ("Ada", "King", "of", "New", "York", ".")
PLAIN = Document("1", TOKENS)


def shown(document, *marks):
    """The text with marks as [style: words]."""
    html = marked_text(document, marks).removeprefix("<bdi>").removesuffix("</bdi>")
    return re.sub(r'<mark class="(.*?)">(.*?)</mark>', r"[\1: \2]", html)


def test_a_sentence_without_marks_is_its_words():
    assert shown(PLAIN) == "Ada King of New York ."
    assert shown(Document("2", ())) == ""


def test_marks_stand_around_their_words():
    assert shown(PLAIN, Mark(0, 2, "agreed"), Mark(4, 5, "alone")) == (
        "[agreed first last: Ada King] of New [alone first last: York] ."
    )


def test_a_nested_mark_cuts_the_outer_one_and_space_inside_stays_marked():
    assert shown(PLAIN, Mark(3, 5, "agreed"), Mark(4, 5, "alone")) == (
        "Ada King of [agreed first: New ][alone first last deep: York] ."
    )


def test_crossing_marks_are_drawn_in_three_parts():
    assert shown(PLAIN, Mark(0, 3, "agreed"), Mark(1, 5, "alone")) == (
        "[agreed first: Ada ][agreed last deep: King of ][alone last: New York] ."
    )


def test_marks_beside_each_other_stay_apart():
    assert shown(PLAIN, Mark(0, 1, "agreed"), Mark(1, 2, "loose")) == (
        "[agreed first last: Ada] [loose first last: King] of New York ."
    )


def test_types_stand_at_the_end_of_their_mark():
    html = marked_text(PLAIN, [Mark(0, 2, "agreed", "person"), Mark(3, 5, "alone", "<place>")])
    assert "King<small> person</small></mark>" in html
    assert "York<small> &lt;place&gt;</small></mark>" in html


def test_the_text_is_shown_as_it_was_written():
    document = Document(
        "1",
        TOKENS,
        text="Ada King  of “New-York”.",
        offsets=((0, 3), (4, 8), (10, 12), (14, 17), (18, 22), (23, 24)),
    )
    assert shown(document, Mark(3, 5, "agreed")) == "Ada King  of “[agreed first last: New-York]”."


def test_a_token_that_is_not_placed_is_shown_with_spaces():
    offsets = ((0, 3), None, (4, 6), (7, 10), (11, 15), (15, 16))
    document = Document("1", TOKENS, text="Ada of New York.", offsets=offsets)
    assert shown(document) == "Ada King of New York."


def test_what_both_have_is_agreed_and_stand_ins_are_loose():
    gold = [Entity(0, 2), Entity(3, 5)]
    found = [Entity(0, 2), Entity(4, 5), Entity(5, 6, tagged=False), Entity(3, 5, tagged=False)]
    assert [mark.style for mark in marks_of(found, gold, typed=False)] == ["agreed", "alone", "loose", "loose"]
    assert [mark.style for mark in marks_of(gold, found, typed=False)] == ["agreed", "alone"]


@pytest.mark.parametrize(("typed", "style"), [(True, "alone"), (False, "agreed")])
def test_types_matter_only_where_they_are_compared(typed, style):
    (mark,) = marks_of([Entity(0, 1, "a")], [Entity(0, 1, "b")], typed=typed)
    assert (mark.style, mark.label) == (style, "a" if typed else None)


spans = st.tuples(st.integers(0, 5), st.integers(1, 6)).map(lambda pair: (pair[0], min(sum(pair), 6)))


@settings(deadline=None)
@given(st.lists(spans, max_size=6), st.lists(st.text(min_size=1), min_size=6, max_size=6))
def test_marks_change_no_letter_of_any_text(places, tokens):
    document = Document("1", tuple(tokens))
    html = marked_text(document, [Mark(start, end, "alone") for start, end in places])
    assert "".join(read(html).words) == "".join(read(marked_text(document, [])).words)
    first, last = html.count("alone first"), len(re.findall(r'class="[^"]*last', html))
    assert first == len({start for start, _ in places if innermost(places, start, "first")})
    assert last == len({end for _, end in places if innermost(places, end, "last")})


def innermost(places, border, side):
    """Whether the shortest mark over the token at a border, before it or behind it, begins or ends there."""
    token = border if side == "first" else border - 1
    over = [place for place in places if place[0] <= token < place[1]]
    return min(over, key=lambda place: place[1] - place[0])[0 if side == "first" else 1] == border
