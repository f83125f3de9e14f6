"""Which sentences make up which step: order, augmentation, batches by sentences or by tokens, prepared ahead of their step."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import torch

from relknit.augment.join import join
from relknit.augment.letter_case import vary_case
from relknit.augment.not_asserted import counter_example, look_alike
from relknit.config import TrainingConfig
from relknit.data.name_words import shared_words
from relknit.data.whole_names import rename_for_training
from relknit.document import Document
from relknit.document.scope import Scope
from relknit.models.base import JointModel
from relknit.predict.predictor import by_tokens
from relknit.text.windows import usual_window
from relknit.training.step import Shard, split

MOST_JOINED: Final = 4
LONGEST_JOINED: Final = 128
"""Tokens of a paragraph that is joined from training sentences; more where these are longer themselves."""


class EpochBatches:
    """The batches of every epoch. Order and renamings follow from seed and epoch alone.

    documents: the training sentences. negatives: sentences without a triple that are mixed in (see
    `JointModel.prepare_negative`). `count` is the number of batches in an epoch: exact with batches by sentences, with
    batches by tokens what full ones would come to. Sentences are joined with those of the same scope alone.
    """

    def __init__(
        self,
        config: TrainingConfig,
        model: JointModel,
        documents: Sequence[Document],
        negatives: Sequence[Document] = (),
    ) -> None:
        self.config, self.model = config, model
        self.documents, self.positives = (*documents, *negatives), len(documents)
        self.examples = [self._prepared(k, document) for k, document in enumerate(self.documents)]
        self.size = batch_size(config, len(documents))
        self.usual = usual_window(map(len, documents))
        self.kept = shared_words(documents)
        self.sources: dict[Scope | None, list[int]] = {}
        for k, document in enumerate(self.documents):
            self.sources.setdefault(document.scope, []).append(k)
        self.joinable = {scope: [k for k in numbers if k < self.positives] for scope, numbers in self.sources.items()}
        drawn = self._drawn(torch.Generator())
        tokens = sum(len(self.documents[k]) for k in drawn)
        most = config.batch_tokens
        self.count = -(-tokens // most) if most else -(-len(drawn) // self.size)

    def _prepared(self, number: int, document: Document) -> Sized:
        if number < self.positives:
            return self.model.prepare_annotated(document)
        return self.model.prepare_negative(document)

    def of(self, epoch: int) -> list[list[Sized]]:
        """The batches of an epoch, counted from 0."""
        generator = torch.Generator().manual_seed(self.config.seed * 100_003 + epoch)
        drawn = self._drawn(generator)
        size = len(drawn)
        order = torch.randperm(size, generator=generator).tolist() if self.config.shuffle else list(range(size))
        examples = list(self.examples)
        for k, document in self._augmented(epoch, generator).items():
            examples[k] = self._prepared(k, document)
        ordered = [examples[drawn[k]] for k in order]
        if self.config.batch_tokens:
            return list(by_tokens(ordered, self.config.batch_tokens))
        pool = self.size * self.config.similar_lengths
        if pool:
            parts = [sorted(ordered[first : first + pool], key=len) for first in range(0, size, pool)]
            ordered = [example for part in parts for example in part]
        batches = [ordered[first : first + self.size] for first in range(0, size, self.size)]
        return batches if not pool else [batches[k] for k in torch.randperm(len(batches), generator=generator).tolist()]

    def _drawn(self, generator: torch.Generator) -> list[int]:
        """The sentences of an epoch, each as often as the weight of its source says; as many in every epoch."""
        drawn = []
        for scope, numbers in self.sources.items():
            weight = 1.0 if scope is None else scope.weight
            copies, more = divmod(round(weight * len(numbers)), len(numbers))
            drawn += numbers * copies
            if more:
                drawn += [numbers[k] for k in torch.randperm(len(numbers), generator=generator)[:more].tolist()]
        return drawn

    def _augmented(self, epoch: int, generator: torch.Generator) -> dict[int, Document]:
        """The documents that this epoch changes: renamed, rewritten, joined, in another letter case, in this order.

        Negative sentences, whose entities are not annotated, are renamed and change case only.
        """
        config, seed = self.config, self.config.seed * 100_003 + epoch
        rng = random.Random(seed)
        changed: dict[int, Document] = {}

        def chosen(fraction: float, size: int) -> list[int]:
            if not fraction:
                return []
            return (torch.rand(size, generator=generator) < fraction).nonzero().flatten().tolist()

        for k in chosen(config.rename, len(self.documents)):
            changed[k] = rename_for_training(self.documents[k], seed, kept=self.kept)
        for k in chosen(config.not_asserted, self.positives):
            rewrite = rng.choice((counter_example, look_alike))
            changed[k] = rewrite(changed.get(k, self.documents[k]), rng)
        single = dict(changed)
        for k in chosen(config.join, self.positives):
            peers = self.joinable[self.documents[k].scope]
            others = rng.sample(peers, k=min(len(peers), rng.randint(2, MOST_JOINED)))
            numbers = [k, *(j for j in others if j != k)][:MOST_JOINED]
            parts = [single.get(j, self.documents[j]) for j in numbers]
            changed[k] = join(_within(parts, max(self.usual, LONGEST_JOINED)))
        for k in chosen(config.vary_case, len(self.documents)):
            changed[k] = vary_case(changed.get(k, self.documents[k]), rng)
        return changed


def _within(documents: Sequence[Document], most: int) -> list[Document]:
    """The first document, and of the following those with which the sum of tokens stays within `most`."""
    kept = [documents[0]]
    for document in documents[1:]:
        if sum(map(len, kept)) + len(document) <= most:
            kept.append(document)
    return kept


def batch_size(config: TrainingConfig, sentences: int) -> int:
    """Sentences per step: as set, else (0) a sixtieth of the training sentences, from 4 to 50."""
    return config.batch_size or min(50, max(4, round(sentences / 60)))


def prepared(
    model: JointModel, batches: Sequence[Sequence[Sized]], threads: int, device: torch.device
) -> Generator[list[Shard], None, None]:
    """Each batch cut into shards on the device; the next one is made while the last one is computed."""

    def make(batch: Sequence[Sized]) -> list[Shard]:
        shards = split(model, batch, threads if device.type == "cpu" else 1)
        return [replace(shard, batch=shard.batch.to(device)) for shard in shards]

    with ThreadPoolExecutor(1, thread_name_prefix="relknit-batches") as maker:
        coming = maker.submit(make, batches[0]) if batches else None
        for following in (*batches[1:], None):
            if coming is None:
                return
            shards = coming.result()
            coming = None if following is None else maker.submit(make, following)
            yield shards
