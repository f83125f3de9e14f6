"""What GraphRel learns from and predicts on: a prepared sentence, and a batch of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from relknit.document import Document
from relknit.encoders.base import Encoder, EncoderInput, Sentence
from relknit.models.graphrel.word_graph import joined_heads
from relknit.models.triple_model import span_triples
from relknit.ops.devices import to_device


@dataclass(frozen=True, slots=True)
class GraphExample:
    """A document made ready once: encoder input, the head of every word (n,), and if it is labelled tags (n,) and pairs (g, 3).

    pairs: head, tail and number of the relation, from 1. All int64.
    """

    sentence: Sentence
    heads: Tensor
    tokens: tuple[str, ...]
    tags: Tensor | None = None
    pairs: Tensor | None = None

    def __len__(self) -> int:
        return len(self.sentence)


@dataclass(frozen=True, slots=True)
class GraphBatch:
    """Examples end to end; pairs count tokens from the start of their sentence, of which there are `pair_counts`."""

    inputs: EncoderInput
    heads: Tensor
    tokens: tuple[tuple[str, ...], ...]
    tags: Tensor | None = None
    pairs: Tensor | None = None
    pair_counts: tuple[int, ...] = ()

    @staticmethod
    def of(examples: Sequence[GraphExample], encoder: Encoder) -> GraphBatch:
        """Labelled if every example is."""
        inputs = encoder.collate([example.sentence for example in examples])
        heads = joined_heads([example.heads for example in examples])
        tokens = tuple(example.tokens for example in examples)
        tags = [example.tags for example in examples if example.tags is not None]
        pairs = [example.pairs for example in examples if example.pairs is not None]
        if not examples or len(pairs) < len(examples):
            return GraphBatch(inputs, heads, tokens)
        return GraphBatch(inputs, heads, tokens, torch.cat(tags), torch.cat(pairs), tuple(map(len, pairs)))

    def to(self, device: torch.device) -> GraphBatch:
        """The same batch on another device."""
        tags = None if self.tags is None else to_device(self.tags, device)
        pairs = None if self.pairs is None else to_device(self.pairs, device)
        heads = to_device(self.heads, device)
        return GraphBatch(self.inputs.to(device), heads, self.tokens, tags, pairs, self.pair_counts)


def labelled_pairs(document: Document, numbers: dict[str, int]) -> Tensor:
    """All pairs of a word of a head and a word of a tail with the number of their relation, (g, 3) int64.

    A pair has one relation: of several the last of the document, as in the authors' code. Unknown relations are left out.
    """
    label = {
        (i, j): relation
        for head, relation, tail in span_triples(document, numbers)
        for i in range(*head)
        for j in range(*tail)
    }
    return torch.tensor([(*pair, number) for pair, number in label.items()], dtype=torch.int64).reshape(-1, 3)
