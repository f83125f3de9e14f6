"""Fine-tuning with new words and labels: a larger model that begins as the one it grows from."""

from __future__ import annotations

import torch

from relknit.data.vocab import SPECIAL, Vocabulary
from relknit.models.base import JointModel, Labels
from relknit.nn.encoders import WordTables


def joined_labels(known: Labels, new: Labels) -> Labels:
    """All labels that the model knows, in its order, then those that are new."""
    return Labels(
        tuple(dict.fromkeys((*known.relations, *new.relations))),
        tuple(dict.fromkeys((*known.entity_types, *new.entity_types))),
    )


def joined_tables(known: WordTables, new: WordTables) -> WordTables:
    """All words, characters, shapes and tags that the model knows, in its order, then those that are new."""

    def join(first: Vocabulary, second: Vocabulary) -> Vocabulary:
        return Vocabulary.of((*first.names[len(SPECIAL) :], *second.names[len(SPECIAL) :]))

    return WordTables(
        words=join(known.words, new.words),
        characters=join(known.characters, new.characters),
        shapes=join(known.shapes, new.shapes),
        pos=join(known.pos, new.pos),
    )


@torch.no_grad()
def take_over(grown: JointModel, known: JointModel) -> None:
    """Copy every weight of `known` into the same place of `grown`, whose tables are as large or larger.

    Words and labels that both have keep their numbers (see `joined_tables`), so what is new lies behind what is known in every
    dimension, and keeps its fresh weights. A model that learns its first entity types reads B, I, E, S as those of the
    first type. Rows for new words start at the spread of the known ones.
    """
    weights = known.state_dict()
    for name, value in grown.state_dict().items():
        corner = value[tuple(slice(size) for size in weights[name].shape)]
        if value.shape != weights[name].shape and name == "encoder.words.words.weight":
            value.mul_(weights[name].std())
        corner.copy_(weights[name])
