"""One training step: a batch's loss and gradient, computed in parallel over shards of its sentences.

Each shard goes through the whole model, forward and backward, on a worker thread of its own; the gradients are summed
in the order of the shards. Nothing in the model needs to know, and every layer gains, not only the pair tables.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from relknit.models.base import JointModel, ModelBatch
from relknit.ops import workers


@dataclass(frozen=True, slots=True)
class Shard:
    """Some sentences of a batch, and what fraction of all its sentences they are."""

    batch: ModelBatch
    fraction: float


class StepLoss(NamedTuple):
    """Means over the sentences of a batch, without a graph: the parts of the loss by name, and the gradient's norm."""

    parts: Mapping[str, Tensor]
    norm: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised, ()."""
        return torch.stack(list(self.parts.values())).sum()


def split(model: JointModel, examples: Sequence[Sized], threads: int) -> list[Shard]:
    """A batch cut into at most `threads` shards of about as much work, collated.

    From the longest sentence to the shortest: an LSTM takes as many steps as its longest sentence has words.
    """
    ordered = sorted(examples, key=lambda example: -len(example))
    costs = list(accumulate(model.training_cost(len(example)) for example in ordered))
    splits = [bisect_left(costs, costs[-1] * k / threads) + 1 for k in range(1, threads)]
    parts = [ordered[start:end] for start, end in pairwise([0, *splits, len(ordered)])]
    return [Shard(model.collate(part), len(part) / len(examples)) for part in parts if part]


def loss_and_gradients(model: JointModel, shards: Sequence[Shard], *, clip_norm: float) -> StepLoss:
    """Set the gradient of every parameter to that of the batch's loss, clipped, and return the loss.

    clip_norm: the gradient of all parameters together is scaled down to this norm if its own is larger.
    On a CPU each shard draws its dropout from a generator of its own, seeded from torch's: repeatable for a number of
    shards, whichever is computed first. A GPU has one shard, and torch's generator there.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    seeds = torch.randint(2**62, (len(shards),)).tolist()
    on_cpu = parameters[0].device.type == "cpu"

    def task(number: int) -> tuple[list[str], Tensor, list[Tensor | None]]:
        shard = shards[number]
        generator = torch.Generator().manual_seed(seeds[number]) if on_cpu else None
        with torch.enable_grad():
            parts = model.loss(shard.batch, generator)
            total = torch.stack(list(parts.values())).sum()
            gradients = torch.autograd.grad(total * shard.fraction, parameters, allow_unused=True)
        detached = torch.stack([part.detach() for part in parts.values()]) * shard.fraction
        return list(parts), detached, list(gradients)

    found = workers.run(task, range(len(shards)), len(shards))
    for number, parameter in enumerate(parameters):
        parameter.grad = _sum([gradients[number] for _, _, gradients in found])
    parts = torch.stack([losses for _, losses, _ in found]).sum(0).unbind()
    norm = torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
    return StepLoss(dict(zip(found[0][0], parts, strict=True)), norm)


def _sum(gradients: Sequence[Tensor | None]) -> Tensor | None:
    present = [gradient for gradient in gradients if gradient is not None]
    return reduce(Tensor.add_, present) if present else None
