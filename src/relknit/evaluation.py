"""Scores of a model on data (on given tokens, from raw text, with every entity renamed), or of any system's predictions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias, get_args

from relknit.checkpoint import SavedModel, load_model
from relknit.data.given_entities import EntitySource, are_given, with_entities
from relknit.data.not_asserted import MentionedFact, load_not_asserted
from relknit.data.readers import read_documents
from relknit.data.rename import Renamer
from relknit.document import AnchorRule, AnchorTriple, Document, Entity, Prediction
from relknit.document.coreference import resolved_gold
from relknit.errors import ConfigError, DataError, short
from relknit.metrics import (
    AssertionScore,
    EvaluationReport,
    assertion_score,
    compare_sentences,
    evaluate_predictions,
    match_predictions,
    micro_score,
    negatives,
    predicted_relation,
    tabulate,
)
from relknit.metrics.unknown_labels import unknown_labels
from relknit.metrics.word_gold import scores_of
from relknit.models.base import JointModel
from relknit.predict import predict
from relknit.runtime import Runtime
from relknit.sources import find_model
from relknit.text.names import sentence_hash
from relknit.text.read import read_text
from relknit.text.tokenise import TokenRule

Quick: TypeAlias = dict[str, float]
Data: TypeAlias = str | Path | Sequence[Document]
"""Documents, or the file that holds them (JSONL, plain or .gz)."""

RENAMING_SEED: Final = 2020  # one renaming for everybody, so that figures can be compared


def quick_scores(
    model: JointModel,
    documents: Sequence[Document],
    *,
    max_tokens: int,
    runtime: Runtime = Runtime(),
    unannotated: Collection[str] = (),
) -> Quick:
    """F1 under every score, 0 to 1, without breakdowns: what training looks at. Leaves the model in its mode.

    unannotated: relations that the documents do not annotate; predicted triples of these are left aside.
    """
    with model.evaluating():
        predictions = predict(model, documents, max_tokens=max_tokens, runtime=runtime)
    left = without_relations(predictions, unannotated)
    return score_quickly(documents, left, rule=model.anchor_rule, spans=model.spans)


def without_relations(predictions: Sequence[Prediction], relations: Collection[str]) -> list[Prediction]:
    """The predictions less the triples, also of anchors, of these relations."""
    return [
        replace(
            one,
            relations=tuple(relation for relation in one.relations if relation.type not in relations),
            anchors=one.anchors and tuple(anchor for anchor in one.anchors if anchor.type not in relations),
        )
        for one in predictions
    ]


def score_quickly(
    documents: Sequence[Document], predictions: Sequence[Prediction], *, rule: AnchorRule, spans: bool = True
) -> Quick:
    """F1 of predictions at hand, 0 to 1, under every score, or (`spans` false) under those of words alone."""
    comparisons = compare_sentences(documents, predictions, rule=rule)
    return {name: round(micro_score(tabulate(comparisons, name)).f1, 6) for name in scores_of(spans=spans)}


def main_f1(scores: Quick) -> float:
    """Strict F1, or partial F1 for a model that has no strict one."""
    return scores.get("strict", scores["partial"])


def false_positive_rate(
    model: JointModel, documents: Sequence[Document], *, max_tokens: int, runtime: Runtime = Runtime()
) -> float:
    """The fraction of negative sentences in which a triple is predicted. Leaves the model in its mode."""
    with model.evaluating():
        predictions = predict(model, documents, max_tokens=max_tokens, runtime=runtime)
    return round(negatives(compare_sentences(documents, predictions, rule=model.anchor_rule)).false_positive_rate, 6)


def evaluate(
    model: SavedModel | str | Path,
    data: Data,
    *,
    from_text: bool = False,
    renamed: bool = False,
    entities: EntitySource = "predicted",
    min_precision: float | None = None,
    coreference: bool = False,
    runtime: Runtime = Runtime(),
    progress: Callable[[int], None] | None = None,
) -> EvaluationReport:
    """Predict documents and score the predictions in full.

        report = relknit.evaluate("runs/mine", "data/test.jsonl")
        report.scores["strict"].f1, report.to_dict()

    model: a folder, a name (see `relknit.load`) or a loaded model. data: documents with gold triples, or their file.
    from_text: read each document's raw text with relknit's own tokeniser instead of its tokens, and compare spans of
        characters. Raises DataError where a document has no text or an entity is not in it.
    renamed: rename all entities first, see `all_renamed`.
    entities: "given" takes the entities of gold, and only relations are predicted: see `Extractor.relations_between`.
    min_precision: score only the triples that this leaves (see `relknit.predict.Predictor`, also for its ConfigError).
    coreference: score triples between names: pronouns and descriptions are replaced by what they refer to, in gold and, if the
        model can, in its predictions (see `relknit.document.coreference`).
    progress: called with the number of pieces done, from worker threads.
    """
    saved = model if isinstance(model, SavedModel) else load_model(find_model(model))
    documents = all_renamed(_documents(data)) if renamed else _documents(data)
    rule = saved.model.anchor_rule
    given = are_given(entities)
    named = [resolved_gold(document, given=given) for document in documents] if coreference else documents
    gold = [in_characters(document, rule=rule) for document in named] if from_text else named
    token_rule = saved.trained_on.token_rule
    read = [_from_text(document, rule=token_rule, given=given) for document in documents] if from_text else documents
    predictions = predict(
        saved.model,
        read,
        max_tokens=saved.trained_on.max_tokens,
        runtime=runtime,
        min_precision=min_precision,
        coreference=coreference,
        given_entities=given,
        progress=progress,
    )
    if from_text:
        found = (d.with_prediction(p) for d, p in zip(read, predictions, strict=True))
        predictions = [in_characters(document, rule=rule).prediction for document in found]
    names = None if from_text else saved.trained_on.names
    report = evaluate_predictions(gold, predictions, rule=rule, known_names=names, spans=saved.model.spans)
    labels = saved.model.labels
    return replace(report, unknown_labels=unknown_labels(named, labels.relations, labels.entity_types))


def evaluate_not_asserted(
    model: SavedModel | str | Path,
    facts: Sequence[MentionedFact] | None = None,
    *,
    min_precision: float | None = None,
    coreference: bool = False,
    runtime: Runtime = Runtime(),
    progress: Callable[[int], None] | None = None,
) -> AssertionScore:
    """How often a model predicts a fact that a text mentions and does not assert (denied, asked, wished, ...).

        relknit.evaluation.evaluate_not_asserted("webnlg").total.not_asserted.fraction

    model, min_precision, coreference, runtime, progress: as for `evaluate`. facts: texts to read instead of the shipped test;
        those with a relation that the model does not have are left out. Raises ConfigError where none is left.
    """
    saved = model if isinstance(model, SavedModel) else load_model(find_model(model))
    asked = facts_to_ask(saved, facts)
    token_rule = saved.trained_on.token_rule
    read = [_from_text(fact.document, rule=token_rule, given=False) for fact in asked]
    predictions = predict(
        saved.model,
        read,
        max_tokens=saved.trained_on.max_tokens,
        runtime=runtime,
        anchors=False,
        min_precision=min_precision,
        coreference=coreference,
        progress=progress,
    )
    return assertion_score(
        (fact.family, fact.asserted, predicted_relation(fact.triple, document.with_prediction(prediction)))
        for fact, document, prediction in zip(asked, read, predictions, strict=True)
    )


def facts_to_ask(saved: SavedModel, facts: Sequence[MentionedFact] | None = None) -> list[MentionedFact]:
    """The facts (by default of the shipped test) with a relation that the model has; raises ConfigError without any."""
    facts = load_not_asserted() if facts is None else facts
    known = [fact for fact in facts if fact.triple.relation in saved.model.labels.relations]
    if not known:
        relations = ", ".join(sorted({fact.triple.relation for fact in facts}))
        message = f"the model has no relation of the test of facts that are not asserted ({relations})"
        raise ConfigError(f"{message}; leave the test out, or give facts of the model's own relations")
    return known


def score(gold: Data, predictions: Data, *, rule: AnchorRule = "last") -> EvaluationReport:
    """Score the predictions of any system, matched to gold by id, else by position.

        relknit.score("data/test.jsonl", "predictions.jsonl").scores["strict"].f1

    rule: the word that represents an entity in the partial and exact scores. Raises DataError for a file that cannot be read, and
    for predictions that are not those of the same sentences.
    """
    if rule not in get_args(AnchorRule):
        raise ConfigError(f"rule is {short(rule)}, expected one of {', '.join(get_args(AnchorRule))}")
    documents = _documents(gold)
    return evaluate_predictions(documents, match_predictions(documents, _documents(predictions)), rule=rule)


def _from_text(document: Document, *, rule: TokenRule, given: bool) -> Document:
    """The raw text of a document in tokens by the rule, with the document's entities if they are given."""
    if given:
        spans = map(document.span, document.entities)
        return with_entities(document.text or "", spans, identity=document.id, rule=rule)
    return read_text(document.text or "", identity=document.id, rule=rule)


