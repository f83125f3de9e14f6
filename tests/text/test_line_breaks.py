import textwrap

import pytest

from relknit.text.line_breaks import paragraph_starts
from relknit.text.sentences import sentence_spans
from relknit.text.tokenise import tokenise

PROSE = (
    "Mira Voss founded Tallow Press in Brenmouth, where she had lived since 1902 with her brother. The press "
    "printed maps, almanacs and the first Brenmouth Herald, which Anna Reed edited. It closed after the war."
)


def lines_that_begin_a_paragraph(text):
    starts = [0, *paragraph_starts(text)]
    return [text[start:].split("\n")[0].strip() for start in starts]


@pytest.mark.parametrize("width", [30, 45, 60, 80, 100])
def test_wrapped_prose_is_one_paragraph(width):
    assert paragraph_starts(textwrap.fill(PROSE, width)) == []


@pytest.mark.parametrize("break_", ["\n", "\r\n"])
def test_lines_of_complete_sentences_are_paragraphs(break_):
    lines = ["Ada lived in Rome.", 'Bo said: "No."', "Cy ran!", "A short one?"]
    assert lines_that_begin_a_paragraph(break_.join(lines)) == lines


@pytest.mark.parametrize("mark", ["-", "*", "•", "1.", "2)", "(a)"])
def test_each_list_item_begins_a_paragraph(mark):
    text = f"They founded these\n{mark} Tallow Press in\n  Brenmouth\n{mark} Reed Mill"
    found = lines_that_begin_a_paragraph(text)
    assert found == ["They founded these", f"{mark} Tallow Press in", f"{mark} Reed Mill"]


@pytest.mark.parametrize("heading", ["Early life", "# early life", "Early life\n=========="])
def test_a_heading_ends_before_the_text(heading):
    text = heading + "\n" + textwrap.fill(PROSE, 60)
    assert lines_that_begin_a_paragraph(text)[-1].startswith("Mira Voss")
    assert len(paragraph_starts(text)) == 1


def test_a_date_or_a_dash_inside_a_line_begins_nothing():
    assert paragraph_starts("It opened in the year that\nfollowed - 1902 - and closed\n1950 in spring") == []


def test_a_sentence_does_not_extend_over_a_heading():
    text = "Brenmouth\n" + textwrap.fill(PROSE, 60)
    tokens = tokenise(text)
    assert [tokens[end - 1].text for _, end in sentence_spans(tokens, text)][:2] == ["Brenmouth", "."]
