"""Model folders: what is saved comes back bit for bit, and whatever is wrong with a folder is a CheckpointError."""

import copy
import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from relknit.checkpoint import (
    SavedModel,
    TrainingData,
    load_model,
    save_model,
    write_json,
)
from relknit.checkpoint.description import VERSION
from relknit.checkpoint.storage import STORAGES, storage_of
from relknit.checkpoint.tensors import read_tensors, write_tensors
from relknit.checksums import KEY
from relknit.errors import CheckpointError, ConfigError
from relknit.models.rin.decoding import Decoding
from tests.building import total
from tests.checkpoint.folders import FILES, REMEMBERED, change, predictions, refused

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_saved_model_comes_back_bit_for_bit(saved, pristine, tiny_documents):
    loaded = load_model(pristine)
    own, theirs = saved.model.state_dict(), loaded.model.state_dict()
    assert own.keys() == theirs.keys()
    for name in own:
        assert own[name].dtype == theirs[name].dtype == torch.float32
        assert torch.equal(own[name], theirs[name]), name
    expected = predictions(saved.model, tiny_documents)
    assert any(prediction.relations for prediction in expected)
    assert predictions(loaded.model, tiny_documents) == expected
    batch = loaded.model.collate([loaded.model.prepare(document, labelled=True) for document in tiny_documents])
    assert torch.equal(total(loaded.model.loss(batch)), total(saved.model.loss(batch)))


def test_a_loaded_model_can_be_trained_on(pristine, tiny_documents):
    model = load_model(pristine).model.train()
    batch = model.collate([model.prepare(document, labelled=True) for document in tiny_documents])
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    before = total(model.loss(batch))
    for _ in range(5):
        optimiser.zero_grad()
        total(model.loss(batch)).backward()
        optimiser.step()
    assert total(model.loss(batch)) < before
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize(
    ("encoder", "settings"),
    [
        ({}, {"num_rounds": 0}),
        ({"pos_dim": 0, "num_layers": 2}, {"gru": "paper"}),
        ({"word_dim": 0, "char_dim": 3}, {"entity_feedback": False, "relation_feedback": False}),
        ({"repair": False, "shape_dim": 3}, {"anchor": "first", "relation_bias": -3.0}),
    ],
)
def test_every_kind_of_model_is_saved_and_loaded(tiny_model, tiny_encoder, tiny_documents, tmp_path, encoder, settings):
    encoder, settings = tiny_encoder(**encoder), {"pair_hidden": 3} | settings
    model = tiny_model(encoder=encoder, typed=False, **settings)
    model.decoding = Decoding(threshold=0.3, keep_untagged=True)
    save_model(tmp_path, SavedModel(model, REMEMBERED))
    assert predictions(load_model(tmp_path).model, tiny_documents) == predictions(model, tiny_documents)


