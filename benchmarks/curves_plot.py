"""The drawing of `curves.py`: four log-log panels, lines named at their ends, in a palette for colour-blind readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from relknit.errors import RelknitError

# Okabe and Ito's palette, a marker of its own for each
STYLES: Final = {
    "naive": {"color": "#D55E00", "marker": "o"},
    "chunked": {"color": "#0072B2", "marker": "s"},
    "reference": {"color": "#009E73", "marker": "^"},
}
AXES: Final = {"n": ("tokens", "n, tokens of the sentence"), "l": ("relations", "l, relations")}
VALUES: Final = {"seconds_p50": "seconds a step (median)", "peak_mb": "peak memory above the model, MB"}
Row = Mapping[str, Any]


def import_pyplot() -> Any:
    """matplotlib.pyplot for files alone; raises RelknitError that says how to get it."""
    try:
        import matplotlib
    except ImportError:
        raise RelknitError("drawing needs matplotlib; install it with: pip install matplotlib") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def curve(rows: Sequence[Row], axis: str, impl: str, value: str) -> tuple[list[float], list[float]]:
    """x and y of one line, x ascending."""
    chosen = [row for row in rows if row["axis"] == axis and row["implementation"] == impl]
    points = sorted((float(row[AXES[axis][0]]), float(row[value])) for row in chosen)
    return [x for x, _ in points], [y for _, y in points]


def title(row: Row) -> str:
    """What was measured, on what."""
    threads = int(row["threads"])
    where = f"{row['cpu']}, {threads} thread{'s' if threads > 1 else ''}, torch {row['torch']}, Python {row['python']}"
    return (
        f"One training step on one sentence, K = {int(row['rounds'])}\n{where}, relknit {row['relknit']}, {row['date']}"
    )


def draw(rows: Sequence[Row], path: Path, *, limit_gb: float) -> None:
    """Write the drawing as a PNG. Raises RelknitError where matplotlib is missing."""
    plt = import_pyplot()
    figure, panels = plt.subplots(2, 2, figsize=(10.5, 7.6), layout="constrained")
    for column, axis in enumerate(AXES):
        for line, value in enumerate(VALUES):
            _panel(panels[line][column], rows, axis, value, limit_gb)
    figure.suptitle(title(rows[0]), fontsize=12)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _panel(panel: Any, rows: Sequence[Row], axis: str, value: str, limit_gb: float) -> None:
    from matplotlib import ticker

    impls = list(dict.fromkeys(row["implementation"] for row in rows))
    every = sorted({float(row[AXES[axis][0]]) for row in rows if row["axis"] == axis})
    panel.set_xscale("log", base=2 if axis == "n" else 10)
    panel.set_yscale("log")
    for impl in impls:
        x, y = curve(rows, axis, impl, value)
        if not x:
            continue
        style = STYLES.get(impl, {"color": "black", "marker": "x"})
        panel.plot(x, y, linewidth=2, markersize=6, **style)
        text, offset, side = impl, (8, 0), "left"
        if x[-1] < every[-1]:  # it stops early; to its left nothing else is drawn that high
            text = f"{impl}\n(stops here: the next\nneeds over {limit_gb:g} GB)"
            offset, side = (-16, 10), "right"
        panel.annotate(
            text,
            (x[-1], y[-1]),
            xytext=offset,
            ha=side,
            textcoords="offset points",
            va="center",
            color=style["color"],
            fontsize=10,
        )
    fixed = "relations" if axis == "n" else "tokens"
    other = next((row[fixed] for row in rows if row["axis"] == axis), None)
    panel.set_title("" if other is None else f"{int(other)} {fixed}", fontsize=10)
    panel.set_xlabel(AXES[axis][1])
    panel.set_ylabel(VALUES[value])
    panel.set_xticks(every, [f"{int(x)}" for x in every])
    panel.minorticks_off()
    panel.yaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 3.0)))
    panel.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f"{y:g}"))
    panel.yaxis.set_minor_locator(ticker.NullLocator())
    low, high = panel.get_ylim()
    panel.set_ylim(low, high * 1.6)
    if every:
        panel.set_xlim(every[0] * 0.85, every[-1] * (every[-1] / every[0]) ** 0.22)  # room for the names
    panel.grid(True, which="major", color="#dddddd")
    panel.spines[["top", "right"]].set_visible(False)
