from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.robustness.judging import laid_out

Folder = dict[str, bytes]


@pytest.fixture(autouse=True)
def own_random_state() -> Iterator[None]:
    import torch

    with torch.random.fork_rng(devices=[]):
        yield


@pytest.fixture(scope="session")
def tiny_saved(tiny_model: Callable[..., Any], tiny_encoder: Callable[..., Any]) -> Any:
    """A model of a few random weights with everything that a folder can hold: decoding of its own, and calibration."""
    from relknit.calibration.confidence import Calibration
    from relknit.calibration.platt import PlattScaling
    from relknit.calibration.precision_table import PrecisionTable
    from relknit.checkpoint import SavedModel, TrainingData
    from relknit.models.rin.decoding import Decoding

    encoder = tiny_encoder(char_dim=3, shape_dim=2)
    settings = {"num_rounds": 2, "pair_hidden": 4, "relation_bias": None, "threshold": 0.45}
    model = tiny_model(encoder=encoder, **settings)
    model.decoding = Decoding(threshold=0.4, keep_untagged=True, untagged_threshold=0.9, mentions="name")
    dev = PrecisionTable.of([("left", 0.93, True), ("left", 0.4, False)])
    model.calibration = Calibration(PlattScaling(0.87, -0.47), PlattScaling(0.7, 1 / 3), dev)
    remembered = TrainingData(frozenset({"0123456789", "f" * 10}), frozenset({"1" * 10}), max_tokens=6)
    return SavedModel(model, remembered)


@pytest.fixture(scope="session")
def tiny_folder(tiny_saved: Any, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The files of its folder, by their names."""
    from relknit.checkpoint import save_model

    folder = tmp_path_factory.mktemp("tiny") / "model"
    save_model(folder, tiny_saved)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def folder(tiny_folder: Folder, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return laid_out(tiny_folder, tmp_path / "model")
