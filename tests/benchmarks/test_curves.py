import csv
import sys
from contextlib import nullcontext

import pytest

import curves
from relknit.errors import RelknitError

SMALL = ["--tokens", "4,8", "--relations", "2", "--at-tokens", "5", "--at-relations", "3", "--steps", "1"]


def rows():
    machine = {"cpu": "x", "threads": 1, "rounds": 2, "torch": "2", "python": "3", "relknit": "1", "date": "today"}
    along_n = [(n, "naive", 2 * n) for n in (16, 32)] + [(n, "chunked", n) for n in (64, 16, 32)]
    points = [("n", n, 3, impl, seconds) for n, impl, seconds in along_n]
    points += [("l", 9, relations, "chunked", relations) for relations in (10, 100)]
    names = ("axis", "tokens", "relations", "implementation", "seconds_p50")
    return [dict(zip(names, point, strict=True)) | {"peak_mb": 10.0} | machine for point in points]


class TestPoints:
    def test_one_size_varies_while_the_other_stays(self):
        assert curves.points(curves.arguments(SMALL)) == [("n", 4, 3), ("n", 8, 3), ("l", 5, 2)]

    def test_a_dense_step_takes_as_much_as_its_tables(self):
        # 10² pairs x 4 bytes x (3 passes x (200 + 200 + 3x5) + 200 + 2x5)
        assert curves.dense_gb(10, 5, 2) == pytest.approx(100 * 4 * (3 * 415 + 210) / 1e9)

    @pytest.fixture
    def seconds(self, monkeypatch):
        """Seconds of a step, by implementation, in processes that there are not."""
        taken = {"naive": 1.0, "chunked": 1.0}

        class Fake(nullcontext):
            def __init__(self, settings):
                super().__init__(self)
                self.answer = {"seconds": taken[settings["impl"]], "peak_mb": 5.0}

            def wait_ready(self):
                """At once."""

            def step(self):
                return self.answer

        monkeypatch.setattr(curves, "Child", Fake)
        return taken

    def test_a_dense_step_that_needs_too_much_is_left_out(self, seconds):
        args = curves.arguments([*SMALL, "--limit-gb", "0.0001"])
        assert set(curves.measure(args, 2, 3)) == {"naive", "chunked"}
        assert set(curves.measure(args, 50, 3)) == {"chunked"}

    def test_a_slow_point_gets_fewer_steps(self, seconds):
        seconds |= {"naive": 4.0, "chunked": 0.1}
        figures = curves.measure(curves.arguments([*SMALL, "--steps", "5", "--seconds", "3"]), 4, 3)
        assert {impl: row["steps"] for impl, row in figures.items()} == {"naive": 1, "chunked": 5}


class TestRows:
    def test_they_are_measured_written_and_read_back(self, tmp_path):
        args = curves.arguments([*SMALL, "--tokens", "4", "--impl", "chunked", "--csv", str(tmp_path / "rows.csv")])
        made = curves.all_rows(args)
        where = [(row["axis"], row["tokens"], row["relations"], row["implementation"]) for row in made]
        assert where == [("n", 4, 3, "chunked"), ("l", 5, 2, "chunked")]
        assert all(row["seconds_p50"] > 0 for row in made)
        read = curves.read_rows(tmp_path / "rows.csv")
        assert [row["peak_mb"] for row in read] == [row["peak_mb"] for row in made]

    def test_a_file_of_something_else_is_named(self, tmp_path):
        (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
        with pytest.raises(RelknitError, match=r"other\.csv: no points of curves\.py"):
            curves.read_rows(tmp_path / "other.csv")


class TestDrawing:
    def test_without_matplotlib_it_says_how_to_get_it_before_anything_is_measured(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        monkeypatch.setattr(curves, "all_rows", lambda _: pytest.fail("measured"))
        with pytest.raises(RelknitError, match="needs matplotlib; install it with: pip install"):
            curves.main([])

    def test_earlier_points_are_drawn_again(self, tmp_path, capsys):
        pytest.importorskip("matplotlib")
        with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows()[0]))
            writer.writeheader()
            writer.writerows(rows())
        png = tmp_path / "images" / "curves.png"
        curves.main(["--points", str(tmp_path / "rows.csv"), "--png", str(png)])
        assert png.read_bytes().startswith(b"\x89PNG")
        assert capsys.readouterr().out == f"{png}\n"
