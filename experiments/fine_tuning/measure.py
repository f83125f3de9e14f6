"""Samples of data, and the scores of fine-tuned models on them; LOG.md has the commands.

    python experiments/fine_tuning/measure.py sample data/conll04/train.jsonl.gz 104 small/train.jsonl --seed 1
    python experiments/fine_tuning/measure.py score runs/tuned --old old.jsonl --new small/test.jsonl

`score` prints the strict F1 of the relations of --parent on --old, and of all others on --new.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from relknit.checkpoint import SavedModel, load_model
from relknit.data.readers import read_documents
from relknit.document.jsonl import write_jsonl
from relknit.evaluation import quick_scores
from relknit.ops.workers import single_threaded
from relknit.runtime import Runtime
from relknit.sources import find_model


def sample(source: Path, count: int, target: Path, *, seed: int) -> None:
    """Write `count` sentences, drawn without replacement."""
    target.parent.mkdir(parents=True, exist_ok=True)
    write_jsonl(target, random.Random(seed).sample(read_documents(source).documents, count))


def strict(saved: SavedModel, path: Path, unannotated: set[str]) -> float:
    """Strict F1 in %, the triples of relations that the file does not annotate left aside."""
    documents, limits = read_documents(path).documents, saved.trained_on.max_tokens
    found = quick_scores(saved.model, documents, max_tokens=limits, runtime=Runtime(threads=1), unannotated=unannotated)
    return 100 * found["strict"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    drawing = commands.add_parser("sample")
    drawing.add_argument("source", type=Path)
    drawing.add_argument("count", type=int)
    drawing.add_argument("target", type=Path)
    drawing.add_argument("--seed", type=int, default=1)
    scoring = commands.add_parser("score")
    scoring.add_argument("run", type=Path)
    scoring.add_argument("--old", type=Path, required=True)
    scoring.add_argument("--new", type=Path, required=True)
    scoring.add_argument("--parent", default="webnlg")
    given = parser.parse_args()
    if given.command == "sample":
        sample(given.source, given.count, given.target, seed=given.seed)
        return
    single_threaded()
    saved, known = load_model(given.run), set(load_model(find_model(given.parent)).model.labels.relations)
    old = strict(saved, given.old, set(saved.model.labels.relations) - known)
    sys.stdout.write(f"{given.run.name}: old {old:.1f}  new {strict(saved, given.new, known):.1f}\n")


if __name__ == "__main__":
    main()
