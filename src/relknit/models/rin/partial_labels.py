"""What a word-pair model learns from a sentence in which not everything is annotated (see `Scope`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

import torch
from torch import Tensor

from relknit.document.scope import Scope
from relknit.models.rin.batch import UNKNOWN_TAG, Example, one_hot
from relknit.models.rin.pair_scorer import Rows
from relknit.ops.pair_scores import PairLabels
from relknit.tags import OUTSIDE, tag_names, type_of, with_types

Annotated = frozenset[int] | None
"""The numbers of the relations that are annotated in a sentence, None for all."""


def within_scope(
    example: Example,
    tags: Sequence[str],
    unknown: set[tuple[int, int, int]],
    scope: Scope,
    tag_numbers: Mapping[str, int],
    relation_numbers: Mapping[str, int],
) -> Example:
    """The example with what is not annotated left open: relations, words outside of entities, types of entities.

    tags: those of the words, of which some may have a type that leaves open which the entity has. unknown: pairs (head, tail,
    relation) that are not to be learned.
    """
    assert example.tags is not None
    annotated = None
    if scope.relations is not None:
        annotated = frozenset(number for name, number in relation_numbers.items() if name in scope.relations)
    learned = example.tags
    if not scope.entities:
        learned = learned.masked_fill(learned == tag_numbers[OUTSIDE], UNKNOWN_TAG)
    targets = None
    if any(tag not in tag_numbers for tag in tags) or (scope.missing_types and scope.entities):
        targets = one_hot(learned, len(tag_numbers))
        missing = [tag_numbers[tag] for tag in tag_names(scope.missing_types) if tag in tag_numbers]
        for word, tag in enumerate(tags):
            possible = possible_tags(tag, scope, tag_numbers)
            if tag == OUTSIDE and scope.entities:
                possible = missing or possible
            if len(possible) > 1:
                targets[word] = 0
                targets[word, possible] = 1 / len(possible)
    left_out = [triple for triple in unknown if annotated is None or triple[2] in annotated]
    pairs = PairLabels.of(left_out) if left_out else None
    return replace(example, tags=learned, tag_targets=targets, annotated=annotated, unknown=pairs)


def possible_tags(tag: str, scope: Scope, tag_numbers: Mapping[str, int]) -> list[int]:
    """The numbers of the tags that a word in an annotated entity may have: several where its type is open."""
    if tag in tag_numbers:
        return [tag_numbers[tag]]
    types = scope.possible_types(type_of(tag)) or ()
    return [tag_numbers[same] for same in with_types(tag, types) if same in tag_numbers]


def loss_of_annotated(
    h: Tensor,
    lengths: Sequence[int],
    labels: PairLabels,
    annotated: Sequence[Annotated],
    weight: Tensor | None,
    loss: Callable[[Tensor, Sequence[int], PairLabels, Tensor | None, Tensor | None], Tensor],
) -> Tensor:
    """Σ over sentences of the loss of their annotated relations, ().

    h: (k, d), as many rows of each sentence as `lengths` says. weight: (l,) of each relation. loss: of some of the sentences
    and relations. Those that have the same relations annotated are computed together.
    """
    groups: dict[Annotated, list[int]] = {}
    for sentence, relations in enumerate(annotated):
        if relations is None or relations:
            groups.setdefault(relations, []).append(sentence)
    total = h.new_zeros(())
    if not groups:
        return total
    every = [rows_of(sentences, lengths, h.device) for sentences in groups.values()]
    # one index for all of them: the gradient of each would fill a tensor of the size of h
    parts = torch.split(h[torch.cat([rows.index for rows in every])], [len(rows.index) for rows in every])
    for relations, rows, features in zip(groups, every, parts, strict=True):
        own, own_weight, learned = among(labels, rows), weight, None
        if relations is not None:
            learned = torch.tensor(sorted(relations), device=h.device)
            own, own_weight = of_relations(own, learned), None if weight is None else weight[learned]
        total = total + loss(features, rows.lengths, own, own_weight, learned)
    return total


def of_relations(labels: PairLabels, relations: Tensor) -> PairLabels:
    """The labels of these relations, ascending (r,), as positions among them."""
    kept = torch.isin(labels.relation, relations)
    probability = None if labels.probability is None else labels.probability[kept]
    numbers = torch.searchsorted(relations, labels.relation[kept])
    return PairLabels(labels.head[kept], labels.tail[kept], numbers, probability)


def rows_of(sentences: Sequence[int], lengths: Sequence[int], device: torch.device) -> Rows:
    """The rows of some sentences, in ascending order."""
    ends = list(accumulate(lengths))
    parts = [torch.arange(ends[number] - lengths[number], ends[number], device=device) for number in sentences]
    return Rows(torch.cat(parts), tuple(lengths[number] for number in sentences))


def among(labels: PairLabels, rows: Rows) -> PairLabels:
    """The labels of which both words are among `rows`, as positions in these."""
    kept = torch.isin(labels.head, rows.index) & torch.isin(labels.tail, rows.index)
    probability = None if labels.probability is None else labels.probability[kept]
    head, tail = (torch.searchsorted(rows.index, words[kept]) for words in (labels.head, labels.tail))
    return PairLabels(head, tail, labels.relation[kept], probability)
