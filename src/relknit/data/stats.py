"""Counts of a dataset, as papers report them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from relknit.document import Document
from relknit.overlap import overlap_classes

_MANY = 5


@dataclass(frozen=True, slots=True)
class DatasetStats:
    """Counts over the documents of one file; lengths are in tokens, mappings go from the most frequent down.

    `triples` and the counts derived from it count a repeated triple of a sentence once. `overlap` counts the
    sentences that are Normal, EPO, SEO and None (without a triple); one can be both EPO and SEO. `self_pairs` are
    triples whose head and tail are one span. `triples_per_sentence` has the keys "0" to "4" and ">=5".
    """

    sentences: int
    tokens: int
    tokens_mean: float
    tokens_max: int
    triples: int
    relation_types: Mapping[str, int]
    self_pairs: int
    triples_per_sentence: Mapping[str, int]
    sentences_without_triple: int
    overlap: Mapping[str, int]
    entities: int
    entity_types: Mapping[str, int]
    entity_tokens_mean: float
    entity_tokens_max: int
    sentences_with_nested_entities: int


def dataset_stats(documents: Iterable[Document]) -> DatasetStats:
    """Count everything in one pass; means and maxima of nothing are 0; an entity without a type counts for no type."""
    relation_types: Counter[str] = Counter()
    entity_types: Counter[str] = Counter()
    overlap: Counter[str] = Counter()
    per_sentence: Counter[str] = Counter()
    lengths: list[int] = []
    entity_lengths: list[int] = []
    self_pairs = nested = 0
    for document in documents:
        spans = [(entity.token_start, entity.token_end) for entity in document.entities]
        # by span, not by anchor token: nested entities with the same anchor are different entities
        triples = {(spans[r.head], r.type, spans[r.tail]) for r in document.relations}
        lengths.append(len(document))
        entity_lengths += [end - start for start, end in spans]
        relation_types.update(relation for _, relation, _ in triples)
        entity_types.update(entity.type for entity in document.entities if entity.type is not None)
        overlap.update(overlap_classes(triples))
        per_sentence[str(len(triples)) if len(triples) < _MANY else f">={_MANY}"] += 1
        self_pairs += sum(head == tail for head, _, tail in triples)
        nested += any(right[0] < left[1] for left, right in pairwise(sorted(set(spans))))
    return DatasetStats(
        sentences=len(lengths),
        tokens=sum(lengths),
        tokens_mean=_mean(lengths),
        tokens_max=max(lengths, default=0),
        triples=relation_types.total(),
        relation_types=dict(relation_types.most_common()),
        self_pairs=self_pairs,
        triples_per_sentence={key: per_sentence[key] for key in (*map(str, range(_MANY)), f">={_MANY}")},
        sentences_without_triple=per_sentence["0"],
        overlap={kind: overlap[kind] for kind in ("Normal", "EPO", "SEO", "None")},
        entities=len(entity_lengths),
        entity_types=dict(entity_types.most_common()),
        entity_tokens_mean=_mean(entity_lengths),
        entity_tokens_max=max(entity_lengths, default=0),
        sentences_with_nested_entities=nested,
    )


def _mean(values: Sequence[int]) -> float:
    return sum(values) / len(values) if values else 0.0
