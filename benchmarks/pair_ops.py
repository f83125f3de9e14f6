"""The task "ops" of a measured process: each pair operation by itself, forward and forward with backward."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

import floor
import rates
from meter import Meter, give_back
from paper_model import projections, scorer, set_up
from relknit.models.rin.pair_scorer import PairScorer
from relknit.ops.pair_scores import PairLabels, reference
from sentences import PRESETS, lengths

Part = Callable[[], Tensor]


def ops(settings: dict[str, Any]) -> tuple[dict[str, Any], Callable[[], dict[str, Any]]]:
    """Operations on features of `batch_size` sentences; what they take from the features on, projections included.

    An answer has for each part its seconds, peak_mb and a number that every implementation must agree on; in "floor" the
    seconds that its products take at the rates measured just before; and as its own seconds those of the pair operations
    of a training step: K times row_max and once the loss, forward and backward.
    """
    device = set_up(settings)
    dtype = getattr(torch, settings["dtype"])
    spans = _lengths(settings)
    c, d, relations = settings["features"], settings["pair_hidden"], settings["relations"]
    h = torch.randn(sum(spans), c).tanh().to(device=device, dtype=dtype)
    pairs = scorer(settings["impl"], PairScorer(c, d, relations)).to(device=device, dtype=dtype)
    parts = _parts(pairs, h, spans, _labels(spans, relations).to(device))
    sizes = floor.Sizes(spans, 0, c // 2, 0, d, relations, settings["rounds"])
    costs = floor.pair_costs(sizes)
    give_back()
    meter = Meter(device)

    def step() -> dict[str, Any]:
        measured = rates.measure(device, d, relations, settings["threads"])
        floors = {name: floor.seconds(cost, measured) for name, cost in costs.items()}
        answers = {name: _timed(part, pairs, h, meter) for name, part in parts.items()}
        whole = settings["rounds"] * answers["row_max forward+backward"]["seconds"]
        whole += answers["loss forward+backward"]["seconds"]
        peak = max(answer["peak_mb"] for answer in answers.values())
        return {"seconds": whole, "peak_mb": peak, "parts": answers, "floor": floors, "rates": measured}

    described = {
        name: settings[name] for name in ("dtype", "batch_size", "relations", "pair_hidden", "features", "rounds")
    }
    return {"tokens": sizes.tokens, "longest": max(spans), "pairs": sizes.pairs, **described}, step


def _lengths(settings: dict[str, Any]) -> list[int]:
    if settings["even"]:
        return [settings["tokens"]] * settings["batch_size"]
    preset = replace(
        PRESETS["webnlg"], mean_tokens=float(settings["tokens"]), shortest=1, longest=4 * settings["tokens"]
    )
    return lengths(settings["batch_size"], preset)


def _labels(spans: list[int], relations: int) -> PairLabels:
    """Three labels a sentence, as in WebNLG."""
    triples, start = [], 0
    for n in spans:
        triples += [(start, start + n - 1, (start + k) % relations) for k in range(3)]
        start += n
    return PairLabels.of(triples)


def _parts(pairs: PairScorer, h: Tensor, spans: list[int], labels: PairLabels) -> dict[str, Part]:
    threshold = _threshold(pairs, h, spans)

    def both(forward: Part) -> Part:
        def part() -> Tensor:
            forward().backward()  # type: ignore[no-untyped-call]
            assert h.grad is not None
            assert pairs.output.weight.grad is not None
            return h.grad.norm() + pairs.output.weight.grad.norm()

        return part

    def row_max() -> Tensor:
        return pairs.row_max(h, spans).sum()

    def loss() -> Tensor:
        return pairs.loss(h, spans, labels)

    def select() -> Tensor:
        return h.new_tensor(len(pairs.select(h, spans, threshold).head), dtype=torch.float64)

    return {
        "row_max forward": torch.no_grad()(row_max),
        "row_max forward+backward": both(row_max),
        "loss forward": torch.no_grad()(loss),
        "loss forward+backward": both(loss),
        "select forward": torch.no_grad()(select),
    }


@torch.no_grad()
def _threshold(pairs: PairScorer, h: Tensor, spans: list[int]) -> float:
    """A probability that about three pairs of a sentence reach, as after training."""
    few = spans[:4]
    a, b, weight, bias = (x.double() for x in projections(pairs, h[: sum(few)], h[: sum(few)]))
    logits = [
        reference.pair_logits(x, y, weight, bias).flatten()
        for x, y in zip(torch.split(a, few), torch.split(b, few), strict=True)
    ]
    flat = torch.cat(logits)
    kept, next_one = flat.topk(min(3 * len(few) + 1, len(flat))).values[-2:]
    return float(torch.sigmoid((kept + next_one) / 2))  # away from every score, which implementations round differently


def _timed(part: Part, pairs: PairScorer, h: Tensor, meter: Meter) -> dict[str, float]:
    h.requires_grad_()
    h.grad = None
    pairs.zero_grad(set_to_none=True)
    meter.reset()
    started = meter.now()
    value = part()
    seconds = meter.now() - started
    return {"seconds": seconds, "peak_mb": meter.peak(), "value": float(value)}
