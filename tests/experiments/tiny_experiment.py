"""A small experiment folder on a few sentences of the shipped corpus, its rows, and an observer of its runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl
from relknit.experiments import ExperimentRow, find_rows
from tests.training.tiny_runs import TINY, Watcher

EXPECTED = {
    "k0": {"toy": {"partial": [80.0, 70.0, 74.7], "exact": [None, None, 60.0]}},
    "k1": {"toy": {"partial": [None, None, 76.5]}},
    "k9": {"toy": {"partial": [None, None, 77.0]}},
}
BUDGETS = {"paper": {"toy_*": {"training.epochs": 3, "training.schedule": "constant"}, "*_k1": {"training.epochs": 2}}}


def tables(prefix: str, sections: dict[str, dict[str, Any]]) -> str:
    """Sections of settings as TOML tables below `prefix`."""
    return "".join(
        f"[{prefix}.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
        for name, values in sections.items()
    )


def splits(data: str) -> dict[str, dict[str, str]]:
    """The section `data` of the dataset `data`."""
    return {"data": {split: f"../data/{data}/{split}.jsonl" for split in ("train", "dev", "test")}}


def lay_out(root: Path) -> Path:
    """The experiment folder `root/paper`: two rows that can be run, and one (`absent_k1`) whose data is not there."""
    folder, data = root / "paper", root / "data" / "toy"
    folder.mkdir()
    data.mkdir(parents=True)
    for split, size in (("train", 24), ("dev", 8), ("test", 8)):
        write_jsonl(data / f"{split}.jsonl", load_corpus(split)[:size])
    bases = tables("bases.tiny", TINY) + tables("bases.toy", splits("toy")) + tables("bases.absent", splits("absent"))
    rows = [f'toy_k{k} = {{ base = ["tiny", "toy"], model.num_rounds = {k} }}' for k in (0, 1)]
    rows.append('absent_k1 = { base = ["tiny", "absent"] }')
    (folder / "rows.toml").write_text("\n".join([bases, "[rows]", *rows, ""]))
    (folder / "expected.json").write_text(json.dumps(EXPECTED))
    (folder / "budgets.json").write_text(json.dumps(BUDGETS))
    return folder


def one_row(folder: Path, name: str) -> ExperimentRow:
    """The row of that name."""
    return find_rows([folder], [name])[0]


def add_row(folder: Path, name: str, text: str) -> ExperimentRow:
    """A further row with the TOML of its table."""
    with (folder / "rows.toml").open("a") as file:
        file.write(f"[rows.{name}]\n{text}\n")
    return one_row(folder, name)


@contextmanager
def unseen(trial: Any, plan: Any) -> Iterator[Watcher]:
    """Observes a training and prints nothing."""
    yield Watcher()
