"""What a word-pair model learns in fine-tuning from the probabilities of the model it starts from (its teacher)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

import torch
from torch import Tensor, nn

from relknit.document import Document
from relknit.models.rin.batch import Example, one_hot
from relknit.models.teacher import Teacher
from relknit.ops.pair_scores import PairLabels, SelectedPairs
from relknit.tags import OUTSIDE, tag_names

if TYPE_CHECKING:
    from relknit.models.rin.word_pairs import WordPairModel

LEAST_PROBABILITY: Final = 1e-3
"""Pairs to which the teacher gives less are learned as 0, so that the targets of a sentence are few."""


def taught(example: Example, document: Document, teacher: Teacher, student: WordPairModel) -> Example:
    """The example with the teacher's probabilities as targets: of pairs in unannotated relations, and of tags."""
    model = cast("WordPairModel", teacher.model)
    probabilities, pairs = model.probabilities(document, LEAST_PROBABILITY)
    numbers = {
        number: student.labels.relations.index(name)
        for number, name in enumerate(model.labels.relations)
        if name in teacher.unannotated.relations
    }
    assert example.labels is not None
    targets = pair_targets(pairs, numbers) | dict.fromkeys(example.labels.triples(), 1.0)
    return replace(
        example,
        labels=PairLabels.soft(targets),
        tag_targets=tag_targets(example, probabilities.float().cpu(), teacher, student),
    )


def pair_targets(pairs: SelectedPairs, numbers: Mapping[int, int]) -> dict[tuple[int, int, int], float]:
    """The probability of each (head, tail, relation) of the relations in `numbers`, which renumbers them."""
    columns = (pairs.head, pairs.tail, pairs.relation, pairs.probability)
    found = zip(*(column.tolist() for column in columns), strict=True)
    return {(head, tail, numbers[relation]): p for head, tail, relation, p in found if relation in numbers}


def tag_targets(example: Example, probabilities: Tensor, teacher: Teacher, student: WordPairModel) -> Tensor | None:
    """(n, tags): of a word outside of annotated entities the teacher's probabilities of "O" and of unannotated types.

    Other words have the tag that is annotated. None where all types are annotated.
    """
    model = cast("WordPairModel", teacher.model)
    unannotated = set(tag_names(teacher.unannotated.entity_types))
    possible = torch.tensor([tag in unannotated for tag in model.tags])
    if possible.sum() == 1:
        return None
    assert example.tags is not None
    targets = one_hot(example.tags, len(student.tags))
    outside = example.tags == student.tags.index(OUTSIDE)
    kept = probabilities * possible
    targets[outside, : len(model.tags)] = (kept / kept.sum(1, keepdim=True))[outside]
    return targets


def soft_tag_loss(logits: Tensor, targets: Tensor, weight: float) -> Tensor:
    """Σ_words -(1 - weight) log Σ_{possible} p - weight Σ_tags q log p, ().

    logits: (T, tags), whose softmax is p. targets: (T, tags), the q, of which those above 0 are possible tags; a word
    without any takes no part. With weight 1 this is the cross-entropy with q, with 0 that of "one of the possible tags".
    """
    known = targets.sum(1) > 0
    log_p, q = nn.functional.log_softmax(logits[known], dim=-1), targets[known].to(logits.dtype)
    any_possible = log_p.masked_fill(q == 0, -torch.inf).logsumexp(dim=-1)
    return -((1 - weight) * any_possible.sum() + weight * (q * log_p).sum())
