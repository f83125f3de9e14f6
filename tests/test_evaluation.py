from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

import relknit.evaluation as evaluation
from relknit.checkpoint import SavedModel, TrainingData, load_model
from relknit.data.corpus import load_corpus
from relknit.data.not_asserted import MentionedFact, load_not_asserted, read_mentioned_fact
from relknit.document import AnchorRule, AnchorTriple, Document, Entity, Prediction, Relation
from relknit.encoders.base import Encoder
from relknit.errors import ConfigError, DataError
from relknit.evaluation import evaluate, evaluate_not_asserted, in_characters, quick_scores, seen_in_training
from relknit.metrics import SCORES, evaluate_predictions
from relknit.models.base import JointModel, Labels
from relknit.runtime import Runtime
from relknit.sources import find_model
from relknit.text.names import KnownNames, hashed_names, sentence_hash

DEV = load_corpus("dev")


class Answers(JointModel):
    """A model that predicts nothing itself; the oracle below answers in its place."""

    def __init__(self, rule: AnchorRule = "last") -> None:
        super().__init__(None, Encoder(), Labels(()))
        self.anchor_rule = rule


class Oracle:
    """In place of `predict`: the gold of the sentence with these words (or what `answer` makes of it)."""

    def __init__(self, gold: Sequence[Document], answer: Any = lambda document: document.prediction) -> None:
        self.gold = {document.tokens: document for document in gold}
        self.answer = answer
        self.asked: list[Document] = []
        self.options: dict[str, Any] = {}

    def __call__(self, model: JointModel, documents: Sequence[Document], **options: Any) -> list[Prediction]:
        self.training, self.options = model.training, options
        self.asked = list(documents)
        known = [self.gold.get(document.tokens) for document in documents]
        return [self.answer(document) if document else Prediction((), (), ()) for document in known]


@pytest.fixture
def saved() -> SavedModel:
    remembered = TrainingData(frozenset({sentence_hash(DEV[0].tokens)}), hashed_names(DEV[:5]), 33)
    return SavedModel(Answers(), remembered)


@pytest.fixture
def oracle(monkeypatch: pytest.MonkeyPatch) -> Oracle:
    made = Oracle(DEV)
    monkeypatch.setattr(evaluation, "predict", made)
    return made


def without_triples(document: Document) -> Prediction:
    return Prediction(document.entities, (), ())


def test_perfect_predictions_score_one_everywhere(oracle: Oracle) -> None:
    assert quick_scores(Answers(), DEV, max_tokens=33) == dict.fromkeys(SCORES, 1.0)


def test_quick_scores_are_those_of_the_full_report(
    saved: SavedModel, oracle: Oracle, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle.answer = lambda document: replace(document.prediction, relations=document.relations[:1])
    quick = quick_scores(saved.model, DEV, max_tokens=33)
    report = evaluate(saved, DEV)
    assert quick == {name: pytest.approx(report.scores[name].f1, abs=1e-6) for name in SCORES}
    assert 0 < quick["strict"] < 1 == quick["entities"]


def test_entities_alone_score_as_entities_alone(oracle: Oracle) -> None:
    oracle.answer = without_triples
    assert quick_scores(Answers(), DEV, max_tokens=33) == dict.fromkeys(SCORES, 0.0) | {"entities": 1.0}


@pytest.mark.parametrize("training", [True, False])
def test_quick_scores_predict_in_evaluation_mode_and_leave_the_mode_as_it_was(oracle: Oracle, training: bool) -> None:
    model = Answers().train(training)
    quick_scores(model, DEV, max_tokens=33)
    assert oracle.training is False
    assert model.training is training


def test_the_mode_survives_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "predict", lambda *rest, **options: 1 / 0)
    model = Answers().train()
    with pytest.raises(ZeroDivisionError):
        quick_scores(model, DEV, max_tokens=33)
    assert model.training


def test_windows_threads_and_progress_are_handed_on(saved: SavedModel, oracle: Oracle) -> None:
    def note(count: int) -> None: ...

    evaluate(saved, DEV, runtime=Runtime(threads=3), min_precision=0.9, progress=note)
    assert oracle.options == {
        "max_tokens": 33,
        "runtime": Runtime(threads=3),
        "min_precision": 0.9,
        "coreference": False,
        "given_entities": False,
        "progress": note,
    }
    quick_scores(saved.model, DEV, max_tokens=12, runtime=Runtime(threads=2))
    assert oracle.options == {"max_tokens": 12, "runtime": Runtime(threads=2)}


