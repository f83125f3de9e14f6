"""Vocabularies, initial word vectors, and what a word looks like to the encoder."""

import numpy as np
import pytest
import torch

from relknit.data.vectors import WordVectors
from relknit.document import Document
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder
from relknit.encoders.bilstm.vocabulary import PAD, UNKNOWN
from relknit.encoders.bilstm.word_features import MAX_CHARACTERS, CharacterCNN, WordEmbedding, build_word_tables

pytestmark = pytest.mark.usefixtures("one_thread")

TRAIN = (Document("1", ("Ada", "left", "the", "Stöger", "house", ".")), Document("2", ("the", "LONDON", '"', "(")))
VECTORS = WordVectors(
    ("the", "Rome", "ada", "house", "Oslo"), np.arange(15, dtype=np.float32).reshape(5, 3) / np.float32(10)
)


@pytest.fixture
def embedding(tiny_encoder):
    """A factory: embedding (evaluation mode) of TRAIN with tiny settings."""

    def build(vectors=None, **changes):
        config = tiny_encoder(**({"word_dim": 3, "pos_dim": 0} | changes))
        torch.manual_seed(0)
        tables, initial = build_word_tables(TRAIN, config, vectors)
        return WordEmbedding(config, tables, initial).eval()

    return build


def vectors_of(embedding, *tokens):
    with torch.no_grad():
        return embedding(embedding.numbers(tokens, None))


def test_the_vocabulary_holds_train_words_and_words_with_a_vector_and_no_other(tiny_encoder):
    tables, _ = build_word_tables(TRAIN, tiny_encoder(), VECTORS)
    train = {token for document in TRAIN for token in document.tokens}
    assert set(tables.words.names) == {"<pad>", "<unk>"} | train | set(VECTORS.words)
    dev = Document("3", ("Lisbon", "is", "not", "there"))
    assert not any(token in tables.words for token in dev.tokens)


def test_only_as_many_words_outside_train_as_asked_for_are_kept_commonest_first(tiny_encoder):
    tables, initial = build_word_tables(TRAIN, tiny_encoder(max_vectors=1), VECTORS)
    assert "Rome" in tables.words
    assert "ada" not in tables.words
    assert "Oslo" not in tables.words
    assert initial.shape == (len(tables.words), 3)
    none, _ = build_word_tables(TRAIN, tiny_encoder(max_vectors=0), VECTORS)
    assert "Rome" not in none.words


def test_a_rare_train_word_has_a_row_only_if_it_has_a_vector(tiny_encoder):
    tables, initial = build_word_tables(TRAIN, tiny_encoder(min_count=2), VECTORS)
    assert "the" in tables.words
    assert "left" not in tables.words
    np.testing.assert_array_equal(initial[tables.words["house"]], VECTORS.vectors[3])


def test_without_vectors_there_is_no_initial_table(tiny_encoder):
    assert build_word_tables(TRAIN, tiny_encoder(), None)[1] is None


def test_words_start_from_their_vector_or_from_that_of_their_lower_case(tiny_encoder):
    tables, initial = build_word_tables(TRAIN, tiny_encoder(), VECTORS)
    for word, row in (("the", 0), ("Rome", 1), ("ada", 2), ("Ada", 2), ("house", 3)):
        np.testing.assert_array_equal(initial[tables.words[word]], VECTORS.vectors[row])
    assert not initial[PAD].any()
    assert initial[tables.words["LONDON"]].any()


def test_words_without_a_vector_follow_torchs_random_state_and_the_vectors_deviation(tiny_encoder):
    documents = [Document("1", tuple(f"word{k}" for k in range(2000)))]
    tables = []
    for _ in range(2):
        torch.manual_seed(4)
        tables.append(build_word_tables(documents, tiny_encoder(), VECTORS)[1])
    np.testing.assert_array_equal(*tables)
    deviation = VECTORS.vectors.std()
    assert tables[0][2:2002].std() == pytest.approx(deviation, rel=0.05)


