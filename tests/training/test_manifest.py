from __future__ import annotations

import getpass
import hashlib
import json
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import relknit
from relknit.config import Config, build_config
from relknit.errors import DataError
from relknit.training import make_plan, train
from relknit.training.manifest import add_resumption, data_digest, describe_start, write_manifest
from tests.training.tiny_runs import Watcher

Configure = Callable[..., Config]


def manifest_in(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


@pytest.fixture
def written(configure: Configure, tmp_path: Path) -> dict[str, Any]:
    write_manifest(tmp_path, configure(seed=3), threads=5)
    return manifest_in(tmp_path)


def test_data_files_are_named_with_their_digests(written: dict[str, Any], data: Path) -> None:
    assert written["data"] == {
        split: {
            "name": f"{split}.jsonl",
            "sha256": hashlib.sha256((data / f"{split}.jsonl").read_bytes()).hexdigest(),
        }
        for split in ("train", "dev", "test")
    }


def test_vectors_count_as_data_and_absent_splits_do_not(configure: Configure, tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("likes 1 2\n")
    config = configure(data={"dev": None, "test": None}, encoder={"vectors": str(tmp_path / "v.txt")})
    write_manifest(tmp_path, config, threads=1)
    found = manifest_in(tmp_path)["data"]
    assert list(found) == ["train", "vectors"]
    assert found["vectors"] == {"name": "v.txt", "sha256": hashlib.sha256(b"likes 1 2\n").hexdigest()}


def test_seed_threads_versions_and_machine_are_noted(written: dict[str, Any]) -> None:
    assert (written["seed"], written["threads"]) == (3, 5)
    assert written["versions"]["python"] == platform.python_version()
    assert written["versions"]["relknit"] == relknit.__version__
    assert set(written["versions"]) == {"python", "torch", "numpy", "relknit"}
    assert written["machine"]["cpus"] >= 1


def test_the_time_is_utc_in_iso_form(written: dict[str, Any]) -> None:
    started = datetime.fromisoformat(written["started"])
    assert started.tzinfo == UTC
    assert started.microsecond == 0


def test_the_command_is_noted_without_the_folder_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/home/somebody/.venv/bin/relknit", "train", "my data", "--out", "runs/1"])
    assert describe_start(1)["command"] == ["relknit", "train", "my data", "--out", "runs/1"]


def test_neither_host_nor_user_is_named(configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["relknit", "train"])
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    monkeypatch.setattr(getpass, "getuser", lambda: "secret-user")
    write_manifest(tmp_path, configure(), threads=1)
    text = (tmp_path / "manifest.json").read_text()
    assert "secret" not in text
    assert str(tmp_path.parent) not in text


def test_the_configuration_is_stored_so_that_it_can_be_read_back(configure: Configure, tmp_path: Path) -> None:
    config = configure(seed=3, model={"relation_bias": None})
    write_manifest(tmp_path, config, threads=1)
    assert build_config(json.loads((tmp_path / "config.json").read_text())) == config


def test_a_vanished_data_file_is_named(configure: Configure, tmp_path: Path) -> None:
    config = configure(data={"dev": str(tmp_path / "gone.jsonl")})
    with pytest.raises(DataError, match=r"gone\.jsonl: cannot be read"):
        write_manifest(tmp_path, config, threads=1)


def test_a_digest_is_that_of_the_whole_file(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"0123456789" * 100_000)
    assert data_digest(tmp_path / "big") == hashlib.sha256(b"0123456789" * 100_000).hexdigest()


def test_each_resumption_is_noted_below_the_first_start(
    configure: Configure, tmp_path: Path, written: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["relknit", "train", "--resume"])
    for threads in (2, 7):
        add_resumption(tmp_path, configure(), threads=threads)
    found = manifest_in(tmp_path)
    assert [start["threads"] for start in found["resumed"]] == [2, 7]
    assert found["resumed"][0]["command"] == ["relknit", "train", "--resume"]
    assert found | {"resumed": []} == written


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"resumed": 3}'])
def test_a_damaged_manifest_is_begun_anew(configure: Configure, tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    add_resumption(tmp_path, configure(), threads=4)
    assert manifest_in(tmp_path)["threads"] == 4


def test_training_writes_the_manifest_before_the_first_step(configure: Configure, tmp_path: Path) -> None:
    present: list[bool] = []

    def look() -> bool:
        present.append((tmp_path / "run" / "manifest.json").exists() and (tmp_path / "run" / "config.json").exists())
        return True

    config = configure()
    train(make_plan(config), tmp_path / "run", Watcher(), stop=look)
    train(make_plan(config), tmp_path / "run", Watcher(), resume=True)
    assert present == [True]
    assert build_config(json.loads((tmp_path / "run" / "config.json").read_text())) == config
    assert len(manifest_in(tmp_path / "run")["resumed"]) == 1


def test_times_stand_in_the_manifest_alone(configure: Configure, tmp_path: Path) -> None:
    train(make_plan(configure(epochs=1)), tmp_path / "run", Watcher())
    year = manifest_in(tmp_path / "run")["started"][:5]
    others = [path for path in (tmp_path / "run").glob("*.json*") if path.name != "manifest.json"]
    assert len(others) == 6
    assert not any(year in path.read_text() for path in others)
