"""The extractor's confidence: a wanted precision, and how the rounds of interaction came to a triple."""

import pytest
import torch

import relknit
from relknit.calibration.confidence import Calibration
from relknit.calibration.platt import PlattScaling
from relknit.calibration.precision_table import PrecisionTable
from relknit.checkpoint import SavedModel, TrainingData, save_model
from relknit.data.corpus import load_corpus
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.errors import ConfigError
from relknit.explain import Explanation
from relknit.extractor import Extractor
from relknit.models import MODELS
from relknit.models.base import Labels
from tests.building import build_model

pytestmark = pytest.mark.usefixtures("one_thread")

DOCUMENTS = load_corpus("dev")
TEXTS = [document.text for document in DOCUMENTS[:8]]
RELATIONS = Labels.of(DOCUMENTS).relations


def untrained(**settings):
    """A model that says a lot: every pair above probability 0.3 of anything."""
    config = BiLSTMSettings(word_dim=12, char_dim=6, char_filters=6, shape_dim=3, hidden=8, num_layers=1)
    values = {"num_rounds": 2, "pair_hidden": 8, "relation_bias": -0.5} | settings
    model_config = MODELS.get(settings.get("name", "rin")).Settings(**values)
    torch.manual_seed(0)
    model = build_model(config, model_config, DOCUMENTS)
    model.decoding = type(model.decoding)(threshold=0.3, keep_untagged=True)
    return SavedModel(model, TrainingData(max_tokens=20))


@pytest.fixture(scope="module")
def saved():
    """A model whose dev says: one relation is right above 0.1, one never, the others are like all together."""
    found = untrained()
    good, bad = RELATIONS[:2]
    triples = [(good, 0.05 + k / 1100, k > 60) for k in range(1000)] + [(bad, k / 200, False) for k in range(200)]
    found.model.calibration = Calibration(PlattScaling(1.0, 2.0), PlattScaling(0.5), PrecisionTable.of(triples))
    return found


@pytest.fixture(scope="module")
def extractor(saved):
    return Extractor(saved)


def plain(document):
    return [(t.head, t.relation, t.tail) for t in document.triples]


def test_calibration_changes_confidence_and_no_triple(extractor):
    raw = untrained()
    before = list(Extractor(raw).batch(TEXTS))
    after = list(extractor.batch(TEXTS))
    assert [plain(d) for d in before] == [plain(d) for d in after]
    pairs = [(a, b) for x, y in zip(before, after, strict=True) for a, b in zip(x.triples, y.triples, strict=True)]
    assert len(pairs) > 50
    assert all(a.confidence != b.confidence for a, b in pairs)


def test_a_wanted_precision_leaves_the_triples_above_each_relations_cut(saved, extractor):
    sure = Extractor(saved, min_precision=0.8)
    cuts = sure.predictor.thresholds
    kept, everything = list(sure.batch(TEXTS)), list(extractor.batch(TEXTS))
    for one, other in zip(kept, everything, strict=True):
        expected = [t for t in other.triples if cuts.keeps(t.relation, t.confidence)]
        assert plain(one) == [(t.head, t.relation, t.tail) for t in expected]
        assert {e.token_start for e in one.entities if e.tagged} == {e.token_start for e in other.entities if e.tagged}
    assert 0 < sum(len(d.triples) for d in kept) < sum(len(d.triples) for d in everything)


def test_the_relations_that_cannot_reach_it_are_silent_and_named(saved, extractor):
    sure = Extractor(saved, min_precision=0.8)
    assert sure.suppressed_relations == (RELATIONS[1],)
    assert extractor.suppressed_relations == ()
    found = {t.relation for document in sure.batch(TEXTS) for t in document.triples}
    assert RELATIONS[1] not in found
    assert RELATIONS[1] in {t.relation for document in extractor.batch(TEXTS) for t in document.triples}


def test_load_takes_the_wanted_precision(saved, tmp_path):
    save_model(tmp_path / "model", saved)
    assert relknit.load(tmp_path / "model", min_precision=0.8).predictor.thresholds.wanted == 0.8
    with pytest.raises(ConfigError, match=r"min_precision 0\.999: no relation reaches it on the 1200 dev triples"):
        relknit.load(tmp_path / "model", min_precision=0.999)
    with pytest.raises(ConfigError, match="expected a fraction between 0 and 1"):
        relknit.load(tmp_path / "model", min_precision=95)


def test_a_model_that_was_never_calibrated_refuses_a_wanted_precision():
    with pytest.raises(ConfigError, match="never calibrated"):
        Extractor(untrained(), min_precision=0.9)


def test_an_explanation_ends_in_what_the_extractor_gives(extractor):
    for text in TEXTS:
        explanation, document = extractor.explain(text), extractor(text)
        assert isinstance(explanation, Explanation)
        assert explanation.rounds == 2
        assert plain(explanation.document) == plain(document)
        last = {(t.head, t.relation, t.tail) for t in explanation.triples if t.course.confidences[-1] is not None}
        assert last == set(plain(document))
        by_triple = {(t.head, t.relation, t.tail): t.course.confidences[-1] for t in explanation.triples}
        for triple in document.triples:
            found = by_triple[triple.head, triple.relation, triple.tail]
            assert found == pytest.approx(triple.confidence, abs=1e-5)
        tagged = {document.span(e) for e in document.entities if e.tagged}
        assert {e.span for e in explanation.entities if e.course.confidences[-1] is not None} == tagged


def test_the_rounds_change_something(extractor):
    changes = {
        change for text in TEXTS for triple in extractor.explain(text).triples for change in triple.course.changes
    }
    assert {"rose", "fell"} <= changes or {"appeared", "vanished"} & changes


def test_a_document_can_be_explained_as_well_as_its_text(extractor):
    document = extractor(TEXTS[1])
    again = extractor.explain(document)
    assert plain(again.document) == plain(document)
    assert again.document.id == document.id


def test_self_pairs_are_hidden_in_an_explanation_unless_asked_for(extractor):
    def self_pairs(**options):
        found = [t for text in TEXTS for t in extractor.explain(text, **options).triples]
        return sum(t.head == t.tail for t in found)

    assert self_pairs() == 0
    assert self_pairs(self_pairs=True) > 0


def test_an_explanation_obeys_the_wanted_precision(saved):
    sure = Extractor(saved, min_precision=0.8)
    for text in TEXTS[:3]:
        for triple in sure.explain(text).triples:
            present = [c for c in triple.course.confidences if c is not None]
            assert all(sure.predictor.thresholds.keeps(triple.relation, c) for c in present)


def test_a_long_text_is_explained_in_windows_to_its_last_word(extractor):
    text = " ".join(TEXTS)
    explanation = extractor.explain(text)
    assert plain(explanation.document) == plain(extractor(text))
    assert max(e.span.end for e in explanation.entities) > len(text) - 150


def test_an_empty_text_has_an_empty_explanation(extractor):
    explanation = extractor.explain("")
    assert (explanation.rounds, explanation.entities, explanation.triples) == (2, (), ())


@pytest.mark.parametrize("settings", [{"num_rounds": 0}, {"name": "rin_v1", "num_rounds": 1}])
def test_every_model_can_be_explained(settings):
    one = Extractor(untrained(**settings))
    explanation = one.explain(TEXTS[0])
    assert explanation.rounds == settings["num_rounds"]
    assert plain(explanation.document) == plain(one(TEXTS[0]))