def test_vectors_can_be_rescaled(tiny_encoder):
    tables, initial = build_word_tables(TRAIN, tiny_encoder(vector_scale=0.01), VECTORS)
    factor = 0.01 / VECTORS.vectors.std()
    np.testing.assert_allclose(initial[tables.words["Rome"]], VECTORS.vectors[1] * factor, rtol=1e-5)


def test_the_initial_table_becomes_the_word_vectors(embedding):
    built = embedding(VECTORS)
    torch.testing.assert_close(vectors_of(built, "Rome", "Ada"), torch.from_numpy(VECTORS.vectors[[1, 2]]))


def test_parts_that_are_switched_off_have_no_vocabulary(tiny_encoder):
    tables, _ = build_word_tables(TRAIN, tiny_encoder(pos_dim=0), None)
    assert [len(table) for table in (tables.characters, tables.shapes, tables.pos)] == [2, 2, 2]


def test_the_width_of_a_word_is_the_sum_of_its_parts(embedding):
    built = embedding(pos_dim=2, char_dim=3, char_filters=7, shape_dim=4)
    assert built.output_dim == 3 + 7 + 4 + 2
    assert vectors_of(built, "Ada", "left").shape == (2, 16)


def test_a_never_seen_word_has_a_vector_of_its_spelling_when_there_are_characters(embedding):
    built = embedding(char_dim=4)
    one, same, other = vectors_of(built, "hoard", "hoard", "hoards")
    assert torch.equal(one, same)
    assert torch.equal(one[:3], other[:3])  # the word part: both are unknown
    assert not torch.equal(one, other)


def test_a_never_seen_word_is_unknown_without_characters(embedding):
    built = embedding()
    one, other = vectors_of(built, "hoard", "Lisbon")
    assert torch.equal(one, other)
    assert torch.equal(one, built.words.weight[UNKNOWN])


def test_a_shape_tells_never_seen_words_apart(embedding):
    built = embedding(shape_dim=2)
    small, capital, other = vectors_of(built, "hoard", "Lisbon", "Madrid")
    assert not torch.equal(small, capital)
    assert torch.equal(capital, other)


def test_a_word_not_found_is_looked_up_in_another_case(embedding):
    built = embedding()
    for token in ("The", "THE", "HOUSE", "Left"):
        assert torch.equal(*vectors_of(built, token, token.lower()))
    assert torch.equal(*vectors_of(built, "london", "LONDON"))


@pytest.mark.parametrize(
    ("token", "typed"), [("StÃ¶ger", "Stöger"), ("``", '"'), ("''", '"'), ("“", '"'), ("-LRB-", "(")]
)
def test_double_encoded_and_treebank_forms_look_like_typed_ones(embedding, token, typed):
    built = embedding(char_dim=3, shape_dim=2)
    found, expected = vectors_of(built, token, typed)
    assert torch.equal(found, expected)
    assert built.numbers([token], None)[0, 0] > UNKNOWN


def test_without_repair_words_are_looked_up_as_they_are(embedding):
    built = embedding(repair=False)
    assert built.numbers(["StÃ¶ger", "``", "Stöger"], None)[:, 0].tolist()[:2] == [UNKNOWN, UNKNOWN]
    assert built.numbers(["Stöger"], None)[0, 0] > UNKNOWN


def test_vectors_are_found_under_their_repaired_spelling(tiny_encoder):
    vectors = WordVectors(("StÃ¶ger", "x"), np.eye(2, dtype=np.float32))
    tables, initial = build_word_tables(TRAIN, tiny_encoder(), vectors)
    np.testing.assert_array_equal(initial[tables.words["Stöger"]], [1, 0])


def test_part_of_speech_tags_never_seen_or_not_given_are_unknown(tiny_encoder):
    documents = [Document("1", ("Ada", "left"), pos=("NNP", "VBD"))]
    config = tiny_encoder(word_dim=1, pos_dim=2)
    built = WordEmbedding(config, build_word_tables(documents, config, None)[0], None)
    assert built.numbers(["Ada", "Ada", "Ada"], ["NNP", "VBD", "XX"])[:, 2].tolist() == [2, 3, UNKNOWN]
    assert built.numbers(["Ada", "left"], None)[:, 2].tolist() == [UNKNOWN, UNKNOWN]


