"""Make the pictures in docs/images again: `make screenshots`, or `python docs/screenshots.py [NAME ...]`.

Runs the commands of docs/your-own-data.md in a folder of its own (a training of about a minute, once), and takes pictures of
their output with headless Chromium, which has to be on the PATH.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT: Final = Path(__file__).resolve().parents[1]
IMAGES: Final = ROOT / "docs" / "images"
MOST_BYTES: Final = 150_000
SENTENCE: Final = "Nora Lund designed Hollin Viaduct, which opened in 1902 and crosses the River Isk."
TERMINAL: Final = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 18px 22px; background: {background}; color: {foreground}; }}
pre {{ font: 15px/1.4 "DejaVu Sans Mono", monospace; margin: 0; }} {stylesheet}
</style><pre>{code}</pre>"""
ONLY_SENTENCES: Final = "header, nav, section:not(:has(> #sentences)) { display: none }"


@dataclass(frozen=True)
class View:
    """A page and the size of the window it is seen in, in pixels."""

    page: Path
    width: int
    height: int


def relknit(folder: Path, *arguments: str, columns: int = 100) -> str:
    """Run a command as in a terminal of that width; its output, with colours. Ends the program where the command fails."""
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(columns), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "relknit", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    found_errors = arguments[:2] == ("data", "doctor") and done.returncode == 1
    if done.returncode and not found_errors:
        sys.exit(f"relknit {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def prepare(folder: Path) -> None:
    """The data and the model of docs/your-own-data.md, unless they exist and are made from the present table."""
    table, known = ROOT / "docs" / "examples" / "bridges" / "bridges.csv", folder / "bridges.csv"
    trained = (folder / "runs" / "fixed" / "model.safetensors").exists()
    if trained and known.exists() and known.read_bytes() == table.read_bytes():
        return
    for made in ("bridges", "fixed", "runs/fixed"):
        shutil.rmtree(folder / made, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(table, folder)
    relknit(folder, "data", "convert", "bridges.csv", "bridges", "--split", "70/15/15")
    relknit(folder, "data", "doctor", "bridges", "--fix", "fixed")
    relknit(folder, "train", "fixed", "--set", "training.threads=1")


def terminal(folder: Path, command: str, printed: str, *, width: int) -> Path:
    """An HTML page that looks like a terminal after a command."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=width, file=nowhere, force_terminal=True)
        console.print(Text(f"$ {command}", style="bold"))
        console.print(Text.from_ansi(printed.rstrip("\n")))
    page = folder / "terminal.html"
    page.write_text(console.export_html(theme=MONOKAI, code_format=TERMINAL), encoding="utf-8")
    return page


def extract(folder: Path) -> View:
    """The table of `relknit extract`, shipped model."""
    sentence = "Marie Curie was born in Warsaw, Poland, and won the Nobel Prize in Physics in 1903."
    printed = relknit(folder, "extract", sentence, columns=96)
    return View(terminal(folder, f'relknit extract "{sentence}"', printed, width=96), 920, 240)


def doctor(folder: Path) -> View:
    """The report of `relknit data doctor`."""
    relknit(folder, "data", "doctor", "bridges", "--html", "doctor.html")
    return View(folder / "doctor.html", 1000, 900)


def document(folder: Path) -> View:
    """A Document as notebooks show it and `to_html` writes it."""
    import relknit as library

    page = folder / "document.html"
    page.write_text(library.load(folder / "runs" / "fixed")(SENTENCE).to_html(), encoding="utf-8")
    return View(page, 900, 345)


def report(folder: Path) -> View:
    """The top of the report of `relknit evaluate --html`: scores."""
    relknit(folder, "evaluate", "fixed/test.jsonl", "--model", "runs/fixed", "--html", "report.html")
    return View(folder / "report.html", 1000, 1000)


def errors(folder: Path) -> View:
    """The sentences of the same report, gold and predicted triples in their text."""
    whole = report(folder).page.read_text(encoding="utf-8")
    page = folder / "errors.html"
    changeable = re.sub(r"<meta http-equiv=.Content-Security-Policy[^>]*>", "", whole)  # which allows no other style
    page.write_text(changeable.replace("</style>", f"{ONLY_SENTENCES}</style>", 1), encoding="utf-8")
    return View(page, 1000, 900)


PICTURES: Final[Mapping[str, Callable[[Path], View]]] = MappingProxyType(
    {"extract": extract, "doctor": doctor, "document": document, "report": report, "errors": errors}
)


def photograph(view: View, picture: Path) -> None:
    """A picture of a page; ends the program when the file is larger than a page should load."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no chromium on the PATH; install it, or take the pictures on another machine")
    window = (f"--window-size={view.width},{view.height}", "--hide-scrollbars", "--force-device-scale-factor=1")
    options = ("--headless", "--no-sandbox", "--disable-gpu", *window, f"--screenshot={picture}")
    subprocess.run([chromium, *options, view.page.resolve().as_uri()], check=True, capture_output=True, timeout=120)
    if picture.stat().st_size > MOST_BYTES:
        sys.exit(f"{picture}: {picture.stat().st_size} bytes; make its window smaller than in {view}")


def main() -> None:
    """Take the named pictures, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []], help="names of pictures; all by default")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "screenshots")
    arguments = parser.parse_args()
    prepare(arguments.work)
    for name in arguments.names or PICTURES:
        photograph(PICTURES[name](arguments.work), IMAGES / f"{name}.png")
        sys.stdout.write(f"{IMAGES / name}.png\n")


if __name__ == "__main__":
    main()
