"""One measured process: builds a model, then answers every line on standard input with one step of work.

Started by `processes.Child` with its settings as one JSON argument; answers are JSON, one line each. `peak_mb` is what
the process held at most above what it held once torch was imported, the data read and the model built;
`peak_mb_with_model` above the interpreter with torch alone. On a GPU both count torch's tensors there.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import torch

import pair_ops
import step_parts
from meter import Meter, give_back, gpu_name, resident_mb
from paper_model import act_trained, build, load, model_sizes, own_threads
from relknit.document import Document, Prediction
from relknit.errors import RelknitError
from relknit.models.base import Labels
from relknit.models.rin.batch import Example
from relknit.models.rin.rin import RIN
from relknit.predict import predict
from relknit.runtime import Runtime
from relknit.text.read import read_text
from relknit.training.step import loss_and_gradients, split
from sentences import PRESETS, SHIPPED, data_name, data_sizes, documents, one_sentence

Step = Callable[[], dict[str, Any]]
NAIVE_BATCH = 50
START_BIAS = -6.0  # relknit's default: probabilities are small from the start, as they are through most of a training


def train_step(settings: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """A training step as the training loop does it: batch, loss, backward, clipping, Adam."""
    train = documents(settings["data"])
    model, optimiser, batches = _training(settings, train, Labels.of(train, typed=False))
    return {**data_sizes(settings), **model_sizes(model)}, _loss_of_step(model, optimiser, batches, settings)


def train_sentence(settings: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """The same step on a batch of one sentence of as many tokens, and as many relations, as the settings say."""
    labels = Labels(tuple(f"relation-{k}" for k in range(settings["relations"])))
    sentence = one_sentence(settings["tokens"], settings["relations"])
    model, optimiser, batches = _training({**settings, "batch_size": 1}, [sentence], labels)
    sizes = {"tokens": settings["tokens"], **model_sizes(model)}
    return sizes, _loss_of_step(model, optimiser, batches, settings)


def _training(
    settings: dict[str, Any], train: Sequence[Document], labels: Labels
) -> tuple[RIN, torch.optim.Optimizer, Iterator[list[Example]]]:
    model = build(settings, train, labels, START_BIAS)
    model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-4, fused=True)
    return model, optimiser, iter(_batches(model, train, settings["batch_size"], settings["steps"] + 1))


def _loss_of_step(
    model: RIN, optimiser: torch.optim.Optimizer, batches: Iterator[list[Example]], settings: dict[str, Any]
) -> Step:
    return lambda: {"loss": one_step(model, optimiser, next(batches), settings)}


def one_step(
    model: RIN, optimiser: torch.optim.Optimizer, examples: Sequence[Example], settings: dict[str, Any]
) -> float:
    """One training step on a batch as the training loop does it; returns its loss.

    "naive" and "reference" take the batch whole, with torch's own threads; the others one shard of it on each thread.
    """
    shards = 1 if own_threads(settings) or model.device.type == "cuda" else settings["threads"]
    parts = [replace(shard, batch=shard.batch.to(model.device)) for shard in split(model, examples, shards)]
    loss = loss_and_gradients(model, parts, clip_norm=5.0)
    optimiser.step()
    return float(loss.total)


def _batches(model: RIN, train: Sequence[Document], size: int, count: int) -> list[list[Example]]:
    """`count` batches in a shuffled order that is the same everywhere, starting over when the data is used up."""
    order = list(range(len(train)))
    random.Random(1).shuffle(order)
    chosen: Iterator[int] = cycle(order)
    return [[model.prepare(train[k], labelled=True) for k in islice(chosen, size)] for _ in range(count)]


def extract(settings: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """Texts or tokens to triples; every step does the same sentences."""
    given = documents(settings["data"])[: settings["sentences"] or None]
    texts = [document.text or " ".join(document.tokens) for document in given]
    from_text = settings["source"] == "text"
    known = [read_text(text) for text in texts] if from_text else given
    model = _extracting_model(settings, known)
    meter = Meter(next(model.parameters()).device)

    def step() -> dict[str, Any]:
        started = meter.now()
        read = [read_text(text) for text in texts] if from_text else given
        reading = meter.now() - started
        answers = [d.with_prediction(p) for d, p in zip(read, _predictions(model, read, settings), strict=True)]
        return {"found": [fact for answer in answers for fact in _facts(answer)], "seconds_reading": reading}

    tokens = sum(len(document) for document in known)
    sizes = {
        "data": data_name(settings["data"]),
        "source": settings["source"],
        "model": settings["model"],
        "dtype": settings["dtype"],
        "sentences": len(known),
        "tokens": tokens,
        "mean_tokens": round(tokens / len(known), 1),
        "max_tokens": max(len(document) for document in known),
    }
    return {**sizes, **model_sizes(model)}, step


def _extracting_model(settings: dict[str, Any], known: Sequence[Document]) -> RIN:
    if settings["model"] != "paper":
        model = load(settings)
        model.eval()
        return model
    model = build(settings, known, Labels(tuple(f"relation-{k}" for k in range(settings["relations"]))), None)
    model.eval()
    preset = PRESETS[settings["preset"]]
    act_trained(model, known[:8], tagged=preset.tagged, facts=preset.facts)
    return model


def _predictions(
    model: RIN, read: Sequence[Document], settings: dict[str, Any], *, anchors: bool = False
) -> list[Prediction]:
    """Entities and triples of each document.

    "naive": 50 sentences at a time as they come, padded to the longest, every pair scored in every round, float32, as
    published. Else `relknit.predict` as the extractor calls it: sorted by length, batches by tokens, spread over worker
    threads, raw anchors not asked for unless `anchors` is true.
    """
    if settings["impl"] != "naive":
        longest = max(len(document) for document in read)  # no windows: both sides score the same pairs
        device = str(next(model.parameters()).device)
        runtime = Runtime(device, settings["threads"], dtype=settings.get("dtype", "float32"))
        return predict(model, read, max_tokens=longest, runtime=runtime, anchors=anchors)
    device = next(model.parameters()).device
    found: list[Prediction] = []
    with torch.inference_mode():
        for first in range(0, len(read), NAIVE_BATCH):
            batch = model.collate([model.prepare(document) for document in read[first : first + NAIVE_BATCH]])
            found += model.predict(batch.to(device))
    return found


def _facts(document: Document) -> list[str]:
    """Every entity and triple as a string that two implementations can agree on."""
    spans = [f"{document.id} {entity.token_start}-{entity.token_end}" for entity in document.entities]
    return spans + [f"{spans[r.head]} {r.type} {spans[r.tail]}" for r in document.relations]


def long_sentence(settings: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """Extraction from one long sentence: from its tokens to a Prediction."""
    sentence = one_sentence(settings["tokens"], settings["relations"])
    labels = Labels(tuple(f"relation-{k}" for k in range(settings["relations"])))
    # Nothing may run before the first step: what a trial run frees stays with the process, and would hide what a step
    # takes. So a bias that lets few pairs pass; and raw anchors asked for, so that all pairs are scored in every round.
    model = build(settings, [sentence], labels, -6.0)
    model.eval()

    def step() -> dict[str, Any]:
        prediction = _predictions(model, [sentence], settings, anchors=True)[0]
        return {"found": _facts(sentence.with_prediction(prediction))}

    return {"data": data_name(SHIPPED), "tokens": settings["tokens"], **model_sizes(model)}, step


def profile(settings: dict[str, Any]) -> tuple[dict[str, Any], Step]:
    """A whole training step, the same step part by part, and the rates of this machine, one after the other."""
    train = documents(settings["data"])
    model, optimiser, batches = _training(settings, train, Labels.of(train, typed=False))

    def step() -> dict[str, Any]:
        return step_parts.measure(model, optimiser, next(batches), settings, one_step)

    return {"data": data_name(settings["data"]), "batch_size": settings["batch_size"], **model_sizes(model)}, step


TASKS = {
    "train_step": train_step,
    "train_sentence": train_sentence,
    "extract": extract,
    "long_sentence": long_sentence,
    "ops": pair_ops.ops,
    "profile": profile,
}


def main() -> None:
    """Announce the sizes, then answer until standard input ends; an error of relknit is an answer too."""
    settings = json.loads(sys.argv[1])
    device = torch.device(settings.get("device", "cpu"))
    bare = 0.0 if device.type == "cuda" else resident_mb()
    try:
        sizes, step = TASKS[settings["task"]](settings)
        print(json.dumps({**sizes, "gpu": gpu_name(device)}), flush=True)
        give_back()
        meter = Meter(device)
        for _ in sys.stdin:
            started = meter.now()
            computed = step()
            seconds = meter.now() - started
            peaks = {"peak_mb": meter.peak(), "peak_mb_with_model": meter.peak() + meter.base - bare}
            print(json.dumps({"seconds": seconds, **peaks, **computed}), flush=True)
    except RelknitError as error:
        print(json.dumps({"error": str(error)}), flush=True)


if __name__ == "__main__":
    main()
