"""One measured process of `compare_authors.py`: the authors' model or ours, on the same batches of the same sentences.

Speaks as `worker.py` does: settings as one JSON argument, sizes first, then an answer for every line of standard input.
Tasks: "train" and "predict", a step of either for one implementation, and "check", which compares both in one process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import torch

from authors_check import check
from authors_model import CLIP_NORM, LEARNING_RATE, Authors, batches, build_ours
from authors_patch import AuthorsCode, authors_code
from meter import Meter
from paper_model import act_trained, model_sizes
from relknit.errors import RelknitError
from relknit.models.rin.rin import RIN
from relknit.ops import workers
from relknit.training.step import loss_and_gradients, split
from sentences import PRESETS, SHIPPED_NYT, data_sizes

Step = Callable[[], dict[str, Any]]


def train_step(settings: dict[str, Any], model: RIN) -> Step:
    """Ours: batch, loss, backward, clipping, Adam, from sentences prepared ahead; one shard of a batch on each thread."""
    model.train()
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
    prepared = iter([[model.prepare(d, labelled=True) for d in part] for part in batches(settings)])

    def step() -> dict[str, Any]:
        loss = loss_and_gradients(model, split(model, next(prepared), settings["threads"]), clip_norm=CLIP_NORM)
        optimiser.step()
        return {"loss": float(loss.total)}

    return step


def predict_step(settings: dict[str, Any], model: RIN) -> Step:
    """Ours: a batch of prepared sentences to entities and triples, one shard of it on each thread."""
    model.eval()
    prepared = iter([[model.prepare(d) for d in part] for part in batches(settings)])

    def step() -> dict[str, Any]:
        shards = split(model, next(prepared), settings["threads"])
        workers.run(lambda shard: model.predict(shard.batch), shards, settings["threads"])
        return {}

    return step


def authors_step(code: AuthorsCode, settings: dict[str, Any], model: RIN) -> Step:
    """Theirs: their loader makes the batch with its label grids, then their trainer updates or predicts.

    "seconds_without_loader" leaves the first part out; for "predict" "seconds_forward" is the model alone, without the
    two losses that their prediction computes, down to dense scores: no triple is read off them.
    """
    authors = Authors(code, settings, model, batches(settings))
    numbers = iter(range(len(authors.loader)))
    act = authors.trainer.update if settings["task"] == "train" else authors.trainer.predict
    times: list[float] = []
    authors.model.register_forward_pre_hook(lambda *_: times.append(time.perf_counter()))
    authors.model.register_forward_hook(lambda *_: times.append(time.perf_counter()))

    def step() -> dict[str, Any]:
        times.clear()
        batch = authors.loader[next(numbers)]
        started = time.perf_counter()
        relation, entity, *_ = act(batch)
        answer = {"loss": relation + entity, "seconds_without_loader": time.perf_counter() - started}
        return answer if settings["task"] == "train" else {**answer, "seconds_forward": times[1] - times[0]}

    return step


def prepare(settings: dict[str, Any], stack: ExitStack) -> tuple[dict[str, Any], Step]:
    """Sizes, and what to do at every line; the clone stays imported until `stack` ends."""
    code = stack.enter_context(authors_code(Path(settings["repo"]))) if settings["impl"] == "authors" else None
    if settings["task"] == "check":
        assert code is not None
        return {}, partial(check, code, settings)
    model = build_ours(settings)
    if settings["task"] == "predict":
        # else half of all pairs would be triples, and decoding them all the work
        usual = PRESETS["nyt" if settings["data"] == SHIPPED_NYT else "webnlg"]
        act_trained(model, batches(settings)[0][:8], tagged=usual.tagged, facts=usual.facts)
    if code is not None:
        step = authors_step(code, settings, model)
    else:
        step = (train_step if settings["task"] == "train" else predict_step)(settings, model)
    return {**data_sizes(settings), **model_sizes(model)}, step


def main() -> None:
    """Announce the sizes, then answer until standard input ends; an error of relknit is an answer too."""
    settings, answers = json.loads(sys.argv[1]), sys.stdout

    def answer(values: dict[str, Any]) -> None:
        print(json.dumps(values), file=answers, flush=True)

    with ExitStack() as stack:
        try:
            sizes, step = prepare(settings, stack)
            meter = Meter(torch.device("cpu"))
            answer(sizes)
            for _ in sys.stdin:
                started = meter.now()
                computed = step()
                answer({"seconds": meter.now() - started, "peak_mb": meter.peak(), **computed})
        except RelknitError as error:
            answer({"error": str(error)})


if __name__ == "__main__":
    main()
