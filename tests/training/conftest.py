from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relknit.config import Config, build_config
from relknit.data.corpus import load_corpus
from relknit.document.jsonl import write_jsonl
from relknit.training import Plan, make_plan
from tests.training.tiny_runs import TINY, Watcher


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few sentences of the shipped corpus: 24 for train, 10 each for dev and test."""
    folder = tmp_path_factory.mktemp("data")
    write_jsonl(folder / "train.jsonl", load_corpus("train")[:24])
    write_jsonl(folder / "dev.jsonl", load_corpus("dev")[:10])
    write_jsonl(folder / "test.jsonl", load_corpus("test")[:10])
    return folder


@pytest.fixture
def configure(data: Path) -> Callable[..., Config]:
    """A tiny configuration on the few sentences; keywords are settings of [training], or whole sections to update."""

    def build(**changes: Any) -> Config:
        splits = {split: str(data / f"{split}.jsonl") for split in ("train", "dev", "test")}
        values: dict[str, dict[str, Any]] = {"data": splits, **{name: dict(section) for name, section in TINY.items()}}
        for key, value in changes.items():
            if key in values:
                values[key] |= value
            else:
                values["training"][key] = value
        return build_config(values)

    return build


@pytest.fixture
def plan(configure: Callable[..., Config]) -> Plan:
    return make_plan(configure())
