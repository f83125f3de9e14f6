"""The BiLSTM encoder: packed sentences, dropout, empty input."""

import pytest
import torch

from relknit.encoders.base import EncoderInput
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.encoders.bilstm.word_features import build_word_tables
from relknit.errors import DataError

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def encoder(tiny_documents, tiny_encoder):
    """A factory of encoders of the tiny sentences, float64, in evaluation mode."""

    def build(**changes):
        config = tiny_encoder(**changes)
        torch.manual_seed(0)
        tables, _ = build_word_tables(tiny_documents, config, None)
        return BiLSTMEncoder(config, tables).double().eval()

    return build


def batch_of(encoder, documents):
    return EncoderInput.of([encoder.prepare(document.tokens, document.pos) for document in documents])


@pytest.mark.parametrize("num_layers", [1, 2])
def test_features_are_those_of_an_lstm_over_each_sentence_alone(encoder, tiny_documents, num_layers):
    encoder = encoder(num_layers=num_layers)
    batch = batch_of(encoder, tiny_documents)
    found = encoder(batch)
    assert found.shape == (15, encoder.output_dim) == (15, 6)
    for one, table in zip(found.split(batch.lengths), batch.table.split(batch.lengths), strict=True):
        torch.testing.assert_close(one, encoder.lstm(encoder.words(table)[:, None])[0][:, 0], rtol=1e-12, atol=1e-14)


def test_sentences_of_any_order_of_lengths_come_back_in_their_own_order(encoder, tiny_documents):
    encoder = encoder()
    ways = (tiny_documents, tiny_documents[::-1], tiny_documents[2:] + tiny_documents[:2])
    by_document = []
    for documents in ways:
        batch = batch_of(encoder, documents)
        parts = encoder(batch).split(batch.lengths)
        by_document.append({document.tokens: part for document, part in zip(documents, parts, strict=True)})
    for other in by_document[1:]:
        for tokens, part in by_document[0].items():
            torch.testing.assert_close(other[tokens], part, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_words_give_no_features_of_the_right_type(encoder, dtype):
    encoder = encoder().to(dtype)
    empty = encoder.prepare((), None)
    for sentences in ([], [empty], [empty, empty]):
        found = encoder(EncoderInput.of(sentences))
        assert found.shape == (0, encoder.output_dim)
        assert found.dtype == dtype


def test_empty_sentences_between_others_leave_no_row(encoder, tiny_documents):
    encoder = encoder()
    full = [encoder.prepare(document.tokens, document.pos) for document in tiny_documents[:2]]
    empty = encoder.prepare((), None)
    mixed = EncoderInput.of([empty, full[0], empty, full[1], empty])
    assert mixed.lengths == (0, 6, 0, 3, 0)
    torch.testing.assert_close(encoder(mixed), encoder(EncoderInput.of(full)))


@pytest.mark.parametrize(
    "changes", [{"input_dropout": 0.5}, {"layer_dropout": 0.5, "num_layers": 2}, {"word_dropout": 0.5}]
)
def test_dropout_and_word_dropout_work_in_training_only(encoder, tiny_documents, changes):
    encoder = encoder(**changes)
    batch = batch_of(encoder, tiny_documents)
    torch.manual_seed(1)
    assert torch.equal(encoder(batch), encoder(batch))
    before = encoder(batch)
    encoder.train()
    assert not torch.equal(encoder(batch), encoder(batch))
    encoder.eval()
    assert torch.equal(encoder(batch), before)


def test_layer_dropout_of_a_single_layer_does_nothing(encoder, tiny_documents):
    encoder = encoder(layer_dropout=0.5)
    batch = batch_of(encoder, tiny_documents)
    assert torch.equal(encoder.train()(batch), encoder(batch))


def test_any_one_part_of_a_word_is_enough(encoder, tiny_documents):
    for part in ("word_dim", "pos_dim", "char_dim", "shape_dim"):
        widths = {"word_dim": 0, "pos_dim": 0, "char_dim": 0, "shape_dim": 0} | {part: 2}
        one = encoder(**widths)
        assert torch.isfinite(one(batch_of(one, tiny_documents))).all()


def test_too_few_part_of_speech_tags_are_refused(encoder):
    with pytest.raises(DataError, match="pos has 1 tags for 2 tokens"):
        encoder().prepare(("Ada", "left"), ("NNP",))


def test_the_papers_sizes_are_those_of_its_code(tiny_documents):
    paper = BiLSTMSettings(
        word_dim=100, pos_dim=10, char_dim=0, shape_dim=0, hidden=50, num_layers=1, input_dropout=0.1, layer_dropout=0.0
    )
    tables, _ = build_word_tables(tiny_documents, paper, None)
    encoder = BiLSTMEncoder(paper, tables)
    assert encoder.lstm.input_size == 110
    assert encoder.output_dim == 100
