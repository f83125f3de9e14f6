"""The same promise for what only models with a transformer have: its architecture and its tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers")

from relknit.checkpoint import SavedModel, TrainingData, load_model, save_model
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.errors import CheckpointError
from relknit.models.base import JointModel
from relknit.models.rin.settings import RINSettings
from tests.building import build_model
from tests.robustness.judging import assert_one_line
from tests.robustness.mutations import BYTES, JSON, in_bytes, in_json
from tests.tiny_transformer import make_transformer

pytestmark = pytest.mark.usefixtures("one_thread")

Files = dict[str, bytes]
OWN = ("encoder.json", "tokenizer.json")
CHANGED = ("deep nesting", "another type", "a huge number", "a negative number", "a key removed", "an item moved")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, tiny_documents: Any) -> Files:
    """A model of a tiny transformer, by the names of its files."""
    folder = tmp_path_factory.mktemp("transformer")
    source = str(make_transformer(folder / "source"))
    config, settings = TransformerSettings(source=source), RINSettings(num_rounds=1, pair_hidden=4)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(config, settings, tiny_documents)
    save_model(folder / "model", SavedModel(model, TrainingData()))
    return {path.name: path.read_bytes() for path in (folder / "model").iterdir()}


def damaged(kind: str, content: bytes, seed: int) -> bytes:
    return in_bytes(kind, content, seed) if kind in BYTES else in_json(kind, content, seed)


def laid_out(files: Files, folder: Path) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def loaded_or_refused(folder: Path) -> JointModel | None:
    try:
        return load_model(folder).model
    except CheckpointError as error:
        assert_one_line(error, Path(str(error).partition(": ")[0]))
        return None


def found(folder: Path, documents: Any) -> Any:
    """Weights and predictions of the model in the folder, None where it is refused in one line."""
    model = loaded_or_refused(folder)
    if model is None:
        return None
    state = {name: value.tolist() for name, value in model.state_dict().items()}
    return state, model.predict(model.collate([model.prepare(document) for document in documents]))


@pytest.mark.parametrize("kind", [*BYTES, *JSON])
def test_a_damaged_architecture_or_tokenizer_is_refused_or_changes_nothing(
    kind: str, files: Files, tmp_path: Path, tiny_documents: Any
) -> None:
    folder = laid_out(files, tmp_path / "model")
    whole = found(folder, tiny_documents)
    assert whole is not None
    for seed in range(10):
        name = OWN[seed % 2]
        (folder / name).write_bytes(damaged(kind, files[name], seed))
        assert found(folder, tiny_documents) in (None, whole)
        (folder / name).write_bytes(files[name])


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("kind", CHANGED)
def test_without_checksums_loading_raises_checkpoint_errors_alone(
    kind: str, name: str, files: Files, tmp_path: Path
) -> None:
    """A damaged architecture that can be built is loaded then: its layers are there, and nothing says what is missing."""
    description = json.loads(files["model.json"])
    del description["sha256"]
    folder = laid_out(files | {"model.json": json.dumps(description).encode()}, tmp_path / "model")
    for seed in range(8):
        (folder / name).write_bytes(damaged(kind, files[name], seed))
        loaded_or_refused(folder)
