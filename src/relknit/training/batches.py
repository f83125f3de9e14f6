"""Which sentences make up which step: order, renaming, batches by sentences or by tokens, prepared ahead of their step."""

from __future__ import annotations

from collections.abc import Generator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import torch

from relknit.config import TrainingConfig
from relknit.data.whole_names import rename_for_training
from relknit.document import Document
from relknit.models.base import JointModel
from relknit.predict.predictor import by_tokens
from relknit.training.step import Shard, split


class EpochBatches:
    """The batches of every epoch. Order and renamings follow from seed and epoch alone.

    documents: the training sentences. negatives: sentences without a triple that are mixed in (see
    `JointModel.prepare_negative`). `count` is the number of batches in an epoch: exact with batches by sentences, with
    batches by tokens what full ones would come to.
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
        tokens = sum(len(document) for document in self.documents)
        most = config.batch_tokens
        self.count = -(-tokens // most) if most else -(-len(self.documents) // self.size)

    def _prepared(self, number: int, document: Document) -> Sized:
        if number < self.positives:
            return self.model.prepare_annotated(document)
        return self.model.prepare_negative(document)

    def of(self, epoch: int) -> list[list[Sized]]:
        """The batches of an epoch, counted from 0."""
        generator = torch.Generator().manual_seed(self.config.seed * 100_003 + epoch)
        size = len(self.examples)
        order = torch.randperm(size, generator=generator).tolist() if self.config.shuffle else list(range(size))
        examples = self.examples
        if self.config.rename:
            renamed = (torch.rand(size, generator=generator) < self.config.rename).nonzero().flatten().tolist()
            examples = list(examples)
            for k in renamed:
                again = rename_for_training(self.documents[k], self.config.seed * 100_003 + epoch)
                examples[k] = self._prepared(k, again)
        ordered = [examples[k] for k in order]
        if self.config.batch_tokens:
            return list(by_tokens(ordered, self.config.batch_tokens))
        return [ordered[first : first + self.size] for first in range(0, size, self.size)]


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
