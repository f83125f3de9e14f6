"""The operations and bytes that a training step cannot avoid, and the seconds they take at measured rates. No torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """A batch and the model it goes through.

    lengths: tokens of each sentence; input_dim, hidden: of the one-layer BiLSTM, `hidden` a direction; pair_hidden: d;
    relations: l; rounds: K; parameters: numbers that Adam keeps up to date.
    """

    lengths: Sequence[int]
    input_dim: int
    hidden: int
    tags: int
    pair_hidden: int
    relations: int
    rounds: int
    parameters: int = 0

    @property
    def tokens(self) -> int:
        """T."""
        return sum(self.lengths)

    @property
    def pairs(self) -> int:
        """P, the sum of n² over the sentences."""
        return sum(n * n for n in self.lengths)


@dataclass(frozen=True)
class Cost:
    """Floating-point operations of products, by the rate that they are divided by, and bytes moved."""

    forward: float = 0.0
    backward: float = 0.0
    bytes: float = 0.0


def pair_costs(sizes: Sizes) -> dict[str, Cost]:
    """One call of each pair operation, from features: the two projections and the products over pairs.

    The product W m of all pairs is 2·P·d·l operations; the loss needs it once forward and twice (for W and for m)
    backward; row_max needs it forward, and backward only the one best j of each (i, t): 2·d operations for the gradient
    of W and as many for that of a and b, T·l times. With c features a word each projection is 2·T·c·d, twice that back.
    """
    c, d = 2 * sizes.hidden, sizes.pair_hidden
    product = 2.0 * sizes.pairs * d * sizes.relations
    projections = 2 * 2.0 * sizes.tokens * c * d
    best = 4.0 * sizes.tokens * sizes.relations * d
    return {
        "row_max forward": Cost(forward=product + projections),
        "row_max backward": Cost(backward=best + 2 * projections),
        "loss forward": Cost(forward=product + projections),
        "loss backward": Cost(backward=2 * product + 2 * projections),
        "select forward": Cost(forward=product + projections),
    }


def training_step(sizes: Sizes) -> dict[str, Cost]:
    """What one training step of RIN with Adam cannot avoid, part by part.

    - row_max K times and the loss once, as `pair_costs` counts them;
    - the BiLSTM: 4 gates of 2·h·(input + h) operations, two directions, per token;
    - the GRU cells of K rounds: 3 gates of 2·c·(input + c), input being the tags for one and the l relations for the
      other, per token; the tagger K + 1 times;
    - these three once more for the gradient of their inputs and once for that of their weights;
    - Adam reads weight, gradient and two moments and writes three of them: 7 numbers of 4 bytes a parameter.

    Left out: everything element-wise (see `elementwise`), embedding look-ups, clipping, building the batch.
    """
    t, k, h, c = sizes.tokens, sizes.rounds, sizes.hidden, 2 * sizes.hidden
    pair = pair_costs(sizes)
    layers = {
        "encoder": 2 * 4 * 2.0 * t * h * (sizes.input_dim + h),
        "interaction": k * 3 * 2.0 * t * c * (sizes.tags + c + sizes.relations + c),
        "tagger": (k + 1) * 2.0 * t * c * sizes.tags,
    }
    costs = {
        "row_max forward": Cost(forward=k * pair["row_max forward"].forward),
        "row_max backward": Cost(backward=k * pair["row_max backward"].backward),
        "loss forward": pair["loss forward"],
        "loss backward": pair["loss backward"],
    }
    for name, operations in layers.items():
        costs[f"{name} forward"] = Cost(forward=operations)
        costs[f"{name} backward"] = Cost(backward=2 * operations)
    return {**costs, "optimiser": Cost(bytes=7 * 4.0 * sizes.parameters)}


def elementwise(sizes: Sizes) -> dict[str, float]:
    """Numbers that go through an element-wise pass in a step, by kind; beside the floor, not part of it.

    add: relu(a_i + b_j) for K row_max and one loss, and a comparison for every score of a row_max; sigmoid: the loss.
    """
    scores = float(sizes.pairs) * sizes.relations
    hidden = float(sizes.pairs) * sizes.pair_hidden
    return {"add": (sizes.rounds + 1) * hidden + sizes.rounds * scores, "sigmoid": scores}


def seconds(cost: Cost, rates: Mapping[str, float]) -> float:
    """The seconds of a cost at rates as `rates.measure` gives them."""
    return cost.forward / rates["forward"] + cost.backward / rates["backward"] + cost.bytes / rates["bytes"]
