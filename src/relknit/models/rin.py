"""RIN, the Recurrent Interaction Network of EMNLP 2020   (equations 1 to 9 of the paper).

    H^0 = encoder(words)                                  Y_e^0 = C_e(H^0), Y_r^0 = C_r(H^0)
    H_r^k = GRU_r(max_j Y_r^{k-1}(i,j), H^{k-1})          H_e^k = GRU_e(Y_e^{k-1}, H^{k-1})
    H^k = H_r^k + H_e^k + H^{k-1}                         Y_r^k = C_r(H_r^k), Y_e^k = C_e(H_e^k)

C_e, C_r and both cells are shared by all rounds; the loss looks at round K alone; gradients flow through the
predictions that are fed back.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from relknit.config import ModelConfig
from relknit.document import AnchorTriple, Document, Entity, Prediction
from relknit.models.base import Batch, Decoding, Example, JointModel, Labels, LossParts
from relknit.models.decoding import complete, tagged_entities
from relknit.nn.encoders import Encoder, EncoderInput
from relknit.nn.interaction import Interaction
from relknit.nn.pair_scorer import PairScorer
from relknit.ops.pair_scores import SelectedPairs
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
        triples = tuple((anchors[r.head], anchors[r.tail], self._relation_numbers[r.type]) for r in known)
        return Example(sentence, torch.tensor(tags, dtype=torch.int64), triples)

    def _learnable(self, document: Document) -> list[Entity]:
        entities, types = [entity for entity in document.entities if entity.tagged], self.labels.entity_types
        if types:
            return [entity for entity in entities if entity.type in types]
        return [Entity(entity.start, entity.end) for entity in entities]

    def features(self, inputs: EncoderInput) -> tuple[Tensor, Tensor]:
        """H_e^K and H_r^K, each (T, d): what the two classifiers read in the end."""
        h = entity = relation = self.encoder(inputs)
        for _ in range(self.num_rounds):
            tags = torch.softmax(self.tagger(entity), dim=-1)
            strongest = self.pairs.row_max(relation, inputs.lengths)
            h, entity, relation = self.interaction(h, tags, strongest)
        return entity, relation

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
    def predict(self, batch: Batch) -> list[Prediction]:
        """Tags and pairs of round K, decoded by `self.decoding`; one Prediction per sentence, also for an empty one."""
        lengths = batch.inputs.lengths
        entity, relation = self.features(batch.inputs)
        probability, tag = torch.softmax(self.tagger(entity), dim=-1).max(dim=-1)
        tags = [self.labels.tags[k] for k in tag.tolist()]
        confidence = probability.tolist()
        anchors = self._anchors(self.pairs.select(relation, lengths, self.decoding.threshold), lengths)
        predictions, start = [], 0
        for length, found in zip(lengths, anchors, strict=True):
            entities = tagged_entities(tags[start : start + length], confidence[start : start + length])
            predictions.append(complete(entities, found, keep_untagged=self.decoding.keep_untagged))
            start += length
        return predictions

    def _anchors(self, pairs: SelectedPairs, lengths: tuple[int, ...]) -> list[list[AnchorTriple]]:
        starts = torch.tensor([0, *lengths]).cumsum(0)
        sentence = torch.searchsorted(starts[1:], pairs.first.cpu().contiguous(), right=True).tolist()
        result: list[list[AnchorTriple]] = [[] for _ in lengths]
        columns = (pairs.first, pairs.second, pairs.relation, pairs.probability)
        for k, i, j, t, p in zip(sentence, *(column.tolist() for column in columns), strict=True):
            start = int(starts[k])
            result[k].append(AnchorTriple(i - start, self.labels.relations[t], j - start, p))
        return result
