import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relknit.text import paragraphs as module
from relknit.text.paragraphs import paragraphs


def split(text, **options):
    return [(p.text, p.start) for p in paragraphs(io.StringIO(text, newline=""), **options)]


def test_blank_lines_part_paragraphs_and_starts_count_characters():
    assert split("Ünï one.\n\nTwo\nlines.\n \n\nThree.") == [("Ünï one.", 0), ("Two\nlines.", 10), ("Three.", 24)]


def test_windows_line_ends_count_too():
    assert split("One.\r\n\r\nTwo.") == [("One.", 0), ("Two.", 8)]


def test_a_stream_of_white_space_has_no_paragraphs():
    assert split("") == []
    assert split(" \n\n \n") == []


def test_a_long_paragraph_is_cut_where_a_sentence_ends():
    text = "Ada left. Bo stayed there. Cy came back again. "
    parts = split(text, longest=30)
    assert [p for p, _ in parts] == ["Ada left. Bo stayed there. ", "Cy came back again. "]


def test_a_word_without_end_is_cut_hard_rather_than_lost():
    parts = split("x" * 100, longest=30)
    assert "".join(p for p, _ in parts) == "x" * 100
    assert max(len(p) for p, _ in parts) <= 30


@given(st.text(alphabet="ab. \n\r", max_size=200), st.integers(5, 60), st.integers(1, 40))
def test_paragraphs_contain_every_word_in_its_place(text, longest, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        found = split(text, longest=longest)
    for part, start in found:
        assert text[start : start + len(part)] == part
        assert len(part) <= longest
    starts = [start for _, start in found]
    assert starts == sorted(starts)
    covered = set()
    for part, start in found:
        covered |= set(range(start, start + len(part)))
    assert all(text[k].isspace() for k in range(len(text)) if k not in covered)


@given(st.text(alphabet="ab.\n ", max_size=300))
def test_the_size_of_blocks_read_changes_nothing(text):
    whole = split(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 3)
        assert split(text) == whole
