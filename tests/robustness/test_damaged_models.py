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

from relknit.checkpoint import SavedModel, load_model, save_model
from relknit.errors import CheckpointError
from tests.robustness.judging import assert_one_line
from tests.robustness.mutations import BYTES, JSON, in_bytes, in_header, in_json

pytestmark = pytest.mark.usefixtures("one_thread")

Files = dict[str, bytes]
WEIGHTS = "model.safetensors"
TEXTS = ("model.json", "training_data.json", "vocabulary.json")
ALL_FILES = (*TEXTS, WEIGHTS)
EACH = 40  # mutations of a kind: 15 of bytes and 11 of JSON make 1,040

# Fields of model.json that a person may edit, with a value they may get: together with the removal of the entry
# "model.json" from its sha256. Without that every edit is refused, as it cannot be told from damage.
HUMAN_EDITABLE = {
    ("decoding", "threshold"): 0.65,
    ("decoding", "untagged_threshold"): None,
    ("decoding", "keep_untagged"): False,
    ("decoding", "mentions"): "all",
    ("calibration", "triples", "slope"): 1.5,
}


def damaged(kind: str, files: Files, seed: int) -> tuple[str, bytes]:
    """The name of the file that is hit, the files in turn, and what is in it then."""
    name = ALL_FILES[seed % len(ALL_FILES)]
    if kind in BYTES:
        return name, in_bytes(kind, files[name], seed)
    if name == WEIGHTS:
        return name, in_header(kind, files[name], seed)
    return name, in_json(kind, files[name], seed)


def predictions(saved: SavedModel, documents: Any) -> Any:
    return saved.model.predict(saved.model.collate([saved.model.prepare(document) for document in documents]))


def assert_equal(found: SavedModel, whole: SavedModel, documents: Any) -> None:
    """All weights and settings, and what it says of a few sentences."""
    own, theirs = whole.model.state_dict(), found.model.state_dict()
    assert own.keys() == theirs.keys()
    assert all(torch.equal(own[name], theirs[name]) for name in own)
    assert found.model.encoder.settings == whole.model.encoder.settings
    assert (found.model.settings, found.trained_on) == (whole.model.settings, whole.trained_on)
    assert found.model.labels == whole.model.labels
    assert found.model.decoding == whole.model.decoding
    assert found.model.calibration == whole.model.calibration
    assert found.model.encoder.words.tables == whole.model.encoder.words.tables
    assert predictions(found, documents) == predictions(whole, documents)


def loaded_or_refused(folder: Path) -> SavedModel | None:
    try:
        return load_model(folder)
    except CheckpointError as error:
        assert_one_line(error, Path(str(error).partition(": ")[0]))
        assert str(error).startswith(str(folder))
        return None


def test_the_folder_to_damage_holds_the_model(
    folder: Path, tiny_folder: Files, tiny_saved: Any, tiny_documents: Any
) -> None:
    assert tuple(sorted(tiny_folder)) == tuple(sorted(ALL_FILES))
    assert_equal(load_model(folder), tiny_saved, tiny_documents)


def test_there_are_a_thousand_mutations_and_they_hit_every_file(tiny_folder: Files) -> None:
    drawn = [damaged(kind, tiny_folder, seed) for kind in (*BYTES, *JSON) for seed in range(EACH)]
    changed = [name for name, content in drawn if content != tiny_folder[name]]
    assert len(drawn) >= 1000
    assert len(changed) > 950
    assert min(changed.count(name) for name in ALL_FILES) > 200


@pytest.mark.parametrize("kind", [*BYTES, *JSON])
def test_a_damaged_folder_is_refused_or_holds_the_same_model(
    kind: str, folder: Path, tiny_folder: Files, tiny_saved: Any, tiny_documents: Any
) -> None:
    refused = 0
    for seed in range(EACH):
        name, content = damaged(kind, tiny_folder, seed)
        (folder / name).write_bytes(content)
        found = loaded_or_refused(folder)
        if found is None:
            refused += 1
        else:
            assert_equal(found, tiny_saved, tiny_documents)
        (folder / name).write_bytes(tiny_folder[name])
    assert refused > 0


def test_no_flipped_bit_of_the_weights_passes(folder: Path, tiny_folder: Files) -> None:
    whole = tiny_folder[WEIGHTS]
    draw = random.Random(5)
    for _ in range(200):
        content = bytearray(whole)
        content[draw.randrange(8 + int.from_bytes(whole[:8], "little"), len(whole))] ^= 1 << draw.randrange(8)
        (folder / WEIGHTS).write_bytes(content)
        assert loaded_or_refused(folder) is None


