from dataclasses import replace

from relknit.experiments import COLUMNS, Spread, TableRow, cells, to_markdown

LINE = TableRow(
    "webnlg",
    "k2",
    "partial",
    budget="short",
    seeds=(1, 2, 3),
    precision=Spread(87.04, 0.26),
    recall=Spread(86.0, None),
    f1=Spread(86.5, 0.44),
    published=(87.6, 87.0, 87.3),
)


def test_figures_have_one_decimal_and_their_std():
    assert cells(LINE) == (
        "webnlg", "k2", "partial", "short", "3", "87.0 ± 0.3", "86.0", "86.5 ± 0.4", "", "87.6 / 87.0 / 87.3", "-0.8", "",
    )  # fmt: skip


def test_a_row_that_was_not_run_says_so_beside_the_published_figure():
    line = TableRow("nyt", "k0", "exact", published=(None, None, 76.9), note="data missing: nyt/train.jsonl.gz")
    shown = dict(zip(COLUMNS, cells(line), strict=True))
    assert shown["F1"] == "not run"
    assert shown["published"] == "76.9"
    assert shown["note"] == "data missing: nyt/train.jsonl.gz"
    assert {shown[name] for name in ("budget", "seeds", "P", "R", "gap")} == {""}


def test_the_false_positive_rate_is_shown_as_its_mean():
    shown = dict(zip(COLUMNS, cells(replace(LINE, false_positive_rate=Spread(0.62, 0.1))), strict=True))
    assert (shown["FP rate"], shown["published"]) == ("0.6", "87.6 / 87.0 / 87.3")


def test_a_gap_upwards_has_its_sign():
    line = TableRow("a", "b", "c", seeds=(1,), f1=Spread(80.0, None), published=(None, None, 79.5))
    assert dict(zip(COLUMNS, cells(line), strict=True))["gap"] == "+0.5"


def test_markdown_has_a_head_and_a_row_for_each_line():
    head, rule, first, second = to_markdown([LINE, TableRow("toy", "k1", "exact", note="a | b")]).splitlines()
    assert head == "| " + " | ".join(COLUMNS) + " |"
    assert rule.count("---") == len(COLUMNS)
    assert "| 86.5 ± 0.4 |  | 87.6 / 87.0 / 87.3 | -0.8 |" in first
    assert r"a \| b" in second


def test_no_rows_are_a_table_without_rows():
    assert len(to_markdown([]).splitlines()) == 2