def test_half_the_size_predicts_nearly_the_same(saved, pristine, tmp_path, tiny_documents):
    save_model(tmp_path / "half", saved, storage="float16")
    stored = load_file(tmp_path / "half" / "model.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float16}
    loaded = load_model(tmp_path / "half").model
    for name, value in loaded.state_dict().items():
        assert value.dtype == torch.float32
        assert torch.equal(value, saved.model.state_dict()[name].half().float())
    for mine, theirs in zip(predictions(loaded, tiny_documents), predictions(saved.model, tiny_documents), strict=True):
        assert {(a.head, a.type, a.tail) for a in mine.anchors} == {(a.head, a.type, a.tail) for a in theirs.anchors}
    assert all(value.dtype == torch.float32 for value in saved.model.state_dict().values())


def test_a_quarter_of_the_size_is_within_half_a_step_of_each_row(saved, tmp_path):
    model = copy.deepcopy(saved.model)
    with torch.no_grad():
        model.pairs.hidden.weight[1] = 0.0  # a row of zeros has no largest value to scale by
    save_model(tmp_path / "int8", SavedModel(model, REMEMBERED), storage="int8")
    stored = load_file(tmp_path / "int8" / "model.safetensors")
    assert stored["pairs.hidden.weight"].dtype == torch.int8
    loaded = load_model(tmp_path / "int8").model
    for name, value in loaded.state_dict().items():
        whole = model.state_dict()[name]
        assert value.dtype == torch.float32
        if whole.dim() == 2:
            step = whole.abs().amax(1, keepdim=True) / 127
            assert ((value - whole).abs() <= 0.501 * step).all()
        else:
            assert torch.equal(value, whole.half().float())


@pytest.mark.parametrize("storage", STORAGES)
def test_a_model_is_stored_again_as_it_was(saved, tmp_path, storage):
    save_model(tmp_path, saved, storage=storage)
    assert storage_of(load_model(tmp_path).model.state_dict()) == storage


def test_an_unknown_number_format_is_refused(saved, tmp_path):
    with pytest.raises(ConfigError, match="int4"):
        save_model(tmp_path, saved, storage="int4")
    assert not list(tmp_path.iterdir())


def test_an_int8_matrix_without_its_scale_is_refused(saved, tmp_path):
    save_model(tmp_path, saved, storage="int8")
    tensors, note = read_tensors(tmp_path / "model.safetensors")
    del tensors["tagger.weight@scale"]
    write_tensors(tmp_path / "model.safetensors", tensors, note)
    with pytest.raises(CheckpointError, match=r"tagger\.weight"):
        load_model(tmp_path)


def test_saving_again_gives_the_same_bytes(saved, pristine, tmp_path):
    for again in ("a", "b", "c", "d"):  # an order left to chance would show in one of them
        save_model(tmp_path / again, saved)
        for name in FILES:
            assert (tmp_path / again / name).read_bytes() == (pristine / name).read_bytes(), name


def test_saving_what_was_loaded_gives_the_same_bytes(pristine, tmp_path):
    save_model(tmp_path, load_model(pristine))
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (pristine / name).read_bytes(), name


def test_saving_replaces_an_earlier_model(saved, tiny_model, tiny_encoder, folder, tiny_documents):
    other = tiny_model(seed=9)
    save_model(folder, SavedModel(other, TrainingData()))
    loaded = load_model(folder)
    assert predictions(loaded.model, tiny_documents) == predictions(other, tiny_documents)
    assert loaded.trained_on == TrainingData()


def test_loading_leaves_torchs_random_state_alone(pristine):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    load_model(pristine)
    assert torch.equal(torch.get_rng_state(), before)


def test_loaded_weights_do_not_hang_on_the_file(folder):
    model = load_model(folder).model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    (folder / "model.safetensors").write_bytes(b"\0" * (folder / "model.safetensors").stat().st_size)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_the_path_of_the_word_vectors_is_not_stored(tiny_model, tiny_encoder, tmp_path):
    model = tiny_model()
    model.encoder.settings = tiny_encoder(vectors=tmp_path / "my-vectors.txt")
    save_model(tmp_path / "model", SavedModel(model, REMEMBERED))
    assert "my-vectors" not in (tmp_path / "model" / "model.json").read_text(encoding="utf-8")
    assert load_model(tmp_path / "model").model.encoder.settings.vectors is None


# What cannot be written


def test_weights_that_are_not_finite_are_not_saved(saved, folder):
    broken = copy.deepcopy(saved.model)
    with torch.no_grad():
        broken.tagger.bias[0] = float("nan")
    before = {name: (folder / name).read_bytes() for name in FILES}
    with pytest.raises(CheckpointError, match=r"tagger\.bias holds values that are not finite"):
        save_model(folder, SavedModel(broken, REMEMBERED))
    assert {name: (folder / name).read_bytes() for name in FILES} == before


def test_weights_too_large_for_half_are_saved_whole_only(saved, tmp_path):
    large = copy.deepcopy(saved.model)
    with torch.no_grad():
        large.tagger.bias[0] = 1e6
    large = SavedModel(large, REMEMBERED)
    with pytest.raises(CheckpointError, match="as float32"):
        save_model(tmp_path / "half", large, storage="float16")
    assert not (tmp_path / "half").exists()
    save_model(tmp_path / "whole", large)
    assert load_model(tmp_path / "whole").model.tagger.bias[0] == 1e6


def test_a_folder_that_cannot_be_made_is_a_checkpoint_error(saved, tmp_path):
    (tmp_path / "file").write_text("kept")
    for place in (tmp_path / "file", tmp_path / "file" / "model"):
        with pytest.raises(CheckpointError, match="cannot be created"):
            save_model(place, saved)
    assert (tmp_path / "file").read_text() == "kept"


def test_a_failed_write_keeps_the_existing_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "value.json"
    write_json(path, {"a": 1})
    with pytest.raises(CheckpointError, match="surrogate"):
        write_json(path, {"a": "\ud800"})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["value.json"]


def test_files_in_a_folder_that_is_not_there_cannot_be_written(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be written"):
        write_json(tmp_path / "none" / "value.json", 1)
    with pytest.raises(CheckpointError, match="cannot be written"):
        write_tensors(tmp_path / "none" / "t.safetensors", {"a": torch.zeros(1)}, {})


def test_tensors_come_back_as_they_were_written(tmp_path):
    tensors = {"a": torch.randn(3, 2), "b": torch.arange(4), "c": torch.zeros(0, 5, dtype=torch.float64)}
    write_tensors(tmp_path / "t.safetensors", tensors, {"key": "value"})
    found, note = read_tensors(tmp_path / "t.safetensors")
    assert note == {"key": "value"}
    assert found.keys() == tensors.keys()
    assert all(torch.equal(found[name], value) and found[name].dtype == value.dtype for name, value in tensors.items())


# Damaged and foreign folders


def test_a_folder_that_is_not_there_or_a_file_is_refused(folder, tmp_path):
    refused(tmp_path / "none", "no such model folder")
    refused(folder / "model.json", "no such model folder")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    refused(folder, f"{name} is missing")
    (folder / name).mkdir()
    refused(folder, f"{name} is missing")


@pytest.mark.parametrize(
    ("keys", "value", "match"),
    [
        (("format",), "other-model", "format is 'other-model', expected 'relknit-model'"),
        (("version",), VERSION + 1, "format version 3, this relknit reads 1 and 2; install the relknit that wrote it"),
        (("version",), True, "format version True"),
        (("version",), ..., "format version None"),
        (("encoder",), ..., "name 'None'"),
        (("encoder", "name"), "casrel", "name 'casrel'.*bilstm"),
        (("encoder",), [], "encoder: "),
        (("encoder", "hidden"), 0, "encoder.hidden = 0: "),
        (("encoder", "unheard_of"), 1, "unheard_of = 1: Extra inputs"),
        (("unheard_of",), 1, "unheard_of = 1: Extra inputs"),
        (("model", "gru"), "paper", "interaction"),
        (("labels", "relations"), ["left", None], "labels.relations.1: "),
        (("labels", "relations"), ["left"] * 4, "'left' is given twice"),
        (("labels", "relations"), ["left"], "should be"),
        (("decoding", "threshold"), "0.5", "decoding.threshold = '0.5': "),
        (("decoding", "threshold"), 2.5, "decoding.threshold = 2.5"),
        (("decoding", "threshold"), float("nan"), "model.json: "),
        (("decoding", "untagged_threshold"), 3.0, "untagged_threshold = 3.0"),
        ((KEY,), ["a"], KEY),
        ((KEY,), {"model.json": 7}, KEY),
    ],
)
def test_a_wrong_value_in_the_description_is_named(folder, keys, value, match):
    change(folder / "model.json", *keys, to=value)
    refused(folder, match)


def test_a_word_too_many_is_refused_with_both_sizes(folder):
    words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))["words"]
    change(folder / "vocabulary.json", "words", to=[*words, "unheard-of"])
    rows = len(words) + 2
    refused(folder, rf"encoder\.words\.words\.weight should be \({rows + 1}, 5\), found \({rows}, 5\)")


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("vocabulary.json", "words", ...),
        ("vocabulary.json", "words", ["a", None]),
        ("vocabulary.json", "words", ["a", "a"]),
        ("vocabulary.json", "words", ["<unk>"]),
        ("training_data.json", "sentences", [1]),
        ("training_data.json", "sentences", "AAAA"),
        ("training_data.json", "max_tokens", 0),
        ("training_data.json", "max_tokens", True),
        ("training_data.json", "more", 1),
    ],
)
def test_wrong_values_in_the_other_files_are_refused(folder, name, key, value):
    change(folder / name, key, to=value)
    refused(folder, f"{name}: damaged")


