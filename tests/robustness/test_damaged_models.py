"""1,000 mutations of a model folder: a refusal that names the file, or the very same model, down to the last bit.

Nothing in a folder may be changed unnoticed, no setting either: HUMAN_EDITABLE is what may be, and how.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from relknit.checkpoint import SavedModel, TrainingData, load_model, save_model
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.errors import CheckpointError
from relknit.models.rin.settings import RINSettings
from tests.building import build_model
from tests.robustness.judging import laid_out, unless_refused
from tests.robustness.mutations import KINDS, damaged
from tests.tiny_transformer import make_transformer

pytestmark = pytest.mark.usefixtures("one_thread")

Files = dict[str, bytes]
WEIGHTS = "model.safetensors"
ALL_FILES = ("model.json", "training_data.json", "vocabulary.json", WEIGHTS)
EACH = 40  # mutations of a kind: 25 kinds of them make 1,000

# Fields of model.json that a person may edit, with a value they may get: together with the removal of the entry
# "model.json" from its sha256. Without that every edit is refused, as it cannot be distinguished from damage.
HUMAN_EDITABLE = {
    ("decoding", "threshold"): 0.65,
    ("decoding", "untagged_threshold"): None,
    ("decoding", "keep_untagged"): False,
    ("decoding", "mentions"): "all",
    ("calibration", "triples", "slope"): 1.5,
}


def predictions(saved: SavedModel, documents: Any) -> Any:
    return saved.model.predict(saved.model.collate([saved.model.prepare(document) for document in documents]))


def assert_equal(found: SavedModel, whole: SavedModel, documents: Any) -> None:
    """All weights, files and settings, and what it predicts of a few sentences."""
    own, theirs = whole.model.state_dict(), found.model.state_dict()
    assert own.keys() == theirs.keys()
    assert all(torch.equal(own[name], theirs[name]) for name in own)
    for value in ("settings", "labels", "decoding", "calibration"):
        assert getattr(found.model, value) == getattr(whole.model, value)
    assert found.trained_on == whole.trained_on
    assert found.model.encoder.settings == whole.model.encoder.settings.model_copy(update={"source": None})
    assert found.model.encoder.files() == whole.model.encoder.files()
    assert predictions(found, documents) == predictions(whole, documents)


def without_checksums(files: Files) -> Files:
    """As a folder of an older version."""
    description = json.loads(files["model.json"])
    del description["sha256"]
    return files | {"model.json": json.dumps(description).encode()}


@pytest.fixture(scope="module")
def transformer(tmp_path_factory: pytest.TempPathFactory, tiny_documents: Any) -> SavedModel:
    """A model of a tiny transformer."""
    pytest.importorskip("transformers")
    source = str(make_transformer(tmp_path_factory.mktemp("transformer") / "source"))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        settings = TransformerSettings(source=source), RINSettings(num_rounds=1, pair_hidden=4)
        return SavedModel(build_model(*settings, tiny_documents).eval(), TrainingData())


def test_a_damaged_folder_is_refused_or_holds_the_same_model(
    folder: Path, tiny_folder: Files, tiny_saved: Any, tiny_documents: Any
) -> None:
    assert_equal(load_model(folder), tiny_saved, tiny_documents)
    refused = dict.fromkeys(ALL_FILES, 0)
    for kind, seed in itertools.product(KINDS, range(EACH)):
        name = ALL_FILES[seed % len(ALL_FILES)]
        (folder / name).write_bytes(damaged(kind, name, tiny_folder[name], seed))
        found = unless_refused(load_model, folder)
        if found is not None:
            assert_equal(found, tiny_saved, tiny_documents)
        refused[name] += found is None
        (folder / name).write_bytes(tiny_folder[name])
    assert min(refused.values()) > 150, refused


def test_a_damaged_architecture_or_tokenizer_is_refused_or_changes_nothing(
    transformer: SavedModel, tmp_path: Path, tiny_documents: Any
) -> None:
    folder = tmp_path / "model"
    save_model(folder, transformer)
    refused = 0
    for kind, seed in itertools.product(KINDS, range(10)):
        name = ("encoder.json", "tokenizer.json")[seed % 2]
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(damaged(kind, name, whole, seed))
        found = unless_refused(load_model, folder)
        if found is not None:
            assert_equal(found, transformer, tiny_documents)
        refused += found is None
        (folder / name).write_bytes(whole)
    assert refused > 150


def test_without_checksums_a_damaged_folder_is_refused_or_works(
    tiny_folder: Files, transformer: SavedModel, tmp_path: Path, tiny_documents: Any
) -> None:
    """What is noticed of damage to a folder of an older version raises, and nothing ever crashes."""
    save_model(tmp_path / "saved", transformer)
    larger = {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}
    for files, names in ((tiny_folder, ALL_FILES), (larger, ("encoder.json", "tokenizer.json"))):
        older = without_checksums(files)
        folder = laid_out(older, tmp_path / names[0])
        for kind, seed in itertools.product(KINDS, range(8)):
            name = names[seed % len(names)]
            (folder / name).write_bytes(damaged(kind, name, older[name], seed))
            found = unless_refused(load_model, folder)
            if found is not None and files is tiny_folder:
                predictions(found, tiny_documents)
            (folder / name).write_bytes(older[name])


def test_no_flipped_bit_of_the_weights_passes(folder: Path, tiny_folder: Files) -> None:
    whole = tiny_folder[WEIGHTS]
    draw = random.Random(5)
    for _ in range(200):
        content = bytearray(whole)
        content[draw.randrange(8 + int.from_bytes(whole[:8], "little"), len(whole))] ^= 1 << draw.randrange(8)
        (folder / WEIGHTS).write_bytes(content)
        assert unless_refused(load_model, folder) is None


def test_two_changed_bits_that_make_up_for_each_other_do_not_pass(folder: Path, tiny_folder: Files) -> None:
    weights = load_file(folder / WEIGHTS)
    weights["tagger.bias"] = weights["tagger.bias"].flip(0)  # the same numbers, sums and shapes
    with safe_open(folder / WEIGHTS, framework="pt") as stored:
        metadata = stored.metadata()
    save_file(weights, folder / WEIGHTS, metadata)
    assert len(tiny_folder[WEIGHTS]) == (folder / WEIGHTS).stat().st_size
    with pytest.raises(CheckpointError, match=r"model\.safetensors: .* sha256 differs"):
        load_model(folder)
    save_file(weights, folder / WEIGHTS)  # as other programs write them
    with pytest.raises(CheckpointError, match="do not belong together"):
        load_model(folder)


def test_a_file_of_another_model_is_refused_and_so_is_another_file(
    folder: Path, tiny_folder: Files, tmp_path: Path, tiny_saved: Any, tiny_model: Callable[..., Any]
) -> None:
    other = tiny_model(encoder=tiny_saved.model.encoder.settings, seed=9, num_rounds=2, threshold=0.45)
    save_model(tmp_path / "other", SavedModel(other, replace(tiny_saved.trained_on, max_tokens=7)))
    for name in ALL_FILES:
        content = (tmp_path / "other" / name).read_bytes()
        if name in ("training_data.json", "vocabulary.json"):  # these two models were trained on the same words
            content = content.replace(b"ASNFZ4n", b"ASNFZ4D").replace(b"needs", b"knead")
        for wrong in (content, *(tiny_folder[one] for one in ALL_FILES if one != name)):
            (folder / name).write_bytes(wrong)
            assert unless_refused(load_model, folder) is None
        (folder / name).write_bytes(tiny_folder[name])


@pytest.mark.parametrize("keys", list(HUMAN_EDITABLE))
def test_an_edit_is_accepted_once_its_checksum_is_removed(
    keys: tuple[str, ...], folder: Path, tiny_folder: Files
) -> None:
    value, description = HUMAN_EDITABLE[keys], json.loads(tiny_folder["model.json"])
    inner = description
    for key in keys[:-1]:
        inner = inner[key]
    assert inner[keys[-1]] != value
    inner[keys[-1]] = value
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(CheckpointError, match="remove its entry from sha256 in model.json if you changed it yourself"):
        load_model(folder)
    del description["sha256"]["model.json"]
    (folder / "model.json").write_text(json.dumps(description))
    found: Any = load_model(folder).model
    for key in keys:
        found = getattr(found, key)
    assert found == value
    (folder / WEIGHTS).write_bytes(tiny_folder[WEIGHTS][:-1] + b"\x7f")
    assert unless_refused(load_model, folder) is None  # the other files are as safe as before
