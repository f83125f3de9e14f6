"""One training step: a batch's loss and gradient, computed in parallel over shares of its sentences.

Each share goes through the whole model, forward and backward, on a worker thread of its own; the gradients are summed
in the order of the shares. Nothing in the model needs to know, and every layer gains, not only the pair tables.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from relknit.models import Batch, Example, JointModel
from relknit.ops import workers


@dataclass(frozen=True, slots=True)
class Share:
    """Some sentences of a batch, and what part of all its sentences they are."""

    batch: Batch
    part: float


class StepLoss(NamedTuple):
    """Means over the sentences of a batch, without a graph: what is minimised, and its two parts; the gradient's norm."""

    total: Tensor
    entity: Tensor
    relation: Tensor
    norm: Tensor


def split(examples: Sequence[Example], threads: int) -> list[Share]:
    """A batch cut into at most `threads` shares of about as much work, ready to be computed.

    From the longest sentence to the shortest: an LSTM takes as many steps as its longest sentence has words.
    """
    ordered = sorted(examples, key=lambda example: -len(example.sentence))
    costs = list(accumulate(_cost(len(example.sentence)) for example in ordered))
    cuts = [bisect_left(costs, costs[-1] * k / threads) + 1 for k in range(1, threads)]
    parts = [ordered[start:end] for start, end in pairwise([0, *cuts, len(ordered)])]
    return [Share(Batch.of(part), len(part) / len(examples)) for part in parts if part]


def _cost(words: int) -> int:
    """The work of a sentence in pairs: LSTM and GRU cells take as long for a word as the rest for about eight pairs."""
    return words * (words + 8)


def loss_and_gradients(model: JointModel, shares: Sequence[Share], *, clip_norm: float) -> StepLoss:
    """Set the gradient of every parameter to that of the batch's loss, clipped, and return the loss.

    clip_norm: the gradient of all parameters together is scaled down to this norm if its own is larger.
    On a CPU each share draws its dropout from a generator of its own, seeded from torch's: repeatable for a number of
    shares, whichever is computed first. A GPU has one share, and torch's generator there.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    seeds = torch.randint(2**62, (len(shares),)).tolist()

    def task(number: int) -> tuple[Tensor, list[Tensor | None]]:
        share = shares[number]
        inputs = share.batch.inputs
        if not inputs.table.is_cuda:
            inputs = replace(inputs, noise=torch.Generator().manual_seed(seeds[number]))
        with torch.enable_grad():
            loss = model.loss(replace(share.batch, inputs=inputs))
            gradients = torch.autograd.grad(loss.total * share.part, parameters, allow_unused=True)
        parts = torch.stack([loss.total.detach(), loss.entity, loss.relation]) * share.part
        return parts, list(gradients)

    found = workers.run(task, range(len(shares)), len(shares))
    for number, parameter in enumerate(parameters):
        parameter.grad = _sum([gradients[number] for _, gradients in found])
    total, entity, relation = torch.stack([losses for losses, _ in found]).sum(0).unbind()
    return StepLoss(total, entity, relation, torch.nn.utils.clip_grad_norm_(parameters, clip_norm))


def _sum(gradients: Sequence[Tensor | None]) -> Tensor | None:
    present = [gradient for gradient in gradients if gradient is not None]
    if not present:
        return None
    total = present[0]
    for gradient in present[1:]:
        total = total.add_(gradient)
    return total