def test_hashes_that_are_listed_as_before_version_0_2_are_read(folder):
    known = load_model(folder).trained_on
    change(folder / "training_data.json", "sentences", to=[f"{one}012345" for one in sorted(known.sentences)])
    assert load_model(folder).trained_on == known


def test_a_file_that_is_far_too_large_is_not_read(folder, monkeypatch):
    monkeypatch.setattr("relknit.checkpoint.json_files.MOST_BYTES", 100)
    refused(folder, "more than 100 bytes")


def rewrite(folder, edit):
    """Load the weights, edit the dict of tensors in place, save them."""
    weights = {name: value.clone() for name, value in load_file(folder / "model.safetensors").items()}
    edit(weights)
    save_file(weights, folder / "model.safetensors")


def transposed(weights):
    weights["tagger.weight"] = weights["tagger.weight"].T.contiguous()


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (transposed, r"tagger\.weight should be \(9, 6\), found \(6, 9\)"),
        (lambda w: w.pop("pairs.output.bias"), r"pairs\.output\.bias should be \(4,\), found nothing"),
        (lambda w: w.update({"classifier.extra": torch.zeros(1)}), "unexpected 'classifier.extra'"),
        (lambda w: w["encoder.lstm.weight_hh_l0"].view(-1)[3].fill_(torch.inf), r"weight_hh_l0 .*not finite"),
        (lambda w: w["tagger.bias"].fill_(torch.nan), r"tagger\.bias .*not finite"),
        (lambda w: w.update({"tagger.bias": w["tagger.bias"].to(torch.int64)}), r"tagger\.bias .*floating-point"),
    ],
)
def test_weights_that_do_not_fit_are_named(folder, edit, match):
    rewrite(folder, edit)
    refused(folder, match)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_weights_of_another_precision_become_float32(folder, dtype):
    rewrite(folder, lambda w: w.update({name: value.to(dtype) for name, value in w.items()}))
    assert {value.dtype for value in load_model(folder).model.state_dict().values()} == {torch.float32}


def test_the_weights_of_another_model_are_refused(folder, tmp_path, tiny_model, tiny_encoder):
    other = SavedModel(tiny_model(num_rounds=1), TrainingData())
    save_model(tmp_path / "other", other)
    shutil.copy(tmp_path / "other" / "model.safetensors", folder)
    refused(folder)


# Calibration, which a model may have or not
