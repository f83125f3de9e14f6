import sys
from dataclasses import replace

import pytest

from relknit.errors import DataError, MissingExtraError
from relknit.experiments import Spread, TableRow, draw
from relknit.experiments.figure import _worth_drawing, curves, printed_points, rounds


def line(row, *, f1=None, published=None, budget=None, **changes):
    figure = None if published is None else (None, None, published)
    ours = None if f1 is None else Spread(f1, 0.3)
    return TableRow("webnlg", row, "partial", budget=budget, f1=ours, published=figure, **changes)


LINES = [
    line("k2", f1=87.0, published=87.3, budget="short"),
    line("k0", f1=85.0, published=85.6, budget="short"),
    line("k10", published=85.0),
    line("rnn_k1", f1=84.0, budget="short"),
    line("no_er", f1=76.0, budget="short"),
    line("k3"),
    line("k1", f1=20.0, budget="short", other_settings=True),
]


def test_rounds_are_read_from_the_name_of_the_row():
    assert [rounds(each) for each in LINES] == [2, 0, 10, 1, -1, 3, 1]


def test_curves_hold_rows_named_after_k_in_its_order():
    ((panel, series),) = curves(LINES).items()
    assert panel == ("webnlg", "partial")
    assert {name: [each.row for each in points] for name, points in series.items()} == {
        "short": ["k0", "k2"],
        "rnn short": ["rnn_k1"],
        "": ["k10"],
    }


def test_panels_are_of_datasets_that_were_run_and_scores_that_are_published():
    lines = [
        replace(line("k0", f1=62.0), dataset="small", score="strict"),
        replace(line("k0", f1=62.0), dataset="small", score="exact"),
        replace(line("k0", published=83.5), dataset="whole"),
        replace(line("k0", published=74.2), score="exact"),
        line("k0", f1=85.0, published=85.6),
    ]
    drawn = _worth_drawing(curves(lines))
    assert list(drawn) == [("small", "exact"), ("webnlg", "partial"), ("webnlg", "exact")]
    unrun = [each for each in lines if each.dataset == "whole"]
    assert list(_worth_drawing(curves(unrun))) == [("whole", "partial")]


def test_a_dataset_without_one_of_the_scores_leaves_its_place_empty(tmp_path):
    pytest.importorskip("matplotlib")
    draw(
        [*LINES, replace(line("k0", f1=62.0), dataset="small", score="exact"), replace(LINES[0], score="exact")],
        tmp_path / "k.png",
    )
    assert (tmp_path / "k.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_is_drawn_with_ours_and_the_published_curve(tmp_path):
    pytest.importorskip("matplotlib")
    draw(LINES, tmp_path / "k.png")
    assert (tmp_path / "k.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["k.png"]


def test_each_model_has_a_published_curve_of_its_own():
    lines = [line("k1", published=86.3), line("bert_k1", published=89.7), line("k3", f1=80.0, published=87.0)]
    ((series),) = curves([*lines, line("rnn_k3", f1=84.0), line("no_er", published=76.0)]).values()
    assert printed_points(series) == {"": {1: 86.3, 3: 87.0}, "bert": {1: 89.7}}


def test_rows_without_k_have_no_curve(tmp_path):
    with pytest.raises(DataError, match="named after its K"):
        draw([line("no_er", f1=76.0)], tmp_path / "k.png")


def test_without_matplotlib_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"relknit\[plot\]"):
        draw(LINES, tmp_path / "k.png")
    assert not (tmp_path / "k.png").exists()


def test_a_run_with_other_settings_hides_no_published_point():
    other = line("k1", f1=20.0, published=87.0, budget="short", other_settings=True)
    ((series),) = curves([other]).values()
    assert [(point.f1, point.published[2]) for point in series[""]] == [(None, 87.0)]
