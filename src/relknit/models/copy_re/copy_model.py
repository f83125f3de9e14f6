"""What CopyRE, CopyMTL and OrderRL share: an encoder, a copy decoder, and the loss of its steps."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from relknit.display import amount
from relknit.document import Document, Prediction
from relknit.encoders.base import Encoder, EncoderInput
from relknit.models.base import Labels, WeightPart
from relknit.models.copy_re.decoder import FIRST_RELATION, CopyDecoder, CopyForm, PaddedSentences
from relknit.models.copy_re.settings import CopySettings
from relknit.models.copy_re.triples import STEPS, TRIPLES, from_actions, ordered, to_actions, word_triples
from relknit.models.triple_model import TripleBatch, TripleExample, TripleModel, predicted, span_triples


class CopyModel(TripleModel):
    """Encoder and copy decoder; a subclass says with `form` which one.

    Predicts the last word of each entity, and up to five triples of a sentence, each with the product of the probabilities of
    its three steps. A triple with NA in one or two of its parts is dropped; the authors' scorer counts it as wrong.
    """

    spans = False

    def __init__(self, settings: CopySettings, encoder: Encoder, labels: Labels) -> None:
        super().__init__(settings, encoder, Labels(labels.relations))
        self.decoder = CopyDecoder(
            self.form(settings), self.features_dim, encoder.word_vector_dim, encoder.state_dim, len(labels.relations)
        )

    @staticmethod
    @abstractmethod
    def form(settings: Any) -> CopyForm:
        """The decoder that the settings ask for."""

    @property
    def features_dim(self) -> int:
        """Width of what the decoder reads of each word."""
        return self.encoder.output_dim

    @classmethod
    def labels_of(cls, settings: Any, documents: Sequence[Document]) -> Labels:
        """Relations in the order in which their triples are learned: by name, or the most frequent first. No entity types."""
        names = Labels.of(documents, typed=False).relations
        if settings.order == "frequency":
            counts = Counter(relation.type for document in documents for relation in document.relations)
            names = tuple(sorted(names, key=lambda name: -counts[name]))
        return Labels(names)

    def weights_of(self, labels: Labels) -> list[WeightPart]:
        """Rows of the scores of relations, and their vectors, which are fed back."""
        index = torch.tensor([self.labels.relations.index(name) for name in labels.relations], dtype=torch.int64)
        rows = [weight for scores in self.decoder.relations for weight in (scores.weight, scores.bias)]
        vectors = WeightPart(self.decoder.vectors.weight, 0, index + FIRST_RELATION)
        return [*(WeightPart(weight, 0, index) for weight in rows), vectors]

    def data_warnings(self, documents: Sequence[Document]) -> list[str]:
        """Triples that five steps of two different words cannot represent."""
        numbers = {name: number for number, name in enumerate(self.labels.relations)}
        gold = [span_triples(document, numbers) for document in documents]
        learned = sum(min(TRIPLES, len(word_triples(triples, self_pairs=self._self_pairs))) for triples in gold)
        total = sum(map(len, gold))
        if learned == total:
            return []
        of_itself = "" if self._self_pairs else ", none of a word with itself"
        return [
            f"train: {total - learned} of {amount(total, 'triple')} are not learned: the model predicts at most {TRIPLES} "
            f"triples of a sentence, between the last words of entities{of_itself}"
        ]

    @property
    def _self_pairs(self) -> bool:
        """Whether head and tail can be the same word."""
        return not self.decoder.form.mask_head

    def gold_actions(self, examples: Sequence[TripleExample]) -> Tensor:
        """The actions (S, 15) that write the gold triples of labelled examples, in the order of the settings."""
        actions = []
        for example in examples:
            triples = word_triples(example.gold, self_pairs=self._self_pairs)
            actions.append(to_actions(ordered(triples, self.settings.order, example.tokens)))
        return torch.tensor(actions, dtype=torch.int64, device=self.device).reshape(-1, STEPS)

    def sentences(self, inputs: EncoderInput, generator: torch.Generator | None = None) -> PaddedSentences:
        """What the decoder reads of every sentence."""
        encoded = self.encoder.encode(inputs, generator)
        return PaddedSentences.of(encoded, inputs.lengths)

    def loss(self, batch: TripleBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """ "relation": −log p of the gold actions, a mean over sentences and all steps, those of NA included."""
        gold = self.gold_actions(batch.examples)
        steps = self.decoder(self.sentences(batch.inputs, generator), self.settings.feed, gold)
        return {"relation": -steps.of(gold).mean()}

    def training_cost(self, words: int) -> int:
        """The LSTM steps of encoder and decoder."""
        return words + 2 * STEPS

    def scores(self, batch: TripleBatch) -> Any:
        """The steps of the decoder, each with its most probable action."""
        return self.decoder(self.sentences(batch.inputs))

    def decode(self, batch: TripleBatch, scores: Any) -> list[Prediction]:
        """The triples of the steps, between entities of one word each."""
        probabilities = scores.of(scores.actions).exp().tolist()
        return [
            predicted(from_actions(*both)[0], self.labels.relations, tagged=False)
            for both in zip(scores.actions.tolist(), probabilities, strict=True)
        ]
