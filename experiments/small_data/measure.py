r"""Train on small draws of a dataset and score its whole test split: strict F1, one line a draw.

    python experiments/small_data/measure.py data/conll04 --sizes 30 120 --seeds 1 2 3 4 5 --preset minilm

A draw is `random.Random(seed).sample` of the train split; dev is left to what `relknit train` does without one. The seed
is also that of the training. Every other setting has its default, so the figures are those of `relknit train FOLDER`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from pathlib import Path

import relknit
from relknit.data.readers import find_splits, read_documents
from relknit.document.jsonl import write_jsonl


def main() -> None:
    """One training for each size and seed, then mean and standard deviation of each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 120])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--preset", help="as of relknit train")
    parser.add_argument("--set", nargs="*", default=[], help="settings, section.key=value")
    options = parser.parse_args()
    splits = find_splits(options.data)
    train, test = (read_documents(splits[name]).documents for name in ("train", "test"))
    for size in options.sizes:
        found = []
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as folder:
                data = Path(folder, "data")
                data.mkdir()
                write_jsonl(data / "train.jsonl", random.Random(seed).sample(list(train), size))
                settings = [f"training.seed={seed}", "training.threads=1", *options.set]
                result = relknit.train(data, Path(folder, "run"), settings=settings, preset=options.preset)
                strict = 100 * relknit.evaluate(result.folder, test).scores["strict"].f1
            found.append(strict)
            print(f"{size} sentences, seed {seed}: strict {strict:.1f}, {result.seconds:.0f} s", flush=True)
        spread = statistics.stdev(found) if len(found) > 1 else 0.0
        print(f"{size} sentences: {statistics.mean(found):.1f} ± {spread:.1f}", flush=True)


if __name__ == "__main__":
    main()
