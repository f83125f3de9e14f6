"""GraphRel (Fu et al., ACL 2019): graph convolutions over words, then over the relations predicted between them.

    H = layers of GraphConvolution over encoder(words)      tags = tagger(H)      P_r(i, j) = softmax_r S(i, r, j)
    2p: H' = RelationGraphs(H, P), and the same tagger and scores once more on H'

Differences from the paper: our encoders; losses are means over the words and pairs of each sentence, then over the sentences,
where the authors divide by those of a padded batch; nothing is computed on padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from relknit.document import Document, Entity, Prediction
from relknit.encoders.base import Encoder
from relknit.errors import ConfigError
from relknit.models.base import JointModel, Labels, WeightPart
from relknit.models.graphrel.dependencies import DependencyParser, is_installed
from relknit.models.graphrel.graph_batch import GraphBatch, GraphExample, labelled_pairs
from relknit.models.graphrel.pair_softmax import (
    MENTION_RULES,
    PAIR_RULES,
    GraphRelDecoding,
    pair_loss,
    probabilities,
    relations_among,
    words_of,
)
from relknit.models.graphrel.relation_graphs import RelationGraphs
from relknit.models.graphrel.settings import GraphRelSettings
from relknit.models.graphrel.tagger import RecurrentTagger
from relknit.models.graphrel.word_graph import GraphConvolution, chain_heads, no_heads
from relknit.models.rin.additive_scorer import AdditiveScorer
from relknit.models.rin.batch import UNKNOWN_TAG
from relknit.models.rin.decoding import tagged_entities
from relknit.models.triple_model import ScoredTriple, Span, first_mention, predicted
from relknit.nn.dropout import dropout
from relknit.tags import OUTSIDE, spans_to_tags, tag_names


class PhaseScores(NamedTuple):
    """What a phase computes: logits of the tags (T, tags), and what each word adds as head and as tail, both (T, l+1)."""

    tags: Tensor
    head: Tensor
    tail: Tensor


class GraphRel(JointModel):
    """GraphRel; `settings.graph` says what its graph of words is: "auto" is decided when the model is made.

    S(i, r, j) = W³_r ReLU(W¹ h_i ⊕ W² h_j) is `AdditiveScorer`: ReLU sees one word at a time, so S is a sum of what each word
    adds   (GraphRel eq. 3). W¹ and W² are shared by all relations, as in the code. A limit of such sums: where a
    relation beats "none" from i to j and from j to i, it does from i to i or from j to j.
    """

    Settings = GraphRelSettings
    decoding_type = GraphRelDecoding
    settings: GraphRelSettings
    tag_weights: Tensor

    def __init__(self, settings: GraphRelSettings, encoder: Encoder, labels: Labels) -> None:
        if settings.graph == "auto":
            found = "dependency" if is_installed(settings.pipeline) else "chain"
            settings = settings.model_copy(update={"graph": found})
        super().__init__(settings, encoder, labels)
        self.tags = tag_names(labels.entity_types or (None,))
        self._tag_numbers = {tag: k for k, tag in enumerate(self.tags)}
        self._relation_numbers = {name: k for k, name in enumerate(labels.relations, 1)}
        dim, width = encoder.output_dim, 2 * settings.hidden
        dims = [dim, *[width] * settings.graph_layers]
        self.convolutions = nn.ModuleList(GraphConvolution(d, settings.hidden) for d in dims[:-1])
        self.tagger = RecurrentTagger(dims[-1], settings.hidden, len(self.tags))
        self.pairs = AdditiveScorer(dims[-1], settings.hidden, 1 + len(labels.relations))
        self.second = RelationGraphs(dims[-1], 1 + len(labels.relations)) if settings.phases == 2 else None
        weights = torch.full((len(self.tags),), settings.label_weight)
        weights[self._tag_numbers[OUTSIDE]] = 1.0
        self.register_buffer("tag_weights", weights, persistent=False)
        self._parser: DependencyParser | None = None

    @classmethod
    def labels_of(cls, settings: GraphRelSettings, documents: Sequence[Document]) -> Labels:
        """Entity types as `typed_entities` asks for. Raises ConfigError where it asks for types and there are none."""
        labels = Labels.of(documents, typed={"auto": None, "yes": True, "no": False}[settings.typed_entities])
        if settings.typed_entities == "yes" and not labels.entity_types:
            raise ConfigError("model.typed_entities = 'yes', but no entity of train has a type; use 'auto' or 'no'")
        return labels

    def grown(self, documents: Sequence[Document], negatives: Sequence[Document] = ()) -> Self:
        """The same. Raises ConfigError where the model has entity types and train has none, or the reverse."""
        typed = bool(Labels.of(documents).entity_types)
        if any(document.entities for document in documents) and typed != bool(self.labels.entity_types):
            has, lacks = ("train", "the model") if typed else ("the model", "train")
            raise ConfigError(f"{has} has entity types and {lacks} has none; make the data fit the model")
        return super().grown(documents, negatives)

    def copy_known(self, known: Self) -> None:
        """The same. New relations begin without weights: all pairs have the same score for them."""
        super().copy_known(known)
        new = len(known.labels.relations) + 1
        nn.init.zeros_(self.pairs.output.weight[new:])

    def weights_of(self, labels: Labels) -> list[WeightPart]:
        """Rows of the tagger and of the scores of relations."""
        relations = torch.tensor([self._relation_numbers[name] for name in labels.relations], dtype=torch.int64)
        tags = [self._tag_numbers[tag] for tag in tag_names(labels.entity_types) if tag != OUTSIDE]
        rows = [(self.pairs.output, relations), (self.tagger.output, torch.tensor(tags, dtype=torch.int64))]
        return [WeightPart(weight, 0, index) for layer, index in rows for weight in (layer.weight, layer.bias)]

    def data_warnings(self, documents: Sequence[Document]) -> list[str]:
        """That the graph is a chain although a dependency parser was preferred, and how many triples a pair cannot hold."""
        warnings = []
        lost = sum(len(d.relations) - len({(r.head, r.tail) for r in d.relations}) for d in documents)
        if lost:
            warnings.append(f"train: {lost} triples have the head and tail of another; graphrel learns one for a pair")
        if self.settings.graph == "chain":
            warnings.append(
                "model.graph = 'chain': each word is joined to the one before; 'dependency' needs a spaCy pipeline "
                "with a parser, see model.pipeline"
            )
        return warnings

    def prepare(self, document: Document, *, labelled: bool = False) -> GraphExample:
        """Encoder input and graph, and with `labelled` the gold tags and pairs of words; unknown labels are left out."""
        sentence = self.encoder.prepare(document.tokens, document.pos)
        heads = torch.tensor(self._heads(document.tokens), dtype=torch.int64)
        if not labelled:
            return GraphExample(sentence, heads, document.tokens)
        names = spans_to_tags(self._learnable(document), len(document))
        tags = torch.tensor([self._tag_numbers[tag] for tag in names], dtype=torch.int64)
        return GraphExample(sentence, heads, document.tokens, tags, labelled_pairs(document, self._relation_numbers))

    def prepare_negative(self, document: Document) -> GraphExample:
        """With its pairs alone to learn: its entities are not annotated."""
        return replace(self.prepare(document, labelled=True), tags=torch.full((len(document),), UNKNOWN_TAG))

    def _heads(self, tokens: Sequence[str]) -> tuple[int, ...]:
        """The head of every word in the model's graph."""
        if self.settings.graph == "dependency":
            self._parser = self._parser or DependencyParser(self.settings.pipeline)
            return self._parser.heads(tokens)
        return chain_heads(len(tokens)) if self.settings.graph == "chain" else no_heads(len(tokens))

    def _learnable(self, document: Document) -> list[Entity]:
        """The entities that the tagger can learn."""
        types = self.labels.entity_types
        tagged = [entity for entity in document.entities if entity.tagged]
        if types:
            return [entity for entity in tagged if entity.type in types]
        return [Entity(entity.token_start, entity.token_end) for entity in tagged]

    def collate(self, examples: Sequence[GraphExample]) -> GraphBatch:
        """Examples end to end; with labels only if every one has them."""
        return GraphBatch.of(examples, self.encoder)

    def phases(self, batch: GraphBatch, generator: torch.Generator | None = None) -> Iterator[PhaseScores]:
        """The scores of each phase, the same weights in both."""
        rate, lengths = self.settings.dropout, list(batch.inputs.lengths)
        h = self.encoder(batch.inputs, generator)
        for layer in self.convolutions:
            h = dropout(layer(h, batch.heads), rate, training=self.training, generator=generator)
        first = PhaseScores(self.tagger(h, lengths), *self.pairs.word_scores(h))
        yield first
        if self.second is None:
            return
        sentences = zip(*(torch.split(x, lengths) for x in (h, first.head, first.tail)), strict=True)
        again = [self.second(own, probabilities(a, b), rate, generator) for own, a, b in sentences]
        h = torch.cat(again) if again else h
        yield PhaseScores(self.tagger(h, lengths), *self.pairs.word_scores(h))

    def loss(self, batch: GraphBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """ "entity" and "relation", weighted cross-entropy of tags and of pairs of words   (GraphRel eqs. 5 and 6).

        e + α r with one phase, as in the authors' later code; (e₁ + r₁) + α (e₂ + r₂) with two, as in the paper.
        """
        if batch.tags is None or batch.pairs is None:
            raise ValueError("loss needs a labelled batch; prepare its documents with labelled=True")
        alpha = self.settings.alpha
        weights = [(1.0, alpha)] if self.second is None else [(1.0, 1.0), (alpha, alpha)]
        entity, relation = [], []
        for (of_tags, of_pairs), scores in zip(weights, self.phases(batch, generator), strict=True):
            entity.append(of_tags * self._tag_loss(scores.tags, batch.tags, batch.inputs.lengths))
            relation.append(of_pairs * self._pair_loss(scores, batch.pairs, batch))
        return {"entity": torch.stack(entity).sum(), "relation": torch.stack(relation).sum()}

    def _tag_loss(self, logits: Tensor, tags: Tensor, lengths: Sequence[int]) -> Tensor:
        """A mean over the words of each sentence, then over the sentences, ()."""
        each = nn.functional.cross_entropy(
            logits, tags, weight=self.tag_weights.to(logits.dtype), ignore_index=UNKNOWN_TAG, reduction="none"
        )
        parts = torch.tensor([1 / (n * len(lengths)) for n in lengths for _ in range(n)], dtype=each.dtype)
        return each @ parts.to(each.device)

    def _pair_loss(self, scores: PhaseScores, pairs: Tensor, batch: GraphBatch) -> Tensor:
        """A mean over the pairs of each sentence, then over the sentences, ()."""
        lengths = list(batch.inputs.lengths)
        words = torch.split(scores.head, lengths), torch.split(scores.tail, lengths)
        parts = zip(*words, torch.split(pairs, list(batch.pair_counts)), strict=True)
        losses = [pair_loss(a, b, own, self.settings.label_weight) / max(len(a), 1) ** 2 for a, b, own in parts]
        return torch.stack(losses).mean()

    def scores(self, batch: GraphBatch) -> PhaseScores:
        """Those of the last phase."""
        *_, last = self.phases(batch)
        return last

    def decode(self, batch: GraphBatch, scores: PhaseScores) -> list[Prediction]:
        """The entities that the tags spell out, with the relations of their pairs of words."""
        lengths = list(batch.inputs.lengths)
        probability, tag = torch.softmax(scores.tags, dim=-1).max(dim=-1)
        tags = [[self.tags[k] for k in own.tolist()] for own in torch.split(tag, lengths)]
        confidence = [own.tolist() for own in torch.split(probability, lengths)]
        entities = [tagged_entities(*pair) for pair in zip(tags, confidence, strict=True)]
        return self._related(batch, scores, entities)

    @torch.no_grad()
    def relations_between(self, batch: GraphBatch, entities: Sequence[Sequence[Entity]]) -> list[Prediction]:
        """The relations of the given entities by their pairs of words, whose placement plays no part."""
        with self.evaluating(decoding=GraphRelDecoding(self.decoding.pairs)):
            return self._related(batch, self.scores(batch), entities)

    @torch.no_grad()
    def trace(self, batch: GraphBatch) -> list[list[Prediction]]:
        """What each phase predicts, the last as `predict` has it."""
        return [self.decode(batch, scores) for scores in self.phases(batch)]

    def _related(
        self, batch: GraphBatch, scores: PhaseScores, entities: Sequence[Sequence[Entity]]
    ) -> list[Prediction]:
        lengths = list(batch.inputs.lengths)
        words = zip(torch.split(scores.head, lengths), torch.split(scores.tail, lengths), batch.tokens, strict=True)
        return [self._prediction(spans, *own) for spans, own in zip(entities, words, strict=True)]

    def _prediction(self, entities: Sequence[Entity], a: Tensor, b: Tensor, tokens: Sequence[str]) -> Prediction:
        if not entities:
            return Prediction()
        words, names = words_of(entities), self.labels.relations
        found = relations_among(entities, probabilities(a[words], b[words]), names, self.decoding.pairs)
        if self.decoding.mentions == "all":
            return Prediction(tuple(entities), tuple(found))
        first = [first_mention(Span(entity.token_start, entity.token_end), tokens) for entity in entities]
        moved = [
            ScoredTriple(first[r.head], self._relation_numbers[r.type] - 1, first[r.tail], r.confidence or 0.0)
            for r in found
        ]
        return predicted(moved, names, entities=entities)

    def decodings(self, *, thresholds: bool = True) -> list[GraphRelDecoding]:
        """Any or the average pair of words, where they are and at the first mention; the present one first."""
        others = [GraphRelDecoding(pairs, mentions) for mentions in MENTION_RULES for pairs in PAIR_RULES]
        return list(dict.fromkeys([self.decoding, *(others if thresholds else ())]))

    @property
    def bytes_per_token(self) -> int:
        """What the encoder and the graph convolutions hold, and with two phases the messages of all relations."""
        width, relations = 2 * self.settings.hidden, 1 + len(self.labels.relations)
        messages = 3 * relations * width if self.second is not None else 0
        return 4 * (self.encoder.values_per_token + 4 * width + 4 * relations + messages)