def _documents(data: Data) -> Sequence[Document]:
    return read_documents(data).documents if isinstance(data, str | Path) else data


def all_renamed(documents: Sequence[Document]) -> list[Document]:
    """The documents with all entities renamed to names of our own that no training has seen: one fixed renaming."""
    renamer = Renamer(RENAMING_SEED, names="evaluation")
    return [renamer.rename(document) for document in documents]


def seen_in_training(saved: SavedModel, documents: Sequence[Document]) -> int:
    """How many of the documents are, word for word, among the sentences that the model was trained on."""
    return sum(sentence_hash(document.tokens) in saved.trained_on.sentences for document in documents)


def in_characters(document: Document, *, rule: AnchorRule = "last") -> Document:
    """The same document with every character a token, so that spans of two tokenisations can be compared.

    An anchor becomes the last character of its token, or the first under the rule "first". Raises DataError where there
    is no text, or an entity or anchor is not placed in it.
    """
    if document.text is None or document.offsets is None:
        raise DataError(f"document {document.id!r} has no text with offsets; leave out --from-text")
    offsets = document.offsets

    def place(token: int) -> tuple[int, int]:
        offset = offsets[token]
        if offset is None:
            raise DataError(
                f"document {document.id!r}: token {token} has no offset; leave it out or place it in the text"
            )
        return offset

    def moved(entity: Entity) -> Entity:
        return replace(entity, token_start=place(entity.token_start)[0], token_end=place(entity.token_end - 1)[1])

    def anchor(token: int) -> int:
        start, end = place(token)
        return end - 1 if rule == "last" else start

    anchors = document.anchors
    if anchors is not None:
        anchors = tuple(AnchorTriple(anchor(a.head), a.type, anchor(a.tail), a.confidence) for a in anchors)
    entities = tuple(moved(entity) for entity in document.entities)
    each = tuple((k, k + 1) for k in range(len(document.text)))
    characters = tuple(document.text)
    return replace(document, tokens=characters, entities=entities, offsets=each, pos=None, anchors=anchors)
