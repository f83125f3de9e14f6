"""Models that tag every word and score every pair of words: what they learn from and how they decode, once for all of them.

A subclass sets the pair scorer (`pairs`) and computes what tagger and pair scorer read after each round (`rounds`).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Self

import torch
from torch import Tensor, nn

from relknit.document import AnchorTriple, Document, Entity, Prediction, Relation
from relknit.document.scope import Scope
from relknit.encoders.base import Encoder, EncoderInput
from relknit.errors import ConfigError
from relknit.models.base import JointModel, Labels, WeightPart, without_anchors
from relknit.models.rin.additive_scorer import AdditiveScorer
from relknit.models.rin.batch import Batch, Example
from relknit.models.rin.decoding import Decoding, decode, first_equal, relate, tagged_entities
from relknit.models.rin.distillation import soft_tag_loss, taught
from relknit.models.rin.pair_scorer import PairScorer, Rows
from relknit.models.rin.partial_labels import Annotated, among, loss_of_annotated, possible_tags, within_scope
from relknit.models.rin.settings import WordPairSettings
from relknit.ops.pair_scores import PairLabels, SelectedPairs
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from relknit.tags import OUTSIDE, flat_entities, spans_to_tags, tag_names


class WordPairModel(JointModel):
    """Encoder, tagger C_e and pair scorer C_r; a subclass sets `pairs` and computes `rounds`."""

    decoding_type = Decoding
    learns_scopes = True
    tagger: nn.Linear
    pairs: AdditiveScorer | PairScorer

    def __init__(self, settings: WordPairSettings, encoder: Encoder, labels: Labels) -> None:
        super().__init__(settings, encoder, labels)
        self.anchor_rule = settings.anchor
        self.decoding = Decoding(threshold=settings.threshold)
        self.pair_words = settings.pair_words
        self.tags = tag_names(labels.entity_types or (None,))
        self.tagger = nn.Linear(encoder.output_dim, len(self.tags))
        self._tag_numbers = {tag: k for k, tag in enumerate(self.tags)}
        self._relation_numbers = {name: k for k, name in enumerate(labels.relations)}

    @classmethod
    def labels_of(cls, settings: WordPairSettings, documents: Sequence[Document]) -> Labels:
        """Entity types as `typed_entities` asks for. Raises ConfigError where it asks for types and there are none."""
        labels = Labels.of(documents, typed={"auto": None, "yes": True, "no": False}[settings.typed_entities])
        if settings.typed_entities == "yes" and not labels.entity_types:
            raise ConfigError("model.typed_entities = 'yes', but no entity of train has a type; use 'auto' or 'no'")
        return labels

    def grown(self, documents: Sequence[Document], negatives: Sequence[Document] = ()) -> Self:
        """With types where the model had none, see `copy_untyped_tags`.

        Raises ConfigError for entities without a type where the model has types.
        """
        types = self.labels.joined(Labels.of(documents)).entity_types
        if types and any(entity.type is None for one in documents for entity in one.entities):
            # the tagger would learn that they are no entities
            raise ConfigError("the model tags entities with types, and train has entities without; give them types")
        return super().grown(documents, negatives)

    def copy_known(self, known: WordPairModel) -> None:
        """The same. New relations begin with nothing but their bias; the tags of a model without entity types become those of
        every type.

        With initial weights on features that have grown large, every pair would at first be an error in the loss, and what is
        known would be changed most in these steps.
        """
        super().copy_known(known)
        nn.init.zeros_(self.pairs.output.weight[len(known.labels.relations) :])
        self.copy_inputs(known)
        if self.labels.entity_types and not known.labels.entity_types:
            self.copy_untyped_tags(known)

    def copy_inputs(self, known: WordPairModel) -> None:
        """Move weights whose inputs are not in the places where those of the known model are."""

    @torch.no_grad()
    def copy_untyped_tags(self, untyped: WordPairModel) -> None:
        """The tags of every type become the untyped ones, the probability of each shared out over the types.

        The logit of each is less by the logarithm of their number, so that they sum to the one of the untyped model.
        """
        none = torch.zeros(0, dtype=torch.int64)
        known = torch.tensor([number for number, tag in enumerate(untyped.tags) if tag != OUTSIDE])
        for kind in self.labels.entity_types:
            tags = torch.tensor([self._tag_numbers[tag] for tag in tag_names([kind]) if tag != OUTSIDE])
            self.tagger.weight[tags] = untyped.tagger.weight[known]
            self.tagger.bias[tags] = untyped.tagger.bias[known] - math.log(len(self.labels.entity_types))
            parts = zip(self.feedback_weights(none, tags), untyped.feedback_weights(none, known), strict=True)
            for new, old in parts:
                new.set(old.values())

    def weights_of(self, labels: Labels) -> list[WeightPart]:
        """Rows of C_r and C_e, and where their predictions are fed back."""
        relations = torch.tensor([self._relation_numbers[name] for name in labels.relations], dtype=torch.int64)
        tags = [self._tag_numbers[tag] for tag in tag_names(labels.entity_types) if tag != OUTSIDE]
        rows = [(self.pairs.output, relations), (self.tagger, torch.tensor(tags, dtype=torch.int64))]
        learned = [WeightPart(weight, 0, index) for layer, index in rows for weight in (layer.weight, layer.bias)]
        return [*learned, *self.feedback_weights(*(index for _, index in rows))]

    @abstractmethod
    def feedback_weights(self, relations: Tensor, tags: Tensor) -> list[WeightPart]:
        """The columns of weights that read the predictions of these relations and tags, given by number."""

    def data_warnings(self, documents: Sequence[Document]) -> list[str]:
        """Nested entities, which flat tags cannot hold, and entities without a type where others have one."""
        warnings = []
        nested = sum(
            len(flat_entities(d.entities)) < len({(e.token_start, e.token_end) for e in d.entities}) for d in documents
        )
        if nested:
            warnings.append(
                f"train: {nested} sentences have nested entities; flat tags keep those that more relations need"
            )
        types = [entity.type for document in documents for entity in document.entities]
        untyped = f"train: {types.count(None)} of {len(types)} entities have no type, so "
        if any(types) and None in types and self.labels.entity_types:
            warnings.append(untyped + "they are learned as text outside of entities")
        elif any(types) and None in types and self.settings.typed_entities == "auto":
            warnings.append(untyped + "no type is learned; set model.typed_entities to choose")
        return warnings

    @abstractmethod
    def rounds(self, inputs: EncoderInput, generator: torch.Generator | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """What the tagger and the pair scorer read after each round 0 to K, each (T, d)."""

    def features(self, inputs: EncoderInput, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """What the tagger and the pair scorer read in the end, each (T, d)."""
        return deque(self.rounds(inputs, generator), maxlen=1)[0]

    @property
    def bytes_per_token(self) -> int:
        """What the encoder holds, and features, gates and predictions of a round, all held at once."""
        features, labels = self.encoder.output_dim, len(self.tags) + len(self.labels.relations)
        return self.tagger.weight.element_size() * (self.encoder.values_per_token + 8 * features + 4 * labels)

    def set_workspace(self, size: int | None) -> None:
        """Let the pair operations take about this many bytes, at least those of one word's pairs."""
        pairs = BLOCK_PAIRS if size is None else min(BLOCK_PAIRS, size // self.pairs.bytes_per_pair)
        self.pairs.block_pairs = max(1, pairs)

    def prepare(self, document: Document, *, labelled: bool = False) -> Example:
        """Encoder input, and with `labelled` the gold tags and pairs.

        Unknown labels are left out. Untagged entities (`tagged` false) have no tags, but their relations are learned; of
        nested entities those are tagged that more relations need.
        """
        sentence = self.encoder.prepare(document.tokens, document.pos)
        first = first_equal(document.tokens)
        if not labelled:
            return Example(sentence, first)
        entities, uses = self._learnable(document)
        names = spans_to_tags(entities, len(document), weights=uses)
        scope, numbers = document.scope or Scope(), self._tag_numbers
        tags = torch.tensor([possible_tags(tag, scope, numbers)[0] for tag in names], dtype=torch.int64)
        triples = self._anchored(document, document.relations)
        example = Example(sentence, first, tags, PairLabels.of([*triples]))
        unknown = self._anchored(document, document.unknown) - triples
        return within_scope(example, names, unknown, scope, numbers, self._relation_numbers)

    def _anchored(self, document: Document, relations: Sequence[Relation]) -> set[tuple[int, int, int]]:
        """Relations of the document as head word, tail word and number of the relation; unknown relations are left out."""
        anchors, numbers = [e.anchor(self.anchor_rule) for e in document.entities], self._relation_numbers
        return {(anchors[r.head], anchors[r.tail], numbers[r.type]) for r in relations if r.type in numbers}

    def prepare_annotated(self, document: Document) -> Example:
        """With the teacher's probabilities as the targets of what is not annotated."""
        example = self.prepare(document, labelled=True)
        return example if self.teacher is None else taught(example, document, self.teacher, self)

    @torch.no_grad()
    def probabilities(self, document: Document, least: float) -> tuple[Tensor, SelectedPairs]:
        """Of a document the probabilities of the tags (n, tags), and the pairs whose probability is at least `least`."""
        batch = self.collate([self.prepare(document)]).to(self.device)
        entity, relation = self.scores(batch)
        tags = torch.softmax(self.tagger(entity), dim=-1)
        if self.pair_words == "all":
            return tags, self._selected(batch, relation, None, least)
        rows = self._rows(self._entities(entity, batch.inputs.lengths), batch)
        return tags, self._selected(batch, relation[rows.index], rows, least)

    def prepare_negative(self, document: Document) -> Example:
        """With its pairs alone to learn: its entities are not annotated."""
        return self.prepare(document, labelled=True).without_tags()

    def collate(self, examples: Sequence[Example]) -> Batch:
        """Examples end to end; with labels only if every one has them."""
        return Batch.of(examples, self.encoder)

    def _learnable(self, document: Document) -> tuple[list[Entity], list[int]]:
        """The entities that the tagger can learn, and how many relations each is in: of nested ones those matter most."""
        uses = Counter(end for relation in document.relations for end in (relation.head, relation.tail))
        types = self.labels.entity_types
        chosen = [
            (entity if types else Entity(entity.token_start, entity.token_end), uses[number])
            for number, entity in enumerate(document.entities)
            if entity.tagged and (not types or entity.type in types or self._is_open(entity, document.scope))
        ]
        return [entity for entity, _ in chosen], [count for _, count in chosen]

    def _is_open(self, entity: Entity, scope: Scope | None) -> bool:
        """Whether the type of the entity leaves open which of several it has that the model knows."""
        possible = () if scope is None else scope.possible_types(entity.type) or ()
        return any(one in self.labels.entity_types for one in possible)

    def loss(self, batch: Batch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """ "entity" and "relation": Σ_words CE and Σ_pairs,relations BCE, / sentences   (EMNLP eqs. 8 and 9, v1 eqs. 12 to 14).

        Divided by the number of sentences as the authors' code does. With `pair_words` "entities" the second sum is over pairs of
        words inside gold entities, and of all words of a sentence without tags.
        """
        if batch.tags is None or batch.labels is None:
            raise ValueError("loss needs a labelled batch; prepare its documents with labelled=True")
        entity, relation = self.features(batch.inputs, generator)
        sentences = len(batch.inputs.lengths)
        tag_loss = self._tag_loss(entity, batch.tags, batch.tag_targets) / sentences
        lengths: Sequence[int] = batch.inputs.lengths
        labels, unknown = batch.labels, batch.unknown
        if self.pair_words == "entities":
            rows = self._gold_rows(batch.tags, labels, lengths)
            relation, lengths, labels = relation[rows.index], rows.lengths, among(labels, rows)
            unknown = None if unknown is None else among(unknown, rows)
        pair_loss = self._pair_loss(relation, lengths, labels, batch.annotated)
        if unknown is not None:
            pair_loss = pair_loss - self._loss_of_absent(relation, unknown)
        return {"entity": tag_loss, "relation": pair_loss / sentences}

    def _pair_loss(
        self, h: Tensor, lengths: Sequence[int], labels: PairLabels, annotated: Sequence[Annotated]
    ) -> Tensor:
        """Of the relations that are annotated in each sentence, (), by the teacher's weight where there is one."""
        weight = self._relation_weight()
        if not any(relations is not None for relations in annotated):
            return self.pairs.loss(h, lengths, labels, weight)
        return loss_of_annotated(h, lengths, labels, annotated, weight, self.pairs.loss)

    def _loss_of_absent(self, h: Tensor, pairs: PairLabels) -> Tensor:
        """What pairs without a label add to the loss, (): Σ log(1 + e^x)."""
        loss, weight = nn.functional.softplus(self.pairs.logits(h, pairs)), self._relation_weight()
        return (loss if weight is None else loss * weight[pairs.relation]).sum()

    def _tag_loss(self, features: Tensor, tags: Tensor, targets: Tensor | None) -> Tensor:
        """Cross-entropy of the tags, ()   (EMNLP eq. 8). Targets without a teacher are open types: see `soft_tag_loss`."""
        logits = self.tagger(features)
        if targets is None:
            return nn.functional.cross_entropy(logits, tags, reduction="sum")
        return soft_tag_loss(logits, targets, 0.0 if self.teacher is None else self.teacher.weight)

    def _relation_weight(self) -> Tensor | None:
        """What the loss of each relation is multiplied by, (l,): the teacher's weight where the relation is not annotated."""
        if self.teacher is None or self.teacher.weight == 1:
            return None
        weights = torch.ones(len(self.labels.relations))
        weights[[self._relation_numbers[name] for name in self.teacher.unannotated.relations]] = self.teacher.weight
        return weights.to(self.device)

    def scores(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the tagger and the pair scorer read in the end, each (T, d)."""
        return self.features(batch.inputs)

    def decode(self, batch: Batch, scores: tuple[Tensor, Tensor]) -> list[Prediction]:
        """Tags and pairs of the features, completed by `self.decoding`; one Prediction per sentence, also for an empty one."""
        entity, relation = scores
        entities = self._entities(entity, batch.inputs.lengths)
        if self.pair_words == "all":
            return self._completed(batch, entities, relation, None)
        rows = self._rows(entities, batch)
        return self._completed(batch, entities, relation[rows.index], rows)

    @torch.no_grad()
    def predict(self, batch: Batch, *, anchors: bool = True) -> list[Prediction]:
        """As `decode` does. Pairs that are not asked for, and can make no triple, are not scored.

        Those are pairs with a word outside every tagged entity: without `anchors`, and with `pair_words` "entities".
        """
        if self.pair_words == "all" and (anchors or self.decoding.keep_untagged):
            return super().predict(batch, anchors=anchors)
        found = self._completed(batch, *self._inside_entities(batch))
        return found if anchors else without_anchors(found)

    @torch.no_grad()
    def relations_between(self, batch: Batch, entities: Sequence[Sequence[Entity]]) -> list[Prediction]:
        """C_r at the anchors of the entities, from `decoding.threshold` on; the other values of the decoding play no part."""
        anchors = [[e.anchor(self.anchor_rule) for e in spans] for spans in entities]
        words = [[Entity(token, token + 1) for token in tokens] for tokens in anchors]
        rows = rows_inside(words, batch.inputs.lengths, self.device)
        _, relation = self.scores(batch)
        pairs = self._selected(batch, relation[rows.index], rows, self.decoding.threshold)
        found = self._anchors(pairs, batch.inputs.lengths)
        return [relate(spans, own, rule=self.anchor_rule) for spans, own in zip(entities, found, strict=True)]

    @torch.no_grad()
    def trace(self, batch: Batch) -> list[list[Prediction]]:
        """What C_e and C_r predict after each round 0 to K, decoded by `self.decoding` like the last, without anchors."""
        return [without_anchors(self.decode(batch, features)) for features in self.rounds(batch.inputs)]

    def decodings(self, *, thresholds: bool = True) -> list[Decoding]:
        """Thresholds inside and outside tagged entities, where a pair is placed, and whether words outside are kept."""
        return list(self.decoding.alternatives(thresholds=thresholds))

    def broadest_decoding(self, options: Sequence[Decoding]) -> Decoding:
        """Every anchor from the lowest of their thresholds on."""
        return Decoding(min(option.threshold for option in options))

    def redecode(self, document: Document, prediction: Prediction, decoding: Decoding) -> Prediction:
        """From the tagged entities and the anchors of the prediction."""
        tagged = [entity for entity in prediction.entities if entity.tagged]
        anchors = [anchor for anchor in prediction.anchors or () if (anchor.confidence or 0.0) >= decoding.threshold]
        return decode(tagged, anchors, decoding, rule=self.anchor_rule, first=first_equal(document.tokens))

    def _completed(
        self, batch: Batch, entities: Sequence[Sequence[Entity]], relation: Tensor, rows: Rows | None
    ) -> list[Prediction]:
        """Entities with the pairs of `rows` (None: of all words), given the relation features of those, as predictions."""
        lengths = batch.inputs.lengths
        pairs = self._selected(batch, relation, rows, self.decoding.threshold)
        return [
            decode(spans, anchors, self.decoding, rule=self.anchor_rule, first=first)
            for spans, anchors, first in zip(entities, self._anchors(pairs, lengths), batch.firsts, strict=True)
        ]

    def _selected(self, batch: Batch, relation: Tensor, rows: Rows | None, threshold: float) -> SelectedPairs:
        """The pairs of `rows` (None: of all words) that reach the threshold, given the relation features of those."""
        lengths = batch.inputs.lengths if rows is None else rows.lengths
        pairs = self.pairs.select(relation, lengths, threshold)
        if rows is None:
            return pairs
        return replace(pairs, head=rows.index[pairs.head], tail=rows.index[pairs.tail])

    def _inside_entities(self, batch: Batch) -> tuple[list[tuple[Entity, ...]], Tensor, Rows]:
        """Entities, the words that may be an argument of a triple, and what the pair scorer reads of those words."""
        entity, relation = self.features(batch.inputs)
        entities = self._entities(entity, batch.inputs.lengths)
        rows = self._rows(entities, batch)
        return entities, relation[rows.index], rows

    def _rows(self, entities: Sequence[Sequence[Entity]], batch: Batch) -> Rows:
        """The words of a batch that may be an argument of a triple."""
        elsewhere = self.pair_words == "all" and self.decoding.mentions != "all"
        return rows_inside(entities, batch.inputs.lengths, self.device, batch.firsts if elsewhere else None)

    def _gold_rows(self, tags: Tensor, labels: PairLabels, lengths: Sequence[int]) -> Rows:
        """The words inside gold entities, the arguments of relations, and the words without a tag."""
        inside = tags != self._tag_numbers[OUTSIDE]
        inside[labels.head] = True
        inside[labels.tail] = True
        before = nn.functional.pad(inside.cumsum(0), (1, 0))
        ends = torch.tensor([0, *accumulate(lengths)], device=inside.device)
        return Rows(inside.nonzero().flatten(), before[ends].diff().tolist())

    def _entities(self, features: Tensor, lengths: Sequence[int]) -> list[tuple[Entity, ...]]:
        """The tagged entities of every sentence: softmax(W_e h + b_e) of what the tagger reads   (EMNLP eq. 6, v1 eq. 8)."""
        probability, tag = torch.softmax(self.tagger(features), dim=-1).max(dim=-1)
        names, confidence = self.tags, probability.tolist()
        tags = [names[k] for k in tag.tolist()]
        ends = list(accumulate(lengths))
        return [
            tagged_entities(tags[end - n : end], confidence[end - n : end])
            for n, end in zip(lengths, ends, strict=True)
        ]

    def _anchors(self, pairs: SelectedPairs, lengths: Sequence[int]) -> list[list[AnchorTriple]]:
        """Selected pairs, counted from the start of the batch, as anchors of each sentence."""
        starts = torch.tensor([0, *lengths]).cumsum(0)
        sentence = torch.searchsorted(starts[1:], pairs.head.cpu().contiguous(), right=True).tolist()
        result: list[list[AnchorTriple]] = [[] for _ in lengths]
        columns = (pairs.head, pairs.tail, pairs.relation, pairs.probability)
        for k, i, j, t, p in zip(sentence, *(column.tolist() for column in columns), strict=True):
            start = int(starts[k])
            result[k].append(AnchorTriple(i - start, self.labels.relations[t], j - start, p))
        return result


def rows_inside(
    entities: Sequence[Sequence[Entity]],
    lengths: Sequence[int],
    device: torch.device,
    firsts: Sequence[Sequence[int]] | None = None,
) -> Rows:
    """The words inside any entity, counted from the start of the batch; with `firsts` also those that occur in one first."""
    index: list[int] = []
    counts: list[int] = []
    for number, (spans, end, length) in enumerate(zip(entities, accumulate(lengths), lengths, strict=True)):
        inside = {token for span in spans for token in range(span.token_start, span.token_end)}
        if firsts is not None:
            inside |= {token for token, first in enumerate(firsts[number]) if first in inside}
        index += [end - length + token for token in sorted(inside)]
        counts.append(len(inside))
    return Rows(torch.tensor(index, dtype=torch.int64, device=device), tuple(counts))