def test_the_report_is_that_of_the_predictions(saved: SavedModel, oracle: Oracle) -> None:
    predictions = [document.prediction for document in DEV]
    expected = evaluate_predictions(DEV, predictions, rule="last", known_names=hashed_names(DEV[:5]))
    assert replace(evaluate(saved, DEV), unknown_labels=()).to_dict() == expected.to_dict()


def test_only_sentences_with_all_their_words_count_as_seen(saved: SavedModel) -> None:
    shorter = replace(DEV[0], tokens=DEV[0].tokens[:-1])
    assert seen_in_training(saved, DEV) == 1
    assert seen_in_training(saved, [DEV[0], DEV[0], shorter, DEV[1]]) == 2
    assert seen_in_training(saved, []) == 0


def test_renamed_sentences_have_other_names_and_the_same_gold(saved: SavedModel, oracle: Oracle) -> None:
    evaluate(saved, DEV, renamed=True)
    assert [d.entities for d in oracle.asked] == [d.entities for d in DEV]
    assert [len(d) for d in oracle.asked] == [len(d) for d in DEV]
    changed = [new.tokens != old.tokens for new, old in zip(oracle.asked, DEV, strict=True)]
    assert sum(changed) > 0.8 * len(DEV)
    first = oracle.asked
    evaluate(saved, DEV, renamed=True)
    assert oracle.asked == first, "the renaming is the same for everybody"


# from raw text

TEXT = "Mr. Aal's boat-house, Oslo"
WORDS = Document(
    "w",
    ("Mr.", "Aal", "'s", "boat-house", ",", "Oslo"),
    (Entity(0, 2, "Person"), Entity(3, 4, "Thing"), Entity(5, 6, "Place")),
    (Relation(0, 1, "owns"), Relation(1, 2, "in")),
    text=TEXT,
    offsets=((0, 3), (4, 7), (7, 9), (10, 20), (20, 21), (22, 26)),
)


def test_characters_become_the_tokens() -> None:
    found = in_characters(WORDS)
    assert found.tokens == tuple(TEXT)
    assert found.relations == WORDS.relations
    assert [TEXT[e.token_start : e.token_end] for e in found.entities] == ["Mr. Aal", "boat-house", "Oslo"]
    assert [e.type for e in found.entities] == ["Person", "Thing", "Place"]
    assert found.anchors is None


@pytest.mark.parametrize(("rule", "head", "tail"), [("last", 6, 19), ("first", 4, 10)])
def test_an_anchor_becomes_the_character_that_its_rule_says(rule: AnchorRule, head: int, tail: int) -> None:
    anchored = replace(WORDS, anchors=(AnchorTriple(1, "owns", 3, 0.7),))
    assert in_characters(anchored, rule=rule).anchors == (AnchorTriple(head, "owns", tail, 0.7),)


@pytest.mark.parametrize(
    "document", [replace(WORDS, text=None), replace(WORDS, offsets=None), replace(WORDS, text=None, offsets=None)]
)
def test_a_document_without_text_is_named(document: Document) -> None:
    with pytest.raises(DataError, match="document 'w' has no text with offsets; leave out --from-text"):
        in_characters(document)


def test_an_entity_without_a_place_in_the_text_is_named() -> None:
    assert WORDS.offsets is not None
    lost = replace(WORDS, offsets=(*WORDS.offsets[:5], None))
    with pytest.raises(DataError, match="document 'w': token 5 has no offset"):
        in_characters(lost)


def test_a_word_without_a_place_is_no_hindrance_outside_entities() -> None:
    assert WORDS.offsets is not None
    lost = replace(WORDS, offsets=(*WORDS.offsets[:4], None, WORDS.offsets[5]))
    assert in_characters(lost).entities == in_characters(WORDS).entities


