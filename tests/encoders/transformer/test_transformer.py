"""The transformer encoder: which pieces stand for a word, sentences alone and together, long ones, dropout, gradients."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("transformers")

from relknit.encoders.transformer.architecture import checked_architecture
from relknit.encoders.transformer.pretrained import read_transformer
from relknit.encoders.transformer.sequences import layout
from relknit.encoders.transformer.settings import TransformerSettings
from relknit.encoders.transformer.transformer import TransformerEncoder
from relknit.encoders.transformer.word_pieces import PieceRules
from relknit.errors import ConfigError
from relknit.text.windows import windows
from tests.tiny_transformer import make_transformer

pytestmark = pytest.mark.usefixtures("one_thread")

SENTENCES = (
    ("Ada", "Lovelace", "left", "London", "."),
    ("",),
    (),
    ("the", "😀", "Lovton", "\u200b", "works", "for", "ada", "in", "Abcdefgh"),
    ("was", "born"),
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return read_transformer(str(make_transformer(tmp_path_factory.mktemp("tiny"), positions=24)))


@pytest.fixture
def build(parts):
    def build(**settings):
        return TransformerEncoder(TransformerSettings(**settings), parts).eval()

    return build


def batch_of(encoder, sentences):
    return encoder.collate([encoder.prepare(words) for words in sentences])


def by_hand(encoder, words):
    """The transformer on one sentence alone, special pieces cut off: (pieces, d), and how many each word has."""
    pieces, counts = encoder.pieces(words)
    rules = encoder.pieces.rules
    ids = torch.tensor([[*rules.before, *pieces, *rules.after]])
    return encoder.backbone(input_ids=ids).last_hidden_state[0, 1:-1], counts


@pytest.mark.parametrize("words", ["first", "mean"])
@torch.no_grad()
def test_a_word_is_its_first_piece_or_the_mean_of_its_pieces(build, words):
    encoder = build(words=words)
    for sentence in SENTENCES:
        if not sentence:
            continue
        hidden, counts = by_hand(encoder, sentence)
        own = hidden.split(counts)
        expected = torch.stack([part[0] if words == "first" else part.mean(0) for part in own])
        torch.testing.assert_close(encoder(batch_of(encoder, [sentence])), expected, rtol=1e-5, atol=1e-5)
    assert max(counts) > 1 or max(by_hand(encoder, SENTENCES[0])[1]) > 1


@pytest.mark.parametrize("words", ["first", "mean"])
@torch.no_grad()
def test_a_sentence_alone_is_as_in_any_batch(build, words):
    encoder = build(words=words)
    long = ("Lovelace",) * 30
    for sentences in ((*SENTENCES, long), (long, *SENTENCES[::-1], *SENTENCES)):
        batch = batch_of(encoder, sentences)
        found = encoder(batch)
        assert found.shape == (sum(map(len, sentences)), encoder.output_dim) == (sum(batch.lengths), 16)
        alone = torch.cat([encoder(batch_of(encoder, [sentence])) for sentence in sentences])
        torch.testing.assert_close(found, alone, rtol=1e-5, atol=1e-5)


@torch.no_grad()
def test_no_words_give_no_features(build):
    encoder = build()
    for sentences in ([], [()], [(), ()]):
        assert encoder(batch_of(encoder, sentences)).shape == (0, 16)


@torch.no_grad()
def test_long_sentences_are_read_whole_in_overlapping_sequences(build):
    encoder = build(words="mean")
    rules = encoder.pieces.rules
    assert rules.most == 24
    words = ("ada", "left", "london", "works", "for", "the", "lovton") * 10
    found = encoder(batch_of(encoder, [words]))
    assert found.shape == (70, 16)
    pieces, counts = encoder.pieces(words)
    best = {}
    for start, end in windows([(0, len(pieces))], rules.room):
        ids = torch.tensor([[*rules.before, *pieces[start:end], *rules.after]])
        hidden = encoder.backbone(input_ids=ids).last_hidden_state[0, 1:-1]
        for k in range(start, end):
            margin = min(k - start, end - 1 - k)
            if k not in best or margin > best[k][0]:
                best[k] = (margin, hidden[k - start])
    expected = torch.stack([best[k][1] for k in range(len(pieces))]).split(counts)
    torch.testing.assert_close(found, torch.stack([own.mean(0) for own in expected]), rtol=1e-5, atol=1e-5)
    other = encoder(batch_of(encoder, [(*words[:-1], "ada")]))  # the last word counts, so it was read
    assert not torch.allclose(other[-2], found[-2])


@torch.no_grad()
def test_a_sentence_that_just_fits_is_read_in_one_sequence(build):
    encoder = build()
    words = ("ada",) * encoder.pieces.rules.room
    torch.testing.assert_close(encoder(batch_of(encoder, [words])), by_hand(encoder, words)[0], rtol=1e-5, atol=1e-5)


@given(
    counts=st.lists(st.integers(0, 40), max_size=6),
    before=st.integers(0, 2),
    after=st.integers(0, 2),
    room=st.integers(1, 12),
    least=st.sampled_from([0.0, 0.5, 0.75, 1.0]),
)
def test_every_piece_is_found_where_the_layout_says(counts, before, after, room, least):
    total = sum(counts)
    rules = PieceRules(1, 0, (7,) * before, (8,) * after, room + before + after)
    found = layout(counts, rules, least=least)
    everything = [int(piece) for group in found.groups for piece in group.pieces.flatten()]
    assert [everything[place] for place in found.place] == list(range(total))
    owner = [sentence for sentence, count in enumerate(counts) for _ in range(count)]
    for group in found.groups:
        assert group.pieces.shape[1] <= rules.most
        lengths = group.inside.sum(1) - before - after
        assert min(lengths) >= least * max(lengths)
        for row, inside in zip(group.pieces, group.inside, strict=True):
            real = row[inside]
            assert not inside[len(real) :].any()
            assert list(real[:before]) == list(range(total, total + before))
            assert list(real[len(real) - after :]) == list(range(total + before, total + before + after))
            own = real[before : len(real) - after]
            assert list(own) == list(range(own[0], own[-1] + 1))
            assert len({owner[piece] for piece in own}) == 1
            assert set(row[~inside]) <= {total + before + after}


def noisy(encoder, batch, seed):
    return encoder.train()(batch, torch.Generator().manual_seed(seed))


def test_dropout_is_repeatable_whatever_torchs_own_generator_does(build):
    encoder = build()
    batch = batch_of(encoder, SENTENCES)
    first = noisy(encoder, batch, 1)
    torch.rand(5)
    assert torch.equal(noisy(encoder, batch, 1), first)
    assert not torch.allclose(noisy(encoder, batch, 2), first)
    assert not encoder.ignores_generator


def test_dropout_inside_the_transformer_is_on_in_training_and_off_afterwards(build):
    encoder = build(dropout=0.0)
    batch = batch_of(encoder, SENTENCES)
    assert not torch.allclose(noisy(encoder, batch, 1), noisy(encoder, batch, 2))
    encoder.eval()
    assert torch.equal(encoder(batch), encoder(batch))


def test_the_gradient_reaches_every_weight_of_the_transformer(build):
    encoder = build(words="mean").train()
    encoder(batch_of(encoder, SENTENCES)).square().sum().backward()
    unused = [name for name, weight in encoder.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert unused == []
    assert len(list(encoder.parameters())) > 30


def test_a_frozen_transformer_learns_nothing_and_drops_nothing(build):
    encoder = build(frozen=True, dropout=0.0).train()
    batch = batch_of(encoder, SENTENCES)
    assert torch.equal(encoder(batch), encoder(batch))
    assert not encoder(batch).requires_grad
    assert encoder.training


def test_the_lowest_layers_can_be_frozen(build):
    encoder = build(frozen_layers=1, dropout=0.0).train()
    encoder(batch_of(encoder, SENTENCES)).sum().backward()
    learning = {name for name, weight in encoder.backbone.named_parameters() if weight.grad is not None}
    assert learning
    assert not any(name.startswith(("embeddings.", "encoder.layer.0.")) for name in learning)
    assert any(name.startswith("encoder.layer.1.") for name in learning)
    assert not encoder.backbone.embeddings.training
    with pytest.raises(ConfigError, match="frozen_layers = 99"):
        build(frozen_layers=99)


def test_gradient_checkpointing_changes_no_gradient(build):
    found = []
    for checkpointing in (False, True):
        encoder = build(gradient_checkpointing=checkpointing, dropout=0.0).train()
        torch.manual_seed(3)
        encoder(batch_of(encoder, SENTENCES)).square().sum().backward()
        found.append([weight.grad for weight in encoder.parameters()])
    assert encoder.ignores_generator
    for plain, checkpointed in zip(*found, strict=True):
        torch.testing.assert_close(checkpointed, plain)


def test_gradient_checkpointing_that_a_transformer_does_not_know_is_refused(build, monkeypatch):
    monkeypatch.setattr("transformers.BertModel.supports_gradient_checkpointing", False)
    with pytest.raises(ConfigError, match="does not support it; leave it out"):
        build(gradient_checkpointing=True)


def test_pieces_move_to_a_device_with_the_table(build):
    encoder = build()
    moved = batch_of(encoder, SENTENCES).to(torch.device("meta"))
    assert moved.pieces.device.type == moved.table.device.type == "meta"


def test_an_architecture_names_no_code_no_machine_and_no_number_format():
    values = {
        "model_type": "bert",
        "hidden_size": 3,
        "auto_map": {"AutoModel": "evil.py"},
        "_name_or_path": "somewhere",
        "_attn_implementation": "someone/kernel",
        "attn_implementation": "someone/kernel",
        "dtype": "float16",
        "text_config": {"experts_implementation": "x", "layers": 2},
    }
    assert checked_architecture(values) == {"model_type": "bert", "hidden_size": 3}


def test_an_architecture_that_cannot_be_built_is_refused(parts):
    for change, named in (
        ({"model_type": "unheard-of"}, "unheard-of"),
        ({"hidden_size": "wide"}, "wide"),
        ({"num_attention_heads": 3}, "transformers"),
    ):
        with pytest.raises(ConfigError, match=named):
            TransformerEncoder(TransformerSettings(), replace(parts, architecture=parts.architecture | change))


def test_a_tokenizer_with_more_pieces_than_the_transformer_is_refused(parts):
    few = replace(parts, architecture=parts.architecture | {"vocab_size": 50}, weights=None)
    with pytest.raises(ConfigError, match="the tokenizer has pieces up to 83, the transformer 50 in all"):
        TransformerEncoder(TransformerSettings(), few)


HUGE = 10**9


@pytest.mark.parametrize(
    "change",
    [
        {"num_labels": HUGE, "id2label": {}},
        {"model_type": "gptj", "n_positions": HUGE},
        {"model_type": "esm", "max_position_embeddings": HUGE},
        {"model_type": "convnext", "depths": [10**5] * 4},
        {"num_hidden_layers": HUGE},
        {"vocab_size": HUGE},
        {"max_position_embeddings": HUGE},
        {"chunk_size_feed_forward": 7},
        {"return_dict": False},
        {"hidden_size": -1},
        {"layer_norm_eps": float("nan")},
        {"layer_norm_eps": 0},
        {"initializer_range": 0},
        {"num_attention_heads": 0},
    ],
    ids=str,
)
def test_a_hostile_architecture_is_refused_or_without_effect(parts, change):
    try:
        encoder = TransformerEncoder(TransformerSettings(), replace(parts, architecture=parts.architecture | change))
    except ConfigError as error:
        assert len(str(error)) < 600
    else:
        assert sum(weight.numel() for weight in encoder.parameters()) < 10**5
        assert encoder(batch_of(encoder, SENTENCES)).isfinite().all()


def test_more_pieces_at_once_than_positions_are_refused(parts):
    with pytest.raises(ConfigError, match="25.*24 positions"):
        TransformerEncoder(TransformerSettings(), replace(parts, rules=replace(parts.rules, most=25)))


def test_the_wide_middle_of_a_layer_counts_towards_memory(parts, build):
    wider = replace(parts, architecture=parts.architecture | {"intermediate_size": 4_000}, weights=None)
    wide = TransformerEncoder(TransformerSettings(), wider)
    assert wide.output_dim == build().output_dim
    assert wide.values_per_token > build().values_per_token + 4_000
