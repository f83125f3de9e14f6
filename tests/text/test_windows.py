from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.errors import ConfigError, DataError
from relknit.text.read import read_text
from relknit.text.windows import SHORTEST_WINDOW, longest_range, reading_ranges, usual_window, windows

Spans = list[tuple[int, int]]


def spans_of(lengths: list[int], start: int = 0) -> Spans:
    spans = []
    for length in lengths:
        spans.append((start, start + length))
        start += length
    return spans


SENTENCES = st.builds(spans_of, st.lists(st.integers(0, 30), max_size=30), st.integers(0, 5))
ROOM = st.integers(1, 25)


def holds(window: tuple[int, int], span: tuple[int, int]) -> bool:
    return window[0] <= span[0] and span[1] <= window[1]


@given(SENTENCES, ROOM)
def test_every_token_is_in_a_window_and_nothing_else_is(sentences: Spans, room: int) -> None:
    held = {token for start, end in windows(sentences, room) for token in range(start, end)}
    assert held == {token for start, end in sentences for token in range(start, end)}


@given(SENTENCES, ROOM)
def test_no_window_is_empty_or_longer_than_allowed(sentences: Spans, room: int) -> None:
    assert all(0 < end - start <= room for start, end in windows(sentences, room))


@given(SENTENCES, ROOM)
def test_every_sentence_that_fits_is_whole_in_a_window(sentences: Spans, room: int) -> None:
    result = windows(sentences, room)
    fitting = [span for span in sentences if 0 < span[1] - span[0] <= room]
    assert all(any(holds(window, span) for window in result) for span in fitting)


@given(SENTENCES, ROOM)
def test_neighbouring_sentences_that_fit_together_are_together_in_a_window(sentences: Spans, room: int) -> None:
    result = windows(sentences, room)
    full = [span for span in sentences if span[0] < span[1]]
    pairs = [(left[0], right[1]) for left, right in pairwise(full) if right[1] - left[0] <= room]
    assert all(any(holds(window, pair) for window in result) for pair in pairs)


@given(SENTENCES, ROOM)
def test_windows_make_progress_at_both_ends(sentences: Spans, room: int) -> None:
    result = windows(sentences, room)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(result))


@given(SENTENCES, ROOM)
def test_no_sentence_that_fits_is_in_more_than_two_windows(sentences: Spans, room: int) -> None:
    result = windows(sentences, room)
    for span in sentences:
        if 0 < span[1] - span[0] <= room:
            assert 1 <= sum(holds(window, span) for window in result) <= 2


@given(st.integers(1, 400), ROOM)
def test_pieces_of_a_long_sentence_are_full_and_share_a_quarter(length: int, room: int) -> None:
    result = windows([(0, length)], room)
    assert all(end - start == min(room, length) for start, end in result)
    assert all(a[1] - b[0] >= room // 4 for a, b in pairwise(result))


def test_all_sentences_that_fit_make_one_window() -> None:
    assert windows([(0, 4), (4, 7), (7, 10)], 10) == [(0, 10)]


def test_consecutive_windows_share_a_sentence() -> None:
    assert windows([(0, 4), (4, 7), (7, 10), (10, 13)], 10) == [(0, 10), (7, 13)]


def test_windows_share_nothing_where_two_sentences_do_not_fit_together() -> None:
    assert windows([(0, 6), (6, 12)], 10) == [(0, 6), (6, 12)]


def test_a_long_sentence_is_cut_and_its_neighbours_stay_whole() -> None:
    assert windows([(0, 3), (3, 20), (20, 22)], 8) == [(0, 3), (3, 11), (9, 17), (12, 20), (20, 22)]


def test_nothing_makes_no_window() -> None:
    assert windows([], 10) == windows([(0, 0)], 10) == []


@pytest.mark.parametrize("room", [0, -1])
def test_a_window_without_room_is_refused_with_its_value(room: int) -> None:
    with pytest.raises(ConfigError, match=f"max_tokens is {room}, expected 1 or more"):
        windows([(0, 3)], room)


@pytest.mark.parametrize("sentences", [[(0, 3), (4, 6)], [(0, 3), (2, 6)], [(3, 0), (0, 2)]])
def test_sentences_that_do_not_follow_each_other_are_refused(sentences: Spans) -> None:
    with pytest.raises(DataError, match="leave no gaps"):
        windows(sentences, 10)


def test_many_sentences_take_linear_time() -> None:
    result = windows(spans_of([1] * 1_000_000), 100_000)
    assert result[-1][1] == 1_000_000


def test_the_usual_window_fits_all_but_a_few_very_long_sentences() -> None:
    assert usual_window(range(300, 400)) == 399
    assert usual_window([500]) == 500
    assert usual_window([60] * 200 + [3000]) == 180
    assert usual_window([50] * 30 + [1600] * 2) == 150
    assert usual_window([1, 500]) == SHORTEST_WINDOW


@given(SENTENCES, ROOM, st.integers(1, 40))
def test_a_sentence_that_is_longer_than_a_window_is_whole_up_to_the_longest(
    sentences: Spans, room: int, longest: int
) -> None:
    longest = max(room, longest)
    result = windows(sentences, room, longest=longest)
    held = {token for start, end in result for token in range(start, end)}
    assert held == {token for start, end in sentences for token in range(start, end)}
    assert all(any(holds(window, span) for window in result) for span in sentences if 0 < span[1] - span[0] <= longest)
    assert all(
        window in sentences or window[1] - window[0] <= room for window in result if window[1] - window[0] < longest
    )


def test_with_a_window_of_one_token_a_text_is_read_sentence_by_sentence() -> None:
    document = read_text("Ada met Bo in Rome. Cy left. It " + "word " * (SHORTEST_WINDOW + 5))
    ranges = reading_ranges(document, 1)
    assert ranges[:2] == [(0, 6), (6, 9)]
    assert all(end - start == SHORTEST_WINDOW for start, end in ranges[2:])
    assert longest_range(1) == SHORTEST_WINDOW
    assert longest_range(SHORTEST_WINDOW + 1) == SHORTEST_WINDOW + 1
