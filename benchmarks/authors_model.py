"""The authors' model and loader with the sizes, weights and sentences of ours, so that both do the same work."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from authors_data import options, places, write_records
from authors_patch import AuthorsCode
from paper_model import build, paper_encoder
from relknit.document import Document
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder
from relknit.models.base import Labels
from relknit.models.rin.rin import RIN
from sentences import documents

LEARNING_RATE, CLIP_NORM = 5e-4, 5.0
# their parameters by ours; all else about the two models is the same
NAMES = {
    "encoder.words.words": "emb",
    "encoder.words.pos": "pos_emb",
    "encoder.lstm": "encoder.rnn",
    "interaction.entity_cell": "GRUg",
    "interaction.relation_cell": "GRUr",
    "pairs.hidden": "Lr",
    "pairs.output": "Cr",
    "tagger": "Cg",
}


def batches(settings: dict[str, Any]) -> list[list[Document]]:
    """The warm-up's batch and those of the steps, in one shuffled order for every implementation; no empty sentence."""
    usable = [document for document in documents(settings["data"]) if len(document)]
    random.Random(1).shuffle(usable)
    source = cycle(usable)
    return [list(islice(source, settings["batch_size"])) for _ in range(settings["steps"] + 1)]


def build_ours(settings: dict[str, Any]) -> RIN:
    """Our model with seeded weights, also where theirs is measured, to copy; vocabularies are those of all the data."""
    impl = "chunked" if settings["impl"] == "authors" else settings["impl"]
    data = documents(settings["data"])
    return build({**settings, "impl": impl}, data, Labels.of(data, typed=False), None)


class Authors:
    """Their loader over the batches and their trainer, its model with the weights of ours."""

    def __init__(
        self, code: AuthorsCode, settings: dict[str, Any], model: RIN, parts: Sequence[Sequence[Document]]
    ) -> None:
        torch.set_num_threads(settings["threads"])
        assert isinstance(model.encoder, BiLSTMEncoder)
        table, part = model.encoder.words, [document for batch in parts for document in batch]
        numbers = (model.prepare(document).sentence.table[:, 0].tolist() for document in part)
        wanted = options(
            words={
                name: n for d, row in zip(part, numbers, strict=True) for name, n in zip(places(d), row, strict=True)
            },
            num_words=len(table.tables.words),
            pos=table.tables.pos.index,
            relations=model.labels.relations,
            emb_dim=table.words.embedding_dim,
            pos_dim=0 if table.pos is None else table.pos.embedding_dim,
            rnn_hidden=model.encoder.lstm.hidden_size,
            input_dropout=paper_encoder(pos=True).input_dropout,
            rounds=model.num_rounds,
            lr=LEARNING_RATE,
            max_grad_norm=CLIP_NORM,
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.json"
            write_records(path, part, model.anchor_rule)
            self.loader = code.loader.DataLoader(str(path), settings["batch_size"], wanted, wanted.dicts)
        self.trainer = code.trainer.MyTrainer(wanted)
        with torch.no_grad():
            for ours, other in parameter_pairs(model, self.trainer.model):
                other.copy_(ours)

    @property
    def model(self) -> nn.Module:
        """Their model."""
        return self.trainer.model  # type: ignore[no-any-return]


def parameter_pairs(model: RIN, theirs: nn.Module) -> list[tuple[nn.Parameter, nn.Parameter]]:
    """Each of our parameters with theirs; raises KeyError or ValueError where one has no counterpart of its shape."""
    other, pairs = dict(theirs.named_parameters()), []
    for name, parameter in model.named_parameters():
        layer, _, last = name.rpartition(".")
        pairs.append((parameter, other.pop(f"{NAMES[layer]}.{last}")))
    if other or any(a.shape != b.shape for a, b in pairs):
        raise ValueError(f"the two models differ in shapes, or theirs has parameters of its own: {list(other)}")
    return pairs
