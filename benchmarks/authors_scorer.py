"""The authors' scorer and ours on the same predictions: how many triples are correct, predicted, and are gold.

Predictions are tags and anchors, which is what their scorer takes: a grid of tag scores and a grid of pair scores. Gold
grids come from their own loader.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from authors_data import TAGS, options, write_records
from authors_patch import AuthorsCode
from relknit.document import AnchorRule, AnchorTriple, Document, Entity, Prediction, Relation
from relknit.metrics import ScoreName, compare_sentences, micro_score, tabulate
from relknit.tags import flat_entities, spans_to_tags, tags_to_spans

Counts = dict[str, int]
RULE: AnchorRule = "last"
SCORES: tuple[ScoreName, ...] = ("partial", "exact")
RELATIONS = ("made_by", "part_of", "near")


@dataclass(frozen=True)
class Scored:
    """A gold sentence with what some system says of it: a tag per token, which need not spell whole entities, and pairs."""

    gold: Document
    tags: tuple[str, ...]
    anchors: tuple[AnchorTriple, ...]

    @property
    def prediction(self) -> Prediction:
        """The same for our scorer: the entities that the tags spell out."""
        return Prediction(tags_to_spans(self.tags), (), self.anchors)


def predicted(gold: Document, prediction: Prediction) -> Scored:
    """A model's prediction, its entities as tags again."""
    tagged = [Entity(entity.token_start, entity.token_end) for entity in prediction.entities if entity.tagged]
    return Scored(gold, spans_to_tags(tagged, len(gold)), prediction.anchors or ())


def damaged(gold: Document, source: random.Random, relations: Sequence[str]) -> Scored:
    """Gold with faults: tags replaced one by one, triples left out, moved or renamed, spurious ones, and self-pairs."""
    tokens = range(len(gold))
    entities = [Entity(entity.token_start, entity.token_end) for entity in gold.entities]
    tags = [source.choice(tuple(TAGS)) if source.random() < 0.08 else tag for tag in spans_to_tags(entities, len(gold))]
    triples = []
    for r in gold.relations:
        head, tail, label = entities[r.head].anchor(RULE), entities[r.tail].anchor(RULE), r.type
        fault = source.random()
        if fault < 0.15:
            continue
        if fault < 0.25:
            head = source.choice(tokens)
        elif fault < 0.35:
            label = source.choice(relations)
        elif fault < 0.4:
            head, tail = tail, head
        triples.append((head, label, tail))
    if source.random() < 0.3:
        triples.append((source.choice(tokens), source.choice(relations), source.choice(tokens)))
    if source.random() < 0.2:
        itself = source.choice(tokens)
        triples.append((itself, source.choice(relations), itself))
    return Scored(gold, tuple(tags), tuple(AnchorTriple(*triple) for triple in dict.fromkeys(triples)))


def made_up(count: int, source: random.Random) -> list[Document]:
    """Sentences of few different words, so that words repeat, with triples between all ends, also of one with itself."""
    documents = []
    for number in range(count):
        entities = []
        start = source.randrange(3)
        while start < 20:
            end = start + source.randint(1, 4)
            entities.append(Entity(start, end))
            start = end + source.randrange(4)
        tokens = tuple(source.choice("abcdef") for _ in range(entities[-1].token_end + source.randrange(3)))
        ends = range(len(entities))
        triples = {(source.choice(ends), source.choice(ends), source.choice(RELATIONS)) for _ in ends}
        relations = tuple(Relation(*triple) for triple in sorted(triples))
        documents.append(Document(f"made-up-{number}", tokens, tuple(entities), relations))
    return documents


def ours(scored: Sequence[Scored]) -> dict[str, Counts]:
    """Counts of relknit.metrics under each of SCORES."""
    comparisons = compare_sentences([s.gold for s in scored], [s.prediction for s in scored], rule=RULE)
    totals = {name: micro_score(tabulate(comparisons, name)) for name in SCORES}
    return {name: {"correct": s.correct, "predicted": s.predicted, "gold": s.gold} for name, s in totals.items()}


def theirs(code: AuthorsCode, scored: Sequence[Scored], *, batch_size: int = 10) -> dict[str, Counts]:
    """Counts of their scorer, batch by batch as their evaluation adds them up."""
    predictions = {anchor.type for s in scored for anchor in s.anchors}
    relations = sorted(predictions | {r.type for s in scored for r in s.gold.relations})
    wanted = options(words={}, num_words=2, pos={}, relations=relations)
    totals: dict[str, Counts] = {name: {"correct": 0, "predicted": 0, "gold": 0} for name in SCORES}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gold.json"
        write_records(path, [s.gold for s in scored], RULE)
        batches = code.loader.DataLoader(str(path), batch_size, wanted, wanted.dicts, evaluation=True)
    for number in range(len(batches)):
        part = scored[number * batch_size : (number + 1) * batch_size]
        (order,), _ = code.loader.sort_all([range(len(part))], [len(s.tags) for s in part])
        *_, gold_pairs, gold_tags = batches[number]
        pairs, tags = _grids([part[k] for k in order], gold_pairs, wanted.dicts["label"])
        for name, counts in totals.items():
            gold, found, correct = code.scorer.sta(gold_pairs, gold_tags, pairs, tags, name == "exact")
            for key, value in zip(("correct", "predicted", "gold"), (correct, found, gold), strict=True):
                counts[key] += round(value)
    return totals


def _grids(part: Sequence[Scored], like: Tensor, labels: dict[str, int]) -> tuple[Tensor, Tensor]:
    """Pair scores (B, n, n, l), 1 where predicted, and tag scores (B, n, 5), padded as `like` is."""
    pairs = torch.zeros_like(like)
    tags = torch.zeros(*like.shape[:2], len(TAGS))
    for k, s in enumerate(part):
        for anchor in s.anchors:
            pairs[k, anchor.head, anchor.tail, labels[anchor.type]] = 1.0
        tags[k, range(len(s.tags)), [TAGS[tag] for tag in s.tags]] = 1.0
    return pairs, tags


def compare(code: AuthorsCode, scored: Sequence[Scored]) -> dict[str, Any]:
    """Under each of SCORES our counts, theirs under "authors", and whether they are "equal"; and what the cases were."""
    own, other = ours(scored), theirs(code, scored)
    result: dict[str, Any] = {
        name: {**own[name], "authors": other[name], "equal": own[name] == other[name]} for name in SCORES
    }
    return {**result, "cases": cases(scored)}


def cases(scored: Sequence[Scored]) -> Counts:
    """How often what could make scorers disagree occurs: a count of 0 means that a comparison says nothing about it.

    Nested gold entities do: flat tags, by which their scorer judges, hold only one of two, and ours counts both.
    """
    gold = [s.gold for s in scored]
    ends = [(d.entities[r.head].anchor(RULE), d.entities[r.tail].anchor(RULE)) for d in gold for r in d.relations]
    untagged = [replace(d, entities=tuple(Entity(e.token_start, e.token_end) for e in d.entities)) for d in gold]
    wrong = [s.tags != spans_to_tags(d.entities, len(d)) for s, d in zip(scored, untagged, strict=True)]
    return {
        "sentences": len(gold),
        "sentences_with_a_repeated_word": sum(len(set(d.tokens)) < len(d) for d in gold),
        "sentences_with_a_wrong_tag": sum(wrong),
        "sentences_with_nested_entities": sum(len(flat_entities(d.entities)) < len(d.entities) for d in gold),
        "gold_self_triples": sum(head == tail for head, tail in ends),
        "predicted_self_triples": sum(anchor.head == anchor.tail for s in scored for anchor in s.anchors),
    }
