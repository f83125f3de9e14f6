"""The task "profile" of a measured process: the parts of a training step, beside the floor of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

import floor
import rates
from meter import Meter
from relknit.encoders.bilstm.bilstm import BiLSTMEncoder
from relknit.models.rin.batch import Batch, Example
from relknit.models.rin.rin import RIN

WholeStep = Callable[[RIN, torch.optim.Optimizer, Sequence[Example], dict[str, Any]], float]


class Stages:
    """A computation done piece by piece, every piece timed forward and, in reverse order, backward.

    Each piece reads tensors that are cut off from what made them; their gradients are handed on, so that in the end every
    parameter has the gradient of the whole computation.
    """

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.seconds: dict[str, float] = {}
        self._done: list[tuple[str, tuple[Tensor, ...], tuple[Tensor, ...]]] = []

    def time(self, name: str, function: Callable[[], Any]) -> Any:
        """The function's result; its seconds are added to those of the name."""
        started = self.meter.now()
        result = function()
        self.seconds[name] = self.seconds.get(name, 0.0) + self.meter.now() - started
        return result

    def forward(self, name: str, function: Callable[..., Tensor | tuple[Tensor, ...]], *inputs: Any) -> Any:
        """function(*inputs), cut off: a tensor, or a tuple of them where the function gives one."""
        result = self.time(f"{name} forward", lambda: function(*inputs))
        outputs = (result,) if isinstance(result, Tensor) else tuple(result)
        leaves = tuple(output.detach().requires_grad_() for output in outputs)
        self._done.append((name, outputs, leaves))
        return leaves[0] if isinstance(result, Tensor) else leaves

    def backward(self, *ends: Tensor) -> None:
        """Gradients of the sum of `ends`, which `forward` gave."""
        for end in ends:
            end.grad = torch.ones_like(end)
        for name, outputs, leaves in reversed(self._done):
            reached = [(x, leaf.grad) for x, leaf in zip(outputs, leaves, strict=True) if leaf.grad is not None]
            if reached:
                self.time(
                    f"{name} backward",
                    partial(torch.autograd.backward, [x for x, _ in reached], [g for _, g in reached]),
                )


def staged_loss(model: RIN, batch: Batch, stages: Stages) -> tuple[Tensor, Tensor]:
    """Entity and relation loss as RIN.loss computes them, piece by piece; `stages.backward` of both is its backward."""
    lengths, labels, gold = batch.inputs.lengths, batch.labels, batch.tags
    assert labels is not None
    assert gold is not None
    sentences = len(lengths)
    h = entity = relation = stages.forward("encoder", model.encoder, batch.inputs)
    for _ in range(model.num_rounds):
        tags = stages.forward("tagger", lambda x: torch.softmax(model.tagger(x), dim=-1), entity)
        strongest = stages.forward("row_max", lambda x: model.pairs.row_max(x, lengths), relation)
        h, entity, relation = stages.forward("interaction", model.interaction, h, tags, strongest)

    def tag_loss(x: Tensor) -> Tensor:
        return nn.functional.cross_entropy(model.tagger(x), gold, reduction="sum") / sentences

    return (
        stages.forward("tagger", tag_loss, entity),
        stages.forward("loss", lambda x: model.pairs.loss(x, lengths, labels) / sentences, relation),
    )


def measure(
    model: RIN,
    optimiser: torch.optim.Optimizer,
    examples: Sequence[Example],
    settings: dict[str, Any],
    whole: WholeStep,
) -> dict[str, Any]:
    """A step as it is (`seconds`), the same batch part by part (`parts`, with one thread only), rates, and the floor."""
    device = next(model.parameters()).device
    meter = Meter(device)
    started = meter.now()
    loss = whole(model, optimiser, examples, settings)
    seconds = meter.now() - started
    parts = _parts(model, optimiser, examples, meter) if settings["threads"] == 1 else {}
    sizes = sizes_of(model, [len(example.sentence) for example in examples])
    measured = rates.measure(device, sizes.pair_hidden, sizes.relations, settings["threads"])
    floors = {name: floor.seconds(cost, measured) for name, cost in floor.training_step(sizes).items()}
    passes = sum(count / measured[name] for name, count in floor.elementwise(sizes).items())
    return {
        "seconds": seconds, "loss": loss, "parts": parts, "floor": floors, "elementwise": passes, "rates": measured,
        "pairs": sizes.pairs, "tokens": sizes.tokens,
    }  # fmt: skip


def _parts(model: RIN, optimiser: torch.optim.Optimizer, examples: Sequence[Example], meter: Meter) -> dict[str, float]:
    stages = Stages(meter)
    batch: Batch = stages.time("batch", lambda: model.collate(examples).to(meter.device))
    optimiser.zero_grad(set_to_none=True)
    stages.backward(*staged_loss(model, batch, stages))

    def update() -> None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()

    stages.time("optimiser", update)
    return stages.seconds


def sizes_of(model: RIN, lengths: Sequence[int]) -> floor.Sizes:
    """What the floor needs to know of a model and a batch."""
    assert isinstance(model.encoder, BiLSTMEncoder)
    return floor.Sizes(
        lengths=lengths,
        input_dim=model.encoder.lstm.input_size,
        hidden=model.encoder.lstm.hidden_size,
        tags=len(model.tags),
        pair_hidden=model.pairs.hidden.out_features,
        relations=len(model.labels.relations),
        rounds=model.num_rounds,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
    )
