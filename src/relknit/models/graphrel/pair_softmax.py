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
    θ = 0, as its code); "average": the one that is on average over these pairs. mentions: "first" moves a triple to the first
    entity of the same words, as in data whose names are always placed at their first mention.
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


def relations_among(
    entities: Sequence[Entity], a: Tensor, b: Tensor, names: Sequence[str], rule: PairRule
) -> list[Relation]:
    """The relations between the entities, which may overlap; confidence is the highest of the probabilities that decide.

    names: of the relations 1 to l.
    """
    words = [word for entity in entities for word in range(entity.token_start, entity.token_end)]
    owners = [number for number, e in enumerate(entities) for _ in range(e.token_start, e.token_end)]
    chosen = probabilities(a[words], b[words])
    if rule == "average":
        weights = a.new_zeros(len(entities), len(words))
        weights[owners, range(len(words))] = 1.0
        weights /= weights.sum(1, keepdim=True)
        chosen = torch.einsum("km,mnr,ln->klr", weights, chosen, weights)
        owners = list(range(len(entities)))
    probability, label = chosen.max(-1)
    found: dict[tuple[int, int, int], float] = {}
    where = label.nonzero()
    columns = (where.tolist(), label[tuple(where.T)].tolist(), probability[tuple(where.T)].tolist())
    for (head, tail), relation, p in zip(*columns, strict=True):
        key = owners[head], owners[tail], relation
        found[key] = max(found.get(key, 0.0), p)
    return [Relation(head, tail, names[relation - 1], p) for (head, tail, relation), p in found.items()]


def at_first_entities(
    relations: Sequence[Relation], entities: Sequence[Entity], first: Sequence[int]
) -> list[Relation]:
    """The relations between the first entities of the same words, those that become the same once, the most confident.

    first: for each token of the sentence the first that is equal to it. A relation of two entities of the same words stays.
    """
    begun: dict[tuple[int, ...], int] = {}
    number = [begun.setdefault(tuple(first[e.token_start : e.token_end]), k) for k, e in enumerate(entities)]
    best: dict[tuple[int, int, str], float] = {}
    for relation in relations:
        head, tail = number[relation.head], number[relation.tail]
        if head == tail:
            head, tail = relation.head, relation.tail
        key = head, tail, relation.type
        best[key] = max(best.get(key, 0.0), relation.confidence or 0.0)
    return [Relation(head, tail, label, p) for (head, tail, label), p in best.items()]
