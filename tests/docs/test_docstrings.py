import pytest

from builder.docstrings import to_markdown


def test_prose_stays_prose_letter_for_letter():
    assert to_markdown("H' = (1-z)*h + z*w_o, of <name>") == r"H' = (1-z)\*h + z\*w\_o, of \<name\>"


def test_code_spans_are_not_touched():
    assert to_markdown("sets `a_b*c` and a_b") == r"sets `a_b*c` and a\_b"


def test_columns_stay_columns():
    text = "a, b:    (Ta, d)\nweight:  (l, d)"
    assert to_markdown(f"What it is.\n\n{text}") == f"What it is.\n\n```text\n{text}\n```"


def test_indented_lines_stay_as_they_are():
    assert to_markdown("Like\n\n    H = x\n    y = H") == "Like\n\n```text\n    H = x\n    y = H\n```"


def test_what_is_typed_at_a_prompt_is_python():
    assert to_markdown(">>> 1 + 1\n2") == "```pycon\n>>> 1 + 1\n2\n```"


@pytest.mark.parametrize("where", ["(EMNLP eq. 5)", "(v1 eqs. 1 and 2)", "(eq. 2)", "(equations 1 to 9 of the paper)"])
def test_the_gap_before_an_equation_makes_no_columns(where):
    assert to_markdown(f"The strongest   {where}.") == f"The strongest {where}."


def test_paragraphs_are_kept_apart():
    assert to_markdown("One.\n\nTwo,\nand more.\n") == "One.\n\nTwo,\nand more."
    assert to_markdown("") == ""
