"""Any system on the test split of the everyday corpus, from raw text: a model is run, predictions of others are read.

    report = benchmark_everyday("everyday")
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

from relknit.benchmark.everyday_report import EverydayReport, MappedLabels
from relknit.benchmark.label_mapping import mapping_for
from relknit.benchmark.matching import match_texts
from relknit.benchmark.scored_text import ScoredText, untyped
from relknit.benchmark.speed import Speed, product_cpu_seconds
from relknit.checkpoint import SavedModel, load_model
from relknit.data.convert.marked_text import sentence_ranges
from relknit.data.everyday import EverydayText, load_everyday_test
from relknit.document import AnchorRule, Document
from relknit.extractor import Extractor
from relknit.metrics import EvaluationReport, assertion_score, evaluate_predictions, is_typed, predicted_relation
from relknit.metrics.assertion import FoundFacts
from relknit.metrics.breakdown import Negatives
from relknit.runtime import Runtime
from relknit.sources import find_model


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

    texts: by default the whole test split.
    relations: all that the system can predict, to find out whose labels they are; by default those in its predictions.
    rule: the character that represents an entity in the partial and exact scores.
    Raises DataError for predictions of other texts, and for tokens that are not those of the text.
    """
    texts = load_everyday_test() if texts is None else texts
    placed = match_texts([text.document for text in texts], predictions, rule=rule)
    used = {relation.type for document in placed for relation in document.relations}
    mapping = mapping_for(used if relations is None else relations)
    listed = [ScoredText.of(text, found, mapping, rule) for text, found in zip(texts, placed, strict=True)]
    named, between_names = [one.named for one in listed], [one.answer_between_names for one in listed]
    answers, all_facts = [one.answer for one in listed], [one.all_facts for one in listed]
    typed = is_typed(answers)
    return EverydayReport(
        facts=_evaluated(named, between_names, rule, bootstrap_samples=1000),
        untyped=_evaluated(map(untyped, named), between_names, rule, bootstrap_samples=0 if typed else 1000),
        typed=typed,
        genres=tuple(text.genre for text in texts),
        all_facts=_evaluated(all_facts if typed else map(untyped, all_facts), answers, rule).scores["strict"],
        at_references=sum(len(one.at_references) for one in listed),
        found_at_references=sum(one.found_at_references for one in listed),
        negatives=_negatives(one for one in listed if one.is_negative),
        naming_negatives=_negatives(one for one in listed if one.is_negative and one.text.not_asserted),
        not_asserted=_not_asserted(listed),
        labels=MappedLabels(mapping.inventory, mapping.renamed(used), mapping.unscored(placed)),
    )


def _evaluated(
    gold: Iterable[Document], predicted: Iterable[Document], rule: AnchorRule, *, bootstrap_samples: int = 0
) -> EvaluationReport:
    predictions = [document.prediction for document in predicted]
    return evaluate_predictions(list(gold), predictions, rule=rule, bootstrap_samples=bootstrap_samples)


def _negatives(texts: Iterable[ScoredText]) -> Negatives:
    predicted = [bool(one.answer.relations) for one in texts]
    return Negatives(len(predicted), sum(predicted))


def _not_asserted(texts: Iterable[ScoredText]) -> dict[str, FoundFacts]:
    """How many facts that are not asserted were predicted, in "total" and by kind, the most frequent kind first."""
    score = assertion_score(
        (kind, False, predicted_relation(triple, one.answer)) for one in texts for kind, triple in one.not_asserted
    )
    kinds = {kind: rates.not_asserted for kind, rates in score.by_family.items()}
    return {"total": score.total.not_asserted} | dict(sorted(kinds.items(), key=lambda entry: -entry[1].texts))
