"""The paper's model with seeded weights, its pair scorer in the implementation that is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from naive import NaivePairScorer
from relknit.checkpoint import load_model
from relknit.document import Document
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.encoders.bilstm.word_features import build_word_tables
from relknit.errors import RelknitError
from relknit.models.base import Labels
from relknit.models.rin.pair_scorer import PairScorer, Rows
from relknit.models.rin.rin import RIN
from relknit.models.rin.settings import RINSettings
from relknit.ops.pair_scores import PairLabels, Pairs, SelectedPairs, reference
from relknit.sources import find_model


def paper_encoder(*, pos: bool) -> BiLSTMSettings:
    """The paper's encoder: word 100, part of speech 10 (0 for data without), one BiLSTM layer of 2x50.

    Without its dropout, whose random masks depend on the number of shards of a batch: losses could not be compared.
    """
    return BiLSTMSettings(
        word_dim=100,
        pos_dim=10 if pos else 0,
        char_dim=0,
        shape_dim=0,
        hidden=50,
        num_layers=1,
        input_dropout=0.0,
        layer_dropout=0.0,
        word_dropout=0.0,
    )


def projections(pairs: PairScorer, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What the pair operations take, of features: A, B, W_r and b_r."""
    left, right = pairs.hidden.weight.chunk(2, dim=1)
    a = nn.functional.linear(first, left, pairs.hidden.bias)
    return a, nn.functional.linear(second, right), pairs.output.weight, pairs.output.bias


class ReferencePairScorer(PairScorer):
    """The same layers on the operations as they are defined."""

    def row_max(self, h: Tensor, lengths: Sequence[int], rows: Rows | None = None) -> Tensor:
        """See PairScorer.row_max."""
        first, first_lengths = (h, lengths) if rows is None else (h[rows.index], rows.lengths)
        return torch.sigmoid(reference.row_max(Pairs(*projections(self, first, h), first_lengths, lengths)))

    def loss(self, h: Tensor, lengths: Sequence[int], labels: PairLabels) -> Tensor:
        """See PairScorer.loss."""
        return reference.loss(Pairs(*projections(self, h, h), lengths, lengths), labels)

    def select(self, h: Tensor, lengths: Sequence[int], threshold: float | Tensor) -> SelectedPairs:
        """See PairScorer.select."""
        return reference.select(Pairs(*projections(self, h, h), lengths, lengths), threshold)


def scorer(impl: str, pairs: PairScorer) -> PairScorer:
    """A pair scorer of this implementation with the weights of `pairs`.

    For "chunked" and "triton" `pairs` itself, which takes the first on the CPU and the second on a GPU.
    """
    if impl == "naive":
        return _like(NaivePairScorer, pairs)
    return _like(ReferencePairScorer, pairs) if impl == "reference" else pairs


def _like(kind: type[PairScorer], pairs: PairScorer) -> PairScorer:
    result = kind(pairs.hidden.in_features // 2, pairs.hidden.out_features, pairs.output.out_features)
    result.load_state_dict(pairs.state_dict())
    return result


def set_up(settings: dict[str, Any]) -> torch.device:
    """Threads, seed and device of this process.

    Threads are torch's own for "naive" and "reference"; for "chunked" torch has one, and batches are spread over worker
    threads. Raises RelknitError where --device cuda finds no GPU.
    """
    device = torch.device(settings.get("device", "cpu"))
    if device.type == "cuda" and not torch.cuda.is_available():
        raise RelknitError(f"--device cuda: torch {torch.__version__} finds no GPU here; leave the option out")
    torch.set_num_threads(settings["threads"] if own_threads(settings) else 1)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    return device


def own_threads(settings: dict[str, Any]) -> bool:
    """Whether the implementation is spread by torch's threads rather than by ours."""
    return settings["impl"] in ("naive", "reference")


def finish(model: RIN, settings: dict[str, Any], device: torch.device) -> RIN:
    """The model on its device, with the pair scorer that is measured."""
    model.pairs = scorer(settings["impl"], model.pairs)
    return model.to(device)


def build(settings: dict[str, Any], train: Sequence[Document], labels: Labels, relation_bias: float | None) -> RIN:
    """The paper's model with seeded weights and a vocabulary of `train`: the same whatever the implementation."""
    device = set_up(settings)
    encoder = paper_encoder(pos=all(document.pos is not None for document in train))
    tables, initial = build_word_tables(train, encoder, None)
    config = RINSettings(num_rounds=settings["rounds"], relation_bias=relation_bias)
    return finish(RIN(config, BiLSTMEncoder(encoder, tables, initial), labels), settings, device)


def load(settings: dict[str, Any]) -> RIN:
    """A trained model, folder or shipped name, with the pair scorer that is measured. Raises CheckpointError."""
    device = set_up(settings)
    model = load_model(find_model(settings["model"])).model
    if not isinstance(model, RIN):
        raise RelknitError(f"--model {settings['model']}: is a {type(model).__name__}; give a RIN")
    return finish(model, settings, device)


@torch.no_grad()
def act_trained(model: RIN, documents: Sequence[Document], *, tagged: float, facts: int) -> None:
    """Make seeded weights find about as much as trained ones, so that the last round and decoding have their usual work.

    tagged: fraction of tokens that become entities, of one word each. facts: pairs of such words a sentence that reach the
    threshold. Both are met on `documents`, with the weights as they are and relknit's own pair scorer.
    """
    device = next(model.parameters()).device
    measured, model.pairs = model.pairs, _like(PairScorer, model.pairs).to(device)
    batch = model.collate([model.prepare(document) for document in documents]).inputs.to(device)
    single = model.tags.index("S")
    model.tagger.bias[[k for k in range(1, len(model.tags)) if k != single]] -= 100.0
    for _ in range(3):  # tags are fed back, so moving their scores moves the features
        scores = model.tagger(model.features(batch)[0])
        model.tagger.bias[0] += torch.quantile(scores[:, single] - scores[:, 0], 1 - tagged)
    entity, relation = model.features(batch)
    inside = model.tagger(entity).argmax(1) == single
    a, b, weight, bias = projections(model.pairs, relation, relation)
    found, start = [], 0
    for n in batch.lengths:
        here = inside[start : start + n].nonzero().flatten() + start
        found.append(reference.pair_logits(a[here], b[here], weight, bias).flatten())
        start += n
    scores = torch.cat(found)
    kept, next_one = scores.topk(min(facts * len(documents) + 1, len(scores))).values[-2:]
    cut = (kept + next_one) / 2  # away from every score, which implementations round differently
    model.decoding = replace(model.decoding, threshold=float(torch.sigmoid(cut.double())))
    model.pairs = measured


def model_sizes(model: RIN) -> dict[str, Any]:
    """What a report says about a model."""
    assert isinstance(model.encoder, BiLSTMEncoder)
    words = model.encoder.words
    return {
        "rounds": model.num_rounds,
        "relations": len(model.labels.relations),
        "vocabulary": len(words.tables.words),
        "word_dim": words.words.embedding_dim,
        "pos_dim": 0 if words.pos is None else words.pos.embedding_dim,
        "lstm": f"2x{model.encoder.lstm.hidden_size}",
        "pair_hidden": model.pairs.hidden.out_features,
    }
