"""Any system on the test split of the everyday corpus, from raw text: a model is run, predictions of others are read.

    report = benchmark_everyday("webnlg")
    report = score_everyday(relknit.data.readers.read_documents("predictions.jsonl").documents)
    report.facts.scores["strict"].f1

Everything is compared by characters. The headline has the facts that a text states between names. A fact stated at a pronoun or
a description counts in `all_facts`, with the name: a system that finds it is not charged for it in the headline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from relknit.benchmark.everyday_report import EverydayReport, MappedLabels
from relknit.benchmark.label_mapping import LabelMapping, mapping_for
from relknit.benchmark.matching import match_texts
from relknit.benchmark.references import REFERS_TO, between_names, resolved
from relknit.benchmark.speed import Speed, product_cpu_seconds
from relknit.checkpoint import SavedModel, load_model
from relknit.data.convert.marked_text import sentence_ranges
from relknit.data.everyday import EverydayText, load_everyday_test
from relknit.document import AnchorRule, Document, Relation
from relknit.evaluation import in_characters
from relknit.extractor import Extractor
from relknit.metrics import EvaluationReport, assertion_score, evaluate_predictions, is_typed, predicted_relation
from relknit.metrics.assertion import FoundFacts
from relknit.metrics.breakdown import Negatives
from relknit.runtime import Runtime
from relknit.sources import find_model

Place: TypeAlias = tuple[int, int, str, int, int]
"""A fact by the characters of head and tail and its relation."""


def benchmark_everyday(
    model: SavedModel | str | Path,
    *,
    texts: Sequence[EverydayText] | None = None,
    min_precision: float | None = None,
    runtime: Runtime = Runtime(),
    progress: Callable[[int], None] | None = None,
) -> EverydayReport:
    """Extract from the raw texts with a model and score what it finds, with its speed.

    model: a folder, a name (see `relknit.load`) or a loaded model. texts: by default the whole test split.
    min_precision, runtime: as for `relknit.load`, also for its ConfigError. progress: called with the number of texts done.
    """
    saved = model if isinstance(model, SavedModel) else load_model(find_model(model))
    extractor = Extractor(saved, runtime=runtime, min_precision=min_precision)
    texts = load_everyday_test() if texts is None else texts
    raw = [(text.document.id, text.document.text or "") for text in texts]
    before = product_cpu_seconds()
    start = time.process_time()
    found = list(extractor.batch(raw, progress=progress))
    cpu_seconds = time.process_time() - start
    products = 2 / (before + product_cpu_seconds())
    speed = Speed(sum(len(sentence_ranges(text)) for _, text in raw), cpu_seconds, products)
    report = score_everyday(found, texts=texts, relations=saved.model.labels.relations, rule=saved.model.anchor_rule)
    return replace(report, speed=speed)


def score_everyday(
    predictions: Sequence[Document],
    *,
    texts: Sequence[EverydayText] | None = None,
    relations: Iterable[str] | None = None,
    rule: AnchorRule = "last",
) -> EverydayReport:
    """Score the predictions of any system for the raw texts, one for each, matched by id.

    texts: by default the whole test split. relations: all that the system can predict, to find out whose labels they are; by default those in its predictions.
    rule: the character that represents an entity in the partial and exact scores.
    Raises DataError for predictions of other texts, and for tokens that are not those of the text.
    """
    texts = load_everyday_test() if texts is None else texts
    placed = match_texts([text.document for text in texts], predictions, rule=rule)
    used = {relation.type for document in placed for relation in document.relations}
    mapping = mapping_for(used if relations is None else relations)
    predicted = [mapping(document) for document in placed]
    gold = [mapping(in_characters(text.document, rule=rule)) for text in texts]
    answers, complete = [resolved(document) for document in predicted], [resolved(document) for document in gold]
    named = [between_names(document) for document in gold]
    at_references = [_places(a) - _places(n) for a, n in zip(complete, named, strict=True)]
    direct = [_without(between_names(p), its) for p, its in zip(predicted, at_references, strict=True)]
    typed = is_typed(predicted)
    empty = [not document.relations for document in complete]
    return EverydayReport(
        facts=_evaluated(named, direct, rule),
        untyped=_evaluated(map(_untyped, named), direct, rule),
        typed=typed,
        genres=tuple(text.genre for text in texts),
        all_facts=_evaluated(complete if typed else map(_untyped, complete), answers, rule).scores["strict"],
        at_references=sum(map(len, at_references)),
        found_at_references=sum(len(_places(a) & its) for a, its in zip(answers, at_references, strict=True)),
        negatives=_negatives(answers, empty),
        naming_negatives=_negatives(
            answers, [its and bool(text.not_asserted) for its, text in zip(empty, texts, strict=True)]
        ),
        not_asserted=_not_asserted(texts, gold, answers, mapping),
        labels=MappedLabels(mapping.inventory, mapping.renamed(used), mapping.unscored(placed)),
    )


def _evaluated(gold: Iterable[Document], predicted: Iterable[Document], rule: AnchorRule) -> EvaluationReport:
    return evaluate_predictions(list(gold), [document.prediction for document in predicted], rule=rule)


def _untyped(document: Document) -> Document:
    return replace(document, entities=tuple(replace(entity, type=None) for entity in document.entities))


def _place(document: Document, relation: Relation) -> Place:
    head, tail = document.entities[relation.head], document.entities[relation.tail]
    return head.token_start, head.token_end, relation.type, tail.token_start, tail.token_end


def _places(document: Document) -> frozenset[Place]:
    """The facts of a document without types of entities."""
    return frozenset(_place(document, relation) for relation in document.relations)


def _without(document: Document, places: frozenset[Place]) -> Document:
    kept = (relation for relation in document.relations if _place(document, relation) not in places)
    return replace(document, relations=tuple(kept))


def _negatives(answers: Sequence[Document], counted: Sequence[bool]) -> Negatives:
    """Of the texts that are counted, those with a predicted triple."""
    predicted = [bool(answer.relations) for answer, its in zip(answers, counted, strict=True) if its]
    return Negatives(len(predicted), sum(predicted))


def _not_asserted(
    texts: Sequence[EverydayText], gold: Sequence[Document], answers: Sequence[Document], mapping: LabelMapping
) -> dict[str, FoundFacts]:
    """How many facts that are not asserted were predicted, by kind and in "total"."""
    found = [
        (one.kind, False, predicted_relation(triple, answer.prediction))
        for text, document, answer in zip(texts, gold, answers, strict=True)
        for one in text.not_asserted
        for triple in _named(document, one.fact, mapping).triples
    ]
    score = assertion_score(found)
    kinds = {kind: rates.not_asserted for kind, rates in score.by_family.items()}
    return {"total": score.total.not_asserted} | dict(sorted(kinds.items(), key=lambda entry: -entry[1].texts))


def _named(document: Document, fact: Relation, mapping: LabelMapping) -> Document:
    """The document with this fact alone, between names."""
    links = tuple(relation for relation in document.relations if relation.type == REFERS_TO)
    return resolved(mapping(replace(document, relations=(fact, *links))))
