import pytest

pytest.importorskip("sphinx", reason="relknit[docs] is not installed")

from builder.docstrings import to_rst


def test_prose_stays_prose_letter_for_letter():
    assert to_rst("H' = (1-z)*h + z*w_o, of <name>") == r"H' = (1-z)\*h + z\*w\_o, of \<name\>"


def test_code_is_code_and_not_touched():
    assert to_rst("sets `a_b*c` and a_b") == r"sets ``a_b*c`` and a\_b"


@pytest.mark.parametrize("text", ["a, b:    (Ta, d)\nweight:  (l, d)", "    H = x\n    y = H", ">>> 1 + 1\n2"])
def test_columns_indented_lines_and_prompts_stay_as_they_are(text):
    lines = "".join(f"\n    {line}" for line in text.splitlines())
    assert to_rst(f"What it is.\n\n{text}\n") == f"What it is.\n\n::\n{lines}"


@pytest.mark.parametrize("where", ["(EMNLP eq. 5)", "(v1 eqs. 1 and 2)", "(eq. 2)", "(equations 1 to 9 of the paper)"])
def test_the_gap_before_an_equation_makes_no_columns(where):
    assert to_rst(f"The strongest   {where}.") == f"The strongest {where}."


def test_paragraphs_are_kept_apart():
    assert to_rst("One.\n\nTwo,\nand more.\n") == "One.\n\nTwo,\nand more."
    assert to_rst("") == ""
