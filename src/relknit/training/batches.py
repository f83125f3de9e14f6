"""Which sentences make up which step: order, renaming, batches by sentences or by tokens, prepared ahead of their step."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import torch

from relknit.config import TrainingConfig
from relknit.data.rename import Renamer
from relknit.document import Document
from relknit.models import Example, JointModel
from relknit.training.step import Share, split


class EpochBatches:
    """The batches of every epoch. Order and renamings follow from seed and epoch alone.

    documents: the training sentences. no_fact: sentences without a triple that are mixed in; only their pairs are learned
    from. `count` is the number of batches in an epoch: exact with batches by sentences,
    with batches by tokens what full ones would come to.
    """

    def __init__(
        self,
        config: TrainingConfig,
        model: JointModel,
        documents: Sequence[Document],
        no_fact: Sequence[Document] = (),
    ) -> None:
        self.config, self.model, self.documents = config, model, (*documents, *no_fact)
        self.examples = [model.prepare(document, labelled=True) for document in documents]
        self.examples += [model.prepare(document, labelled=True).without_tags() for document in no_fact]
        self.size = batch_size(config, len(documents))
        tokens = sum(len(document) for document in self.documents)
        by_tokens = config.batch_tokens
        self.count = -(-tokens // by_tokens) if by_tokens else -(-len(self.documents) // self.size)

    def of(self, epoch: int) -> list[list[Example]]:
        """The batches of an epoch, counted from 0."""
        generator = torch.Generator().manual_seed(self.config.seed * 100_003 + epoch)
        size = len(self.examples)
        order = torch.randperm(size, generator=generator).tolist() if self.config.shuffle else list(range(size))
        examples = self.examples
        if self.config.rename:
            renamed = (torch.rand(size, generator=generator) < self.config.rename).nonzero().flatten().tolist()
            renamer = Renamer(self.config.seed * 100_003 + epoch, names="train")
            examples = list(examples)
            for k in renamed:
                sentence = self.model.prepare(renamer.rename(self.documents[k])).sentence
                examples[k] = replace(examples[k], sentence=sentence)
        ordered = [examples[k] for k in order]
        if self.config.batch_tokens:
            return list(by_tokens(ordered, self.config.batch_tokens))
        return [ordered[first : first + self.size] for first in range(0, size, self.size)]


def batch_size(config: TrainingConfig, sentences: int) -> int:
    """Sentences per step: as set, else (0) a sixtieth of the training sentences, from 4 to 50."""
    return config.batch_size or min(50, max(4, round(sentences / 60)))


def by_tokens(examples: Sequence[Example], most: int) -> Iterator[list[Example]]:
    """The examples in their order, as many a batch as have at most `most` tokens (or one that has more by itself)."""
    batch: list[Example] = []
    tokens = 0
    for example in examples:
        length = len(example.sentence)
        if batch and tokens + length > most:
            yield batch
            batch, tokens = [], 0
        batch.append(example)
        tokens += length
    if batch:
        yield batch


def prepared(
    batches: Sequence[list[Example]], threads: int, device: torch.device
) -> Generator[list[Share], None, None]:
    """Each batch cut into shares on the device; the next one is made while the last one is computed."""

    def make(batch: list[Example]) -> list[Share]:
        shares = split(batch, threads if device.type == "cpu" else 1)
        return [replace(share, batch=share.batch.to(device)) for share in shares]

    with ThreadPoolExecutor(1, thread_name_prefix="relknit-batches") as maker:
        coming = maker.submit(make, batches[0]) if batches else None
        for following in (*batches[1:], None):
            if coming is None:
                return
            shares = coming.result()
            coming = None if following is None else maker.submit(make, following)
            yield shares
