"""One relation, or none (number 0), for every ordered pair of words: a softmax over scores that are sums of two words' scores.

    S(i, r, j) = a_i[r] + b_j[r]        P_r(i, j) = softmax over r of S(i, r, j)

a: (n, l+1), b: (n, l+1) of one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import torch
from pydantic import ConfigDict
from torch import Tensor

from relknit.document import Entity, Relation

PairRule: TypeAlias = Literal["any", "average"]
MentionRule: TypeAlias = Literal["all", "first"]
PAIR_RULES: Final[tuple[PairRule, ...]] = ("any", "average")
MENTION_RULES: Final[tuple[MentionRule, ...]] = ("all", "first")


@dataclass(frozen=True)
class GraphRelDecoding:
    """How pairs of words become triples; chosen on dev and stored with the model.

    pairs: "any": two entities have each relation that is the most probable of any pair of their words (the paper's threshold
    θ = 0, as its code); "average": the one that is on average over these pairs. mentions: "first" moves head and tail to where
    their words occur first, as in data that places all names there.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    pairs: PairRule = "any"
    mentions: MentionRule = "all"


def probabilities(a: Tensor, b: Tensor) -> Tensor:
    """P, (n, n, l+1)   (GraphRel eq. 3)."""
    return torch.softmax(a[:, None] + b[None, :], dim=-1)


def log_normalisers(a: Tensor, b: Tensor) -> Tensor:
    """log Σ_r exp(a_i[r] + b_j[r]) of all pairs, (n, n), as one product: log(exp(A) exp(B)ᵀ).

    Each row is shifted by its maximum. In double precision, where a sum is 0 only if the scores are more than 700 apart.
    """
    first, second = a.double(), b.double()
    highest, highest_second = first.detach().amax(1, keepdim=True), second.detach().amax(1, keepdim=True)
    product = (first - highest).exp() @ (second - highest_second).exp().T
    return (product.log() + highest + highest_second.T).to(a.dtype)


def pair_loss(a: Tensor, b: Tensor, pairs: Tensor, label_weight: float) -> Tensor:
    """Cross-entropy summed over all n² pairs, (); pairs with a relation count `label_weight` times   (GraphRel eq. 5).

    pairs: (g, 3) int64: head, tail and number of the relation, from 1, each pair once; all others have none.
    """
    normalisers = log_normalisers(a, b)
    if_none = normalisers.sum() - len(a) * (a[:, 0].sum() + b[:, 0].sum())
    head, tail, relation = pairs.unbind(1)
    own = normalisers[head, tail]
    labelled = label_weight * (own - a[head, relation] - b[tail, relation])
    return if_none + (labelled - (own - a[head, 0] - b[tail, 0])).sum()


def words_of(entities: Sequence[Entity]) -> list[int]:
    """The tokens of the entities, one entity after the other, so those of overlapping entities more than once."""
    return [word for entity in entities for word in range(entity.token_start, entity.token_end)]


def relations_among(entities: Sequence[Entity], p: Tensor, names: Sequence[str], rule: PairRule) -> list[Relation]:
    """The relations between the entities; confidence is the highest of the probabilities that decide.

    p: (m, m, l+1), the probabilities of the pairs of `words_of(entities)`. names: of the relations 1 to l.
    """
    owners = [number for number, e in enumerate(entities) for _ in range(e.token_start, e.token_end)]
    if rule == "average":
        weights = p.new_zeros(len(entities), len(owners))
        weights[owners, range(len(owners))] = 1.0
        weights /= weights.sum(1, keepdim=True)
        p, owners = torch.einsum("km,mnr,ln->klr", weights, p, weights), list(range(len(entities)))
    probability, label = p.max(-1)
    where = label.nonzero()
    columns = (where.tolist(), label[tuple(where.T)].tolist(), probability[tuple(where.T)].tolist())
    found: dict[tuple[int, int, int], float] = {}
    for (head, tail), relation, confidence in zip(*columns, strict=True):
        key = owners[head], owners[tail], relation
        found[key] = max(found.get(key, 0.0), confidence)
    return [Relation(head, tail, names[relation - 1], best) for (head, tail, relation), best in found.items()]
