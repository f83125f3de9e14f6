"""What a model can say, and how examples become a batch."""

import pytest
import torch

from relknit.document import Document, Entity
from relknit.encoders.base import Encoder, Sentence
from relknit.errors import ConfigError
from relknit.models.base import Labels
from relknit.models.rin.batch import Batch, Example
from relknit.ops.pair_scores import PairLabels

ENCODER = Encoder()


def example(length, tags=None, triples=()):
    table = torch.arange(3 * length).reshape(length, 3)
    if tags is None:
        return Example(Sentence(table), tuple(range(len(table))))
    return Example(
        Sentence(table), tuple(range(len(table))), torch.tensor(tags, dtype=torch.int64), PairLabels.of(triples)
    )


def test_labels_are_sorted_and_each_is_there_once(tiny_documents):
    labels = Labels.of(tiny_documents)
    assert labels.relations == ("knows", "left", "lives_in", "needs")
    assert labels.entity_types == ("Person", "Place")


def test_a_label_is_given_once():
    with pytest.raises(ConfigError, match="'left'"):
        Labels(("left", "left"))


def test_types_can_be_left_aside(tiny_documents):
    assert Labels.of(tiny_documents, typed=False).entity_types == ()
    assert Labels.of(tiny_documents, typed=True) == Labels.of(tiny_documents)


def test_data_without_types_gives_untyped_tags():
    documents = [Document("1", ("Ada",), (Entity(0, 1),))]
    for typed in (None, True):
        assert Labels.of(documents, typed=typed).entity_types == ()


def test_a_batch_lays_sentences_end_to_end_and_moves_their_pairs_along():
    batch = Batch.of(
        [example(2, [1, 0], ((0, 1, 5),)), example(0, []), example(3, [0, 2, 3], ((2, 0, 1), (1, 1, 0), (2, 0, 1)))],
        ENCODER,
    )
    assert batch.inputs.lengths == (2, 0, 3)
    assert batch.inputs.table.shape == (5, 3)
    assert batch.tags.tolist() == [1, 0, 0, 2, 3]
    assert batch.labels.triples() == [(0, 1, 5), (3, 3, 0), (4, 2, 1)]


def test_one_sentence_without_labels_leaves_the_whole_batch_without():
    batch = Batch.of([example(2, [1, 0]), example(1)], ENCODER)
    assert batch.tags is None
    assert batch.labels is None
    assert batch.inputs.lengths == (2, 1)


def test_a_batch_of_nothing_has_no_lengths_and_no_labels():
    batch = Batch.of([], ENCODER)
    assert batch.inputs.lengths == ()
    assert batch.tags is None


def test_a_batch_moves_to_a_device_with_its_lengths():
    inputs = Batch.of([example(2), example(1)], ENCODER).inputs
    moved = inputs.to(torch.device("meta"))
    assert moved.table.device.type == "meta"
    assert moved.lengths == inputs.lengths