@pytest.mark.parametrize("rule", ["last", "first"])
def test_the_right_spans_score_one_from_text_whatever_the_tokens(
    saved: SavedModel, oracle: Oracle, rule: AnchorRule
) -> None:
    """The oracle answers for the words that our own tokeniser makes, with anchors as a pair table gives them."""

    def answer(document: Document) -> Prediction:
        ends = [entity.anchor(rule) for entity in document.entities]
        anchors = tuple(AnchorTriple(ends[r.head], r.type, ends[r.tail]) for r in document.relations)
        return Prediction(document.entities, document.relations, anchors)

    oracle.answer = answer
    gold = [document for document in DEV if document.text]
    report = evaluate(replace(saved, model=Answers(rule)), gold, from_text=True)
    read = {document.tokens for document in oracle.asked}
    agreeing = sum(document.tokens in read for document in gold)
    assert agreeing > 0.8 * len(gold)
    if agreeing == len(gold):
        assert {name: report.scores[name].f1 for name in SCORES} == dict.fromkeys(SCORES, 1.0)
    assert {report.scores[name].precision for name in SCORES} == {1.0}


def test_other_tokens_with_the_same_characters_are_as_good(saved: SavedModel, oracle: Oracle) -> None:
    """Gold that joins what our tokeniser splits is matched by characters."""
    [document] = [
        replace(WORDS, text="Aal owns Oslo.", tokens=("Aal", "owns", "Oslo."), offsets=((0, 3), (4, 8), (9, 14)))
    ]
    gold = replace(
        document, entities=(Entity(0, 1, "Person"), Entity(2, 3, "Place")), relations=(Relation(0, 1, "in"),)
    )
    split = Document("s", ("Aal", "owns", "Oslo", "."))
    whole = Prediction((Entity(0, 1, "Person"), Entity(2, 4, "Place")), (Relation(0, 1, "in"),), None)
    oracle.gold, oracle.answer = {split.tokens: split}, lambda _: whole
    report = evaluate(saved, [gold], from_text=True)
    assert [document.tokens for document in oracle.asked] == [split.tokens]
    assert report.scores["strict"].f1 == 1.0
    oracle.answer = lambda _: replace(whole, entities=(whole.entities[0], Entity(2, 3, "Place")))
    assert evaluate(saved, [gold], from_text=True).scores["strict"].f1 == 0.0


def test_reading_from_text_does_not_look_at_the_gold_tokens(saved: SavedModel, oracle: Oracle) -> None:
    evaluate(saved, [WORDS], from_text=True)
    assert [document.text for document in oracle.asked] == [TEXT]
    assert not any(document.entities or document.relations for document in oracle.asked)


def fact(name: str, relation: str, *, asserted: bool) -> MentionedFact:
    record = {"id": name, "text": f"{name} was born in Rome.", "head": name, "tail": "Rome"}
    return read_mentioned_fact(record | {"family": "denial", "relation": relation, "asserted": asserted})


FACTS = [fact("Ada", "born_in", asserted=False), fact("Bo", "born_in", asserted=True), fact("Cy", "wed", asserted=True)]


def test_facts_not_asserted_are_asked_of_the_bare_text_where_the_model_has_their_relation(
    saved: SavedModel, oracle: Oracle
) -> None:
    saved.model.labels = Labels(("born_in",))
    oracle.gold = {one.document.tokens: one.document for one in FACTS}
    oracle.answer = lambda document: Prediction(document.entities, (Relation(0, 1, "born_in", 0.9),))
    score = evaluate_not_asserted(saved, FACTS)
    assert (score.total.not_asserted.found, score.total.look_alikes.found, score.total.look_alikes.texts) == (1, 1, 1)
    assert [document.id for document in oracle.asked] == ["Ada", "Bo"]
    assert not any(document.entities or document.relations for document in oracle.asked)
    oracle.answer = lambda _: Prediction()
    assert evaluate_not_asserted(saved, FACTS).total.look_alikes.found == 0


def test_a_model_without_a_relation_of_the_facts_is_an_error_that_names_them(saved: SavedModel, oracle: Oracle) -> None:
    with pytest.raises(ConfigError, match="born_in, wed"):
        evaluate_not_asserted(saved, FACTS)


def test_the_shipped_model_has_every_relation_of_the_shipped_facts_and_was_trained_on_none_of_their_names() -> None:
    shipped, facts = load_model(find_model("webnlg")), load_not_asserted()
    assert {one.triple.relation for one in facts} <= set(shipped.model.labels.relations)
    known = KnownNames(shipped.trained_on.names)
    assert [end.text for one in facts for end in (one.triple.head, one.triple.tail) if end.text in known] == []
