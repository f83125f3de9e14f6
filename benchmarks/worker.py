"""One measured process: builds a model, then answers every line on standard input with one step of work.

Started by `common.Child` with its settings as one JSON argument; answers are JSON, one line each. The peak memory of an
answer is what the process ever held above what it held once torch was imported, the data read and the model built.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch

from common import SHIPPED, documents
from relknit.config import EncoderConfig, ModelConfig
from relknit.data.corpus import load_corpus
from relknit.document import Document
from relknit.models import RIN, Batch, Example, Labels
from relknit.nn.encoders import BiLSTMEncoder, build_word_tables
from relknit.nn.pair_scorer import NaivePairScorer

Step = Callable[[], dict[str, Any]]


def paper_encoder(*, pos: bool) -> EncoderConfig:
    """The paper's encoder: word 100, part of speech 10 (0 for data without), one BiLSTM layer of 2x50."""
    return EncoderConfig(
        word_dim=100,
        pos_dim=10 if pos else 0,
        char_dim=0,
        shape_dim=0,
        hidden=50,
        num_layers=1,
        input_dropout=0.1,
        layer_dropout=0.0,
        word_dropout=0.0,
    )


def build(settings: dict[str, Any], train: Sequence[Document], labels: Labels, relation_bias: float | None) -> RIN:
    """The paper's model with seeded weights; for "naive" the same weights in the dense pair scorer.

    Threads are torch's own for "naive"; for "chunked" torch has one and the pair operations have worker threads.
    """
    naive = settings["impl"] == "naive"
    torch.set_num_threads(settings["threads"] if naive else 1)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)
    encoder = paper_encoder(pos=all(document.pos is not None for document in train))
    tables, initial = build_word_tables(train, encoder, None)
    config = ModelConfig(num_rounds=settings["rounds"], relation_bias=relation_bias)
    model = RIN(config, BiLSTMEncoder(encoder, tables, initial), labels)
    model.set_threads(1 if naive else settings["threads"])
    if naive:
        dense = NaivePairScorer(model.tagger.in_features, model.pairs.hidden.out_features, len(labels.relations))
        dense.load_state_dict(model.pairs.state_dict())
        model.pairs = dense
    return model


def train_step(settings: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """A training step as the training loop does it: batch, loss, backward, clipping, Adam."""
    train = documents(settings["data"])
    labels = Labels.of(train, typed=False)
    model = build(settings, train, labels, None)
    model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-4, fused=True)
    batches = _batches(model, train, settings["batch_size"], settings["steps"] + 1)
    numbers = iter(range(settings["steps"] + 1))

    def step() -> dict[str, Any]:
        number = next(numbers)
        torch.manual_seed(number)  # the same dropout, whatever the implementation
        loss = model.loss(Batch.of(batches[number]))
        optimiser.zero_grad(set_to_none=True)
        loss.total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        return {"loss": float(loss.total.detach())}

    tokens = [len(document) for document in train]
    sizes = {
        "data": _data_name(settings["data"]),
        "sentences": len(train),
        "mean_tokens": round(sum(tokens) / len(tokens), 1),
        "max_tokens": max(tokens),
        "batch_size": settings["batch_size"],
    }
    return {**sizes, **_model_sizes(model)}, step


def _batches(model: RIN, train: Sequence[Document], size: int, count: int) -> list[list[Example]]:
    """`count` batches in a shuffled order that is the same everywhere, starting over when the data is used up."""
    order = list(range(len(train)))
    random.Random(1).shuffle(order)
    chosen: Iterator[int] = cycle(order)
    return [[model.prepare(train[k], labelled=True) for k in islice(chosen, size)] for _ in range(count)]


def long_sentence(settings: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """Extraction from one long sentence: from its tokens to a Prediction."""
    words = cycle(token for document in load_corpus("train") for token in document.tokens)
    sentence = Document("long", tuple(islice(words, settings["tokens"])))
    labels = Labels(tuple(f"relation-{k}" for k in range(settings["relations"])))
    # few pairs pass the threshold, as with a trained model; with torch's own bias every second one would
    model = build(settings, [sentence], labels, -6.0)
    model.eval()

    def step() -> dict[str, Any]:
        model.predict(Batch.of([model.prepare(sentence)]))
        return {}

    return {"data": _data_name(SHIPPED), "tokens": settings["tokens"], **_model_sizes(model)}, step


def _model_sizes(model: RIN) -> dict[str, Any]:
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


def _data_name(data: str) -> str:
    if data == SHIPPED:
        return "shipped corpus, tiled, made-up labels"
    path = Path(data).resolve()
    return f"{path.parent.name}/{path.name}"


def peak_mb() -> float:
    """The most memory this process ever held, MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def resident_mb() -> float:
    """The memory this process holds now, MB; where the system does not tell, the peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak_mb()
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


TASKS = {"train_step": train_step, "long_sentence": long_sentence}


def main() -> None:
    """Announce the sizes, then answer until standard input ends."""
    settings = json.loads(sys.argv[1])
    sizes, step = TASKS[settings["task"]](settings)
    base = resident_mb()
    print(json.dumps(sizes), flush=True)
    for _ in sys.stdin:
        started = time.perf_counter()
        computed = step()
        seconds = time.perf_counter() - started
        print(json.dumps({**computed, "seconds": seconds, "peak_mb": peak_mb() - base}), flush=True)


if __name__ == "__main__":
    main()
