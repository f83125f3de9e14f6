"""A small experiment folder on a few sentences of the shipped corpus, and a watcher for its runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl
from tests.training.tiny_runs import TINY, Watcher

EXPECTED = {
    "k0": {"toy": {"partial": [80.0, 70.0, 74.7], "exact": [None, None, 60.0]}},
    "k1": {"toy": {"partial": [None, None, 76.5]}},
    "k9": {"toy": {"partial": [None, None, 77.0]}},
}
BUDGETS = {"paper": {"toy_*": {"training.epochs": 3, "training.schedule": "constant"}, "*_k1": {"training.epochs": 2}}}


def toml(data: str, **model: Any) -> str:
    """A tiny configuration on the dataset `data`, with these settings of the model."""
    sections = {"data": {split: f"../data/{data}/{split}.jsonl" for split in ("train", "dev", "test")}, **TINY}
    sections["model"] = sections["model"] | model
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
        for name, values in sections.items()
    )


def lay_out(root: Path) -> Path:
    """The experiment folder `root/paper`: two rows that can be run, and one (`absent_k1`) whose data is not there."""
    folder, data = root / "paper", root / "data" / "toy"
    folder.mkdir()
    data.mkdir(parents=True)
    for split, size in (("train", 24), ("dev", 8), ("test", 8)):
        write_jsonl(data / f"{split}.jsonl", load_corpus(split)[:size])
    for k in (0, 1):
        (folder / f"toy_k{k}.toml").write_text(toml("toy", num_rounds=k))
    (folder / "absent_k1.toml").write_text(toml("absent"))
    (folder / "expected.json").write_text(json.dumps(EXPECTED))
    (folder / "budgets.json").write_text(json.dumps(BUDGETS))
    return folder


@contextmanager
def unseen(trial: Any, plan: Any) -> Iterator[Watcher]:
    """Watches a training and tells nobody."""
    yield Watcher()