def test_two_changed_bits_that_make_up_for_each_other_do_not_pass(folder: Path, tiny_folder: Files) -> None:
    weights = load_file(folder / WEIGHTS)
    weights["tagger.bias"] = weights["tagger.bias"].flip(0)  # the same numbers, sums and shapes
    with safe_open(folder / WEIGHTS, framework="pt") as stored:
        metadata = stored.metadata()
    save_file(weights, folder / WEIGHTS, metadata)
    assert len(tiny_folder[WEIGHTS]) == (folder / WEIGHTS).stat().st_size
    with pytest.raises(CheckpointError, match=r"model\.safetensors: is not as it was saved, its sha256 differs"):
        load_model(folder)
    save_file(weights, folder / WEIGHTS)  # as other programs write them
    with pytest.raises(CheckpointError, match="do not belong together"):
        load_model(folder)


@pytest.mark.parametrize("name", ALL_FILES)
def test_a_file_of_another_model_of_the_same_shapes_is_refused(
    name: str, folder: Path, tmp_path: Path, tiny_saved: Any, tiny_model: Callable[..., Any]
) -> None:
    other = tiny_model(encoder=tiny_saved.model.encoder.settings, seed=9, num_rounds=2, threshold=0.45)
    save_model(tmp_path / "other", SavedModel(other, replace(tiny_saved.trained_on, max_tokens=7)))
    content = (tmp_path / "other" / name).read_bytes()
    if name in ("training_data.json", "vocabulary.json"):  # these two models were trained on the same words
        content = content.replace(b"0123456789abcdef", b"0123456789abcde0").replace(b"needs", b"knead")
    (folder / name).write_bytes(content)
    assert loaded_or_refused(folder) is None


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(ALL_FILES, 2)))
def test_one_file_in_the_place_of_another_is_refused(one: str, other: str, folder: Path, tiny_folder: Files) -> None:
    (folder / one).write_bytes(tiny_folder[other])
    assert loaded_or_refused(folder) is None


def set_value(files: Files, keys: tuple[str, ...], value: Any, *, accept: bool) -> bytes:
    """model.json with one value changed; `accept` removes its own checksum, as the error message tells people to."""
    description = json.loads(files["model.json"])
    inner = description
    for key in keys[:-1]:
        inner = inner[key]
    assert inner[keys[-1]] != value
    inner[keys[-1]] = value
    if accept:
        del description["sha256"]["model.json"]
    return json.dumps(description).encode()


@pytest.mark.parametrize("keys", list(HUMAN_EDITABLE))
def test_an_edit_by_hand_is_taken_once_its_checksum_is_removed(
    keys: tuple[str, ...], folder: Path, tiny_folder: Files, tiny_saved: Any
) -> None:
    value = HUMAN_EDITABLE[keys]
    (folder / "model.json").write_bytes(set_value(tiny_folder, keys, value, accept=False))
    with pytest.raises(CheckpointError, match="remove its entry from sha256 in model.json if you changed it yourself"):
        load_model(folder)
    (folder / "model.json").write_bytes(set_value(tiny_folder, keys, value, accept=True))
    model = load_model(folder).model
    found = getattr(getattr(model, keys[0]), keys[1])
    assert (found if len(keys) == 2 else getattr(found, keys[2])) == value
    (folder / WEIGHTS).write_bytes(tiny_folder[WEIGHTS][:-1] + b"\x7f")
    assert loaded_or_refused(folder) is None  # the other files are as safe as before


# Folders of older versions have no checksums: what is noticed of damage there raises, and nothing ever crashes


@pytest.mark.parametrize("kind", [*BYTES, *JSON])
def test_a_damaged_folder_without_checksums_is_refused_or_works(
    kind: str, folder: Path, tiny_folder: Files, tiny_documents: Any
) -> None:
    description = json.loads(tiny_folder["model.json"])
    del description["sha256"]
    older = tiny_folder | {"model.json": json.dumps(description).encode()}
    (folder / "model.json").write_bytes(older["model.json"])
    for seed in range(EACH // 4):
        name, content = damaged(kind, older, seed)
        (folder / name).write_bytes(content)
        found = loaded_or_refused(folder)
        if found is not None:
            predictions(found, tiny_documents)
        (folder / name).write_bytes(older[name])
