"""RIN, the Recurrent Interaction Network of EMNLP 2020   (equations 1 to 9 of the paper).

    H^0 = encoder(words)                                  Y_e^0 = C_e(H^0), Y_r^0 = C_r(H^0)
    H_r^k = GRU_r(max_j Y_r^{k-1}(i,j), H^{k-1})          H_e^k = GRU_e(Y_e^{k-1}, H^{k-1})
    H^k = H_r^k + H_e^k + H^{k-1}                         Y_r^k = C_r(H_r^k), Y_e^k = C_e(H_e^k)

C_e, C_r and both cells are shared by all rounds; the loss looks at round K alone; gradients flow through the
predictions that are fed back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import torch
from torch import Tensor, nn

from relknit.config import ModelConfig
from relknit.document import AnchorTriple, Document, Entity, Prediction
from relknit.models.base import Batch, Decoding, Example, JointModel, Labels, LossParts
from relknit.models.decoding import complete, tagged_entities
from relknit.nn.encoders import Encoder, EncoderInput
from relknit.nn.interaction import Interaction, RoundFeatures
from relknit.nn.pair_scorer import PairScorer, Rows
from relknit.ops.pair_scores import PairLabels, SelectedPairs
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from relknit.tags import spans_to_tags


class RIN(JointModel):
    """Encoder, tagger C_e, pair scorer C_r, and K rounds of interaction between the two."""

    def __init__(self, config: ModelConfig, encoder: Encoder, labels: Labels) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = labels
        self.anchor_rule = config.anchor
        self.decoding = Decoding(threshold=config.threshold)
        self.num_rounds = config.num_rounds
        dim = encoder.output_dim
        self.tagger = nn.Linear(dim, len(labels.tags))
        self.pairs = PairScorer(dim, config.pair_hidden, len(labels.relations), bias=config.relation_bias)
        self.interaction = Interaction(
            dim,
            len(labels.tags),
            len(labels.relations),
            gru=config.gru,
            entity_feedback=config.entity_feedback,
            relation_feedback=config.relation_feedback,
        )
        self._tag_numbers = {tag: k for k, tag in enumerate(labels.tags)}
        self._relation_numbers = {name: k for k, name in enumerate(labels.relations)}

    def set_threads(self, threads: int) -> None:
        """Spread the pair operations over this many worker threads."""
        self.pairs.threads = threads

    def set_workspace(self, size: int | None) -> None:
        """Let a thread of the pair operations take about this many bytes, at least those of one word's pairs."""
        pairs = BLOCK_PAIRS if size is None else min(BLOCK_PAIRS, size // self.pairs.bytes_per_pair)
        self.pairs.block_pairs = max(1, pairs)

    @property
    def bytes_per_token(self) -> int:
        """Features, gates and predictions of a round, all held at once."""
        features, labels = self.encoder.output_dim, len(self.labels.tags) + len(self.labels.relations)
        return self.pairs.output.weight.element_size() * (16 * features + 4 * labels)

    def prepare(self, document: Document, *, labelled: bool = False) -> Example:
        """Encoder input, and with `labelled` the gold tags and pairs.

        Labels that the model does not know are left out, and so are entities that only stand in (`tagged` false), from
        the tags: an entity of another type inside them can still be learned. Their relations stay.
        """
        sentence = self.encoder.prepare(document.tokens, document.pos)
        if not labelled:
            return Example(sentence)
        tags = [self._tag_numbers[tag] for tag in spans_to_tags(self._learnable(document), len(document))]
        anchors = [entity.anchor(self.anchor_rule) for entity in document.entities]
        known = [r for r in document.relations if r.type in self._relation_numbers]
        triples = [(anchors[r.head], anchors[r.tail], self._relation_numbers[r.type]) for r in known]
        return Example(sentence, torch.tensor(tags, dtype=torch.int64), PairLabels.of(triples))

    def _learnable(self, document: Document) -> list[Entity]:
        entities, types = [entity for entity in document.entities if entity.tagged], self.labels.entity_types
        if types:
            return [entity for entity in entities if entity.type in types]
        return [Entity(entity.start, entity.end) for entity in entities]

    def features(self, inputs: EncoderInput) -> tuple[Tensor, Tensor]:
        """H_e^K and H_r^K, each (T, d): what the two classifiers read in the end."""
        _, entity, relation = self._rounds(inputs, self.num_rounds)
        return entity, relation

    def _rounds(self, inputs: EncoderInput, count: int) -> RoundFeatures:
        h = self.encoder(inputs)
        features = RoundFeatures(h, h, h)
        for _ in range(count):
            tags = torch.softmax(self.tagger(features.entity), dim=-1)
            strongest = self.pairs.row_max(features.relation, inputs.lengths)
            features = self.interaction(features.shared, tags, strongest)
        return features

    def loss(self, batch: Batch) -> LossParts:
        """(Σ_words CE + Σ_pairs,relations BCE) / sentences   (eqs. 8 and 9, divided as the authors' code does)."""
        if batch.tags is None or batch.labels is None:
            raise ValueError("loss needs a labelled batch; prepare its documents with labelled=True")
        entity, relation = self.features(batch.inputs)
        sentences = len(batch.inputs.lengths)
        tag_loss = nn.functional.cross_entropy(self.tagger(entity), batch.tags, reduction="sum") / sentences
        pair_loss = self.pairs.loss(relation, batch.inputs.lengths, batch.labels) / sentences
        return LossParts(tag_loss + pair_loss, tag_loss.detach(), pair_loss.detach())

    @torch.no_grad()
    def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
        """Tags and pairs of round K, decoded by `self.decoding`; one Prediction per sentence, also for an empty one.

        Without `anchors` only pairs of words inside tagged entities are scored in the end, where no other can make a
        triple.
        """
        lengths = batch.inputs.lengths
        if anchors or self.decoding.keep_untagged:
            entity, relation = self.features(batch.inputs)
            entities = self._entities(entity, lengths)
            found = self._anchors(self.pairs.select(relation, lengths, self.decoding.threshold), lengths)
        else:
            entities, found = self._inside_entities(batch.inputs)
        complete_all = (
            complete(spans, pairs, keep_untagged=self.decoding.keep_untagged)
            for spans, pairs in zip(entities, found, strict=True)
        )
        return [prediction if anchors else replace(prediction, anchors=None) for prediction in complete_all]

    def _entities(self, features: Tensor, lengths: Sequence[int]) -> list[tuple[Entity, ...]]:
        """The tagged entities of every sentence, from H_e^K."""
        probability, tag = torch.softmax(self.tagger(features), dim=-1).max(dim=-1)
        tags, confidence = [self.labels.tags[k] for k in tag.tolist()], probability.tolist()
        ends = list(accumulate(lengths))
        return [
            tagged_entities(tags[end - n : end], confidence[end - n : end])
            for n, end in zip(lengths, ends, strict=True)
        ]

    def _inside_entities(self, inputs: EncoderInput) -> tuple[list[tuple[Entity, ...]], list[list[AnchorTriple]]]:
        """Entities, and the anchors that both lie inside one: the last round's relations are computed for those words alone.

        H_e^K does not depend on the relations of round K - 1, so the tags can come first.
        """
        h, entity, relation = self._rounds(inputs, max(0, self.num_rounds - 1))
        if self.num_rounds:
            entity = self.interaction.entity_cell(torch.softmax(self.tagger(entity), dim=-1), h)
        entities = self._entities(entity, inputs.lengths)
        rows = _rows_inside(entities, inputs.lengths)
        rows = Rows(rows.index.to(h.device), rows.lengths)
        if self.num_rounds:
            strongest = self.pairs.row_max(relation, inputs.lengths, rows)
            relation = self.interaction.relation_cell(strongest, h[rows.index])
        else:
            relation = relation[rows.index]
        pairs = self.pairs.select(relation, rows.lengths, self.decoding.threshold)
        pairs = replace(pairs, first=rows.index[pairs.first], second=rows.index[pairs.second])
        return entities, self._anchors(pairs, inputs.lengths)

    def _anchors(self, pairs: SelectedPairs, lengths: Sequence[int]) -> list[list[AnchorTriple]]:
        """Selected pairs, counted from the start of the batch, as anchors of each sentence."""
        starts = torch.tensor([0, *lengths]).cumsum(0)
        sentence = torch.searchsorted(starts[1:], pairs.first.cpu().contiguous(), right=True).tolist()
        result: list[list[AnchorTriple]] = [[] for _ in lengths]
        columns = (pairs.first, pairs.second, pairs.relation, pairs.probability)
        for k, i, j, t, p in zip(sentence, *(column.tolist() for column in columns), strict=True):
            start = int(starts[k])
            result[k].append(AnchorTriple(i - start, self.labels.relations[t], j - start, p))
        return result


def _rows_inside(entities: Sequence[Sequence[Entity]], lengths: Sequence[int]) -> Rows:
    """The words inside any entity, counted from the start of the batch."""
    index: list[int] = []
    counts: list[int] = []
    for spans, end, length in zip(entities, accumulate(lengths), lengths, strict=True):
        inside = sorted({end - length + token for span in spans for token in range(span.start, span.end)})
        index += inside
        counts.append(len(inside))
    return Rows(torch.tensor(index, dtype=torch.int64), tuple(counts))