def test_word_dropout_happens_in_training_only_and_leaves_the_spelling(embedding):
    built = embedding(word_dropout=0.5, char_dim=2)
    table = built.numbers(["Ada"] * 400, None)
    plain = built(table)
    assert torch.equal(plain, plain[:1].expand_as(plain))
    torch.manual_seed(0)
    dropped = built.train()(table)
    unknown = (dropped[:, :3] == built.words.weight[UNKNOWN]).all(dim=1)
    assert 150 < int(unknown.sum()) < 250
    assert torch.equal(dropped[~unknown], plain[~unknown])
    assert torch.equal(dropped[:, 3:], plain[:, 3:])
    assert table[:, 0].unique().tolist() == [built.tables.words["Ada"]]  # the prepared sentence stays as it was


def test_without_word_dropout_training_reads_words_as_they_are(embedding):
    built = embedding(word_dropout=0.0)
    table = built.numbers(TRAIN[0].tokens, None)
    assert torch.equal(built.train()(table), built.eval()(table))


def test_a_long_word_is_read_at_both_ends(embedding):
    built = embedding(char_dim=2)
    start, end = "abcdefghij", "klmnopqrst"
    numbers = [built.numbers([start + middle + end], None) for middle in ("", "x", "xyzxyz" * 20)]
    assert torch.equal(numbers[0], numbers[1])
    assert torch.equal(numbers[0], numbers[2])
    assert numbers[0].shape == (1, 3 + MAX_CHARACTERS)


def test_characters_outside_the_vocabulary_are_unknown_not_padding(embedding):
    built = embedding(char_dim=2)
    assert built.numbers(["日本"], None)[0, 3:6].tolist() == [UNKNOWN, UNKNOWN, PAD]


def test_no_tokens_give_a_table_without_rows(embedding):
    assert embedding(char_dim=2).numbers([], None).shape == (0, 3 + MAX_CHARACTERS)
    assert embedding().numbers([], None).shape == (0, 3)


def test_the_convolution_ignores_everything_behind_the_word():
    torch.manual_seed(0)
    cnn = CharacterCNN(9, 3, 4)
    word = torch.zeros(1, MAX_CHARACTERS, dtype=torch.int64)
    word[0, :3] = torch.tensor([2, 5, 7])
    letters = [torch.zeros(3), *cnn.table.weight[word[0, :3]], torch.zeros(3)]
    steps = [torch.relu(cnn.convolution(torch.cat(letters[k : k + 3]))) for k in range(3)]
    torch.testing.assert_close(cnn(word)[0], torch.stack(steps).amax(0))


def test_padding_learns_nothing(embedding):
    built = embedding(char_dim=2, shape_dim=2).train()
    built(built.numbers(TRAIN[0].tokens, None)).sum().backward()
    for table in (built.words, built.characters.table, built.shapes):
        assert not table.weight.grad[PAD].any()
        assert not table.weight[PAD].any()


def test_an_encoder_can_be_copied_and_pickled_and_copies_look_words_up_by_themselves(tiny_documents, tiny_encoder):
    import copy
    import pickle

    config = tiny_encoder(char_dim=4)
    tables, _ = build_word_tables(tiny_documents, config, None)
    encoder = BiLSTMEncoder(config, tables)
    expected = encoder.prepare(("Ada", "x" * 3000)).table
    for other in (copy.deepcopy(encoder), pickle.loads(pickle.dumps(encoder))):  # noqa: S301 (our own bytes)
        assert torch.equal(other.prepare(("Ada", "x" * 3000)).table, expected)
        assert other.words._row.__wrapped__.__self__ is other.words
        assert other.words._row.cache_info().currsize == 1
