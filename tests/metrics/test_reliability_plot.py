import sys

import pytest

from relknit.errors import DataError, MissingExtraError
from relknit.metrics.curves import Scored
from relknit.metrics.reliability import equal_mass
from relknit.metrics.reliability_plot import draw_reliability

TRIPLES = equal_mass([Scored(k / 60, k % 3 > 0) for k in range(60)])
ENTITIES = equal_mass([Scored(0.9, True)] * 8)


def size_of(png):
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_a_plot_is_a_png_with_a_panel_for_each_reliability(tmp_path):
    pytest.importorskip("matplotlib")
    draw_reliability({"triples": TRIPLES, "entities": ENTITIES}, tmp_path / "two.png")
    draw_reliability({"triples": TRIPLES, "entities": None}, tmp_path / "one.png")
    two, one = ((tmp_path / name).read_bytes() for name in ("two.png", "one.png"))
    assert two.startswith(b"\x89PNG")
    assert size_of(two)[0] == 2 * size_of(one)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]


def test_the_points_are_the_bins(monkeypatch, tmp_path):
    figures = pytest.importorskip("matplotlib.figure")
    drawn = []

    def savefig(figure, target, **options):
        drawn.append(figure)
        target.write_bytes(b"")

    monkeypatch.setattr(figures.Figure, "savefig", savefig)
    draw_reliability({"triples": TRIPLES}, tmp_path / "plot.png")
    axis = drawn[0].axes[0]
    points = axis.containers[0].lines[0].get_xydata().tolist()
    assert points == [[b.confidence, b.right] for b in TRIPLES.bins]
    assert "60, calibration error" in axis.get_title()


def test_without_any_confidence_there_is_nothing_to_draw(tmp_path):
    with pytest.raises(DataError, match="no confidence, so there is nothing to draw"):
        draw_reliability({"triples": None, "entities": None}, tmp_path / "plot.png")
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_the_error_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'relknit\[plot\]'"):
        draw_reliability({"triples": TRIPLES}, tmp_path / "plot.png")


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    pytest.importorskip("matplotlib")
    with pytest.raises(DataError, match="cannot be written"):
        draw_reliability({"triples": TRIPLES}, tmp_path / "none" / "plot.png")
