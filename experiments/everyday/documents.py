"""Facts of whole documents: a model reads each text of Re-DocRED, and its facts are compared between entities.

    python experiments/everyday/documents.py REDOCRED-PARAGRAPHS MODEL…

REDOCRED-PARAGRAPHS has test.jsonl.gz, with every fact of a document between two of its mentions, and test.clusters.jsonl.gz, with
the mentions of each entity. The labels become ours by the rules of mapping.toml; only relations that Re-DocRED annotates
(`annotated` there) count, and what a rule calls unknown is neither asked for nor wrong. The files have no evidence, so the rule
`evidence` is not applied and facts that the text does not state are asked for.

A predicted mention stands for the gold entity that has a mention with the same characters; else for the one with most of them,
at least half of the longer mention; else for one of the same name. A triple with an end that is no gold entity is wrong. A fact
is the entity of its head, its relation and the entity of its tail, without types; those of one sentence are those whose entities
have a mention in the same one, all others are across sentences.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from mapping import read_mapping, relabel, signatures
from measurement import (
    SCORE_COLUMNS,
    Span,
    answers,
    argument_parser,
    cells,
    load,
    print_table,
    record,
    span_of,
    write_result,
)
from sources import retyped

from relknit.data.readers import read_documents
from relknit.data.readers.records import read_records
from relknit.document import Document, Entity, Relation
from relknit.document.clean import clean_name
from relknit.metrics import Score, micro_score
from relknit.metrics.bootstrap import percentile_interval, resampled_f1
from relknit.text.windows import sentence_ranges

KINDS: Final = ("all", "in one sentence", "across sentences")
SAMPLES: Final = 1000
Key = int | str
"""The number of a gold entity, or the name of a predicted one that is none."""
Fact = tuple[Key, str, Key]

PUBLISHED: Final = (
    (
        "JEREX (Eberts and Ulges, 2021), BERT-base",
        40.38,
        "entity types and all mentions of both entities must be correct",
    ),
    ("REBEL (Huguet Cabot and Navigli, 2021), BART-large", 41.8, "names of entities are generated, without places"),
    ("REBEL, pretrained on Wikipedia with Wikidata's facts", 47.1, "names of entities are generated, without places"),
)
"""Micro F1 of whole facts, end to end on DocRED, as published; no one of these systems was run here."""
DIFFERENCES: Final = (
    "They were trained on 3,008 documents of DocRED and tested on 700 others, with its 96 relations and its incomplete labels, "
    "and had to find which mentions are one entity. Here the test is 140 documents of Re-DocRED, which adds facts that DocRED "
    "lacks, with the relations that are also ours; gold clusters say which entity a mention is; and training had single "
    "sentences of other documents."
)


@dataclass(frozen=True)
class GoldText:
    """A document in our labels with its entities (clusters of mentions)."""

    document: Document
    clusters: tuple[tuple[int, ...], ...]

    @cached_property
    def cluster_of(self) -> dict[int, int]:
        """The cluster of each mention, by number."""
        return {mention: number for number, members in enumerate(self.clusters) for mention in members}

    @cached_property
    def spans(self) -> dict[Span, int]:
        """The cluster of each mention, by its characters."""
        return {span_of(self.document.entities[k]): number for k, number in self.cluster_of.items()}

    @cached_property
    def names(self) -> dict[str, int]:
        """The cluster of each name."""
        return {_name(self.document.entities[k].text): number for k, number in self.cluster_of.items()}

    @cached_property
    def stated(self) -> frozenset[Fact]:
        """The facts to find."""
        return self._facts(self.document.relations)

    @cached_property
    def unknown(self) -> frozenset[Fact]:
        """Facts that are neither asked for nor wrong."""
        return self._facts(self.document.unknown) - self.stated

    @cached_property
    def sentences(self) -> dict[Key, set[int]]:
        """The sentences in which each entity has a mention."""
        found: dict[Key, set[int]] = defaultdict(set)
        for mention, number in self.cluster_of.items():
            found[number].add(self.sentence(span_of(self.document.entities[mention])))
        return found

    @cached_property
    def _sentence_starts(self) -> list[int]:
        offsets = self.document.offsets or ()
        return [(offsets[start] or (0, 0))[0] for start, _ in sentence_ranges(self.document)]

    def sentence(self, span: Span) -> int:
        """The sentence in which a mention begins."""
        return bisect_right(self._sentence_starts, span[0]) - 1

    def entity(self, entity: Entity) -> Key:
        """The gold entity that a predicted mention stands for, else its name."""
        span = span_of(entity)
        if span in self.spans:
            return self.spans[span]
        shared = {number: _common_part(span, other) for other, number in self.spans.items()}
        best = max(shared, key=lambda number: shared[number], default=-1)
        if shared.get(best, 0.0) >= 0.5:
            return best
        name = _name(entity.text)
        return self.names.get(name, name)

    def _facts(self, relations: Iterable[Relation]) -> frozenset[Fact]:
        annotated = read_mapping()["redocred"]["annotated"]
        kept = (relation for relation in relations if relation.type in annotated)
        return frozenset(in_order(self.cluster_of[r.head], r.type, self.cluster_of[r.tail]) for r in kept)


def in_order(head: Key, relation: str, tail: Key) -> Fact:
    """The fact, with one order of the ends of a symmetric relation."""
    swapped = signatures()[relation].symmetric and str(tail) < str(head)
    return (tail, relation, head) if swapped else (head, relation, tail)


def read_texts(folder: Path) -> Iterator[GoldText]:
    """The test split in our labels."""
    clusters = {line.value["id"]: line.value["clusters"] for line in read_records(folder / "test.clusters.jsonl.gz")}
    for document in read_documents(folder / "test.jsonl.gz").documents:
        ours = relabel("redocred", retyped(document, Counter()), tally=Counter())
        yield GoldText(ours, tuple(map(tuple, clusters[document.id])))


@dataclass(slots=True)
class DocumentScores:
    """Counts (correct, predicted, gold) of each document, of all facts and those in and across sentences, and of mentions."""

    facts: dict[str, list[tuple[int, int, int]]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    mentions: list[tuple[int, int, int]] = field(default_factory=list)
    relations: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    with_unknown_end: int = 0

    def add(self, gold: GoldText, answer: Document) -> None:
        """Count one document."""
        predicted, sentences = predicted_facts(gold, answer)
        found, wanted = predicted & gold.stated, gold.stated
        self.with_unknown_end += sum(isinstance(end, str) for fact in predicted for end in fact[::2])

        def shared(fact: Fact) -> bool:
            return bool(sentences[fact[0]] & sentences[fact[2]])

        for kind, its in zip(KINDS, (None, True, False), strict=True):
            sets = (
                [fact for fact in facts if its is None or shared(fact) is its] for facts in (found, predicted, wanted)
            )
            correct, tried, asked = map(len, sets)
            self.facts[kind].append((correct, tried, asked))
        for column, facts in enumerate((found, predicted, wanted)):
            for _, relation, _ in facts:
                self.relations[relation][column] += 1
        tagged = {span_of(entity) for entity in answer.entities if entity.tagged}
        self.mentions.append((len(tagged & gold.spans.keys()), len(tagged), len(gold.spans)))

    def score(self, kind: str) -> Score:
        """The score of all facts of a kind."""
        return micro_score(np.array(self.facts[kind]))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        samples = resampled_f1([np.array(self.facts["all"])], samples=SAMPLES, seed=0)[0]
        interval = percentile_interval(samples)
        return {
            "documents": len(self.mentions),
            "facts": {kind: record(self.score(kind)) for kind in KINDS},
            "f1_interval": [round(interval.low, 4), round(interval.high, 4)],
            "ends_that_are_no_gold_entity": self.with_unknown_end,
            "mentions": record(micro_score(np.array(self.mentions))),
            "by_relation": {name: record(Score.of(*counts)) for name, counts in sorted(self.relations.items())},
            "published": [{"system": name, "f1": f1, "setup": setup} for name, f1, setup in PUBLISHED],
            "difference_in_setup": DIFFERENCES,
        }


def predicted_facts(gold: GoldText, answer: Document) -> tuple[frozenset[Fact], dict[Key, set[int]]]:
    """The predicted facts that Re-DocRED decides on, and the sentences of all entities."""
    annotated = read_mapping()["redocred"]["annotated"]
    sentences = defaultdict(set, {key: set(its) for key, its in gold.sentences.items()})
    facts = set()
    for relation in answer.relations:
        if relation.type not in annotated:
            continue
        ends = answer.entities[relation.head], answer.entities[relation.tail]
        head, tail = map(gold.entity, ends)
        for key, entity in zip((head, tail), ends, strict=True):
            if isinstance(key, str):
                sentences[key].add(gold.sentence(span_of(entity)))
        facts.add(in_order(head, relation.type, tail))
    return frozenset(facts) - gold.unknown, sentences


def measure(model: str, texts: Sequence[GoldText]) -> DocumentScores:
    """The scores of a model on documents."""
    raw = [(text.document.id, text.document.text or "") for text in texts]
    scores = DocumentScores()
    for gold, answer in zip(texts, answers(load(model), raw, what="Re-DocRED"), strict=True):
        scores.add(gold, answer)
    return scores


def _common_part(one: Span, other: Span) -> float:
    """How many characters two spans share, in parts of the longer one."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return shared / max(one[1] - one[0], other[1] - other[0])


def _name(text: str) -> str:
    return clean_name(text).casefold().removeprefix("the ")


def main() -> None:
    """Measure every model."""
    options = argument_parser(__doc__, paragraphs="the folder redocred-paragraphs").parse_args()
    texts = list(read_texts(options.paragraphs))
    for model in options.models:
        scores = measure(model, texts)
        result = scores.to_dict()
        print(f"{model}: {len(texts)} documents of Re-DocRED\n")
        rows = [[kind, *cells(scores.score(kind))] for kind in KINDS]
        print_table(("facts", *SCORE_COLUMNS), [*rows, ["mentions", *cells(micro_score(np.array(scores.mentions)))]])
        print_table(
            ("published, not run here", "F1", "setup"), ([name, str(f1), setup] for name, f1, setup in PUBLISHED)
        )
        write_result(options.out, model, "documents", result)


if __name__ == "__main__":
    main()
