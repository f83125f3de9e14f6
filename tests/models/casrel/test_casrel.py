"""CasRel against its equations, on sentences with overlapping triples, and as a model like any other."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from relknit.config import build_config
from relknit.document import Document, Entity, Relation
from relknit.errors import ConfigError
from relknit.models.casrel.casrel import CasRel
from relknit.models.casrel.decoding import CasRelDecoding
from relknit.models.casrel.objects import ObjectTaggers
from relknit.models.casrel.spans import by_subject, last_words, nearest_spans
from relknit.models.triple_model import Span, SpanTriple
from tests.models.triple_model_checks import (
    SENTENCES,
    ensure_a_resumed_run_ends_in_the_same_weights,
    ensure_it_learns_saves_and_loads,
    ensure_losses_of_shards_add_up,
    ensure_predictions_do_not_depend_on_the_batch,
    new_model,
    predictions,
    spans_of,
    unsure,
)

pytestmark = pytest.mark.usefixtures("one_thread")
MODEL = {"name": "casrel"}
WORDS = st.sets(st.integers(0, 6))


def casrel(folder: Path, **settings: object) -> CasRel:
    model = new_model(folder, MODEL | settings)
    assert isinstance(model, CasRel)
    return model


@given(starts=WORDS, ends=WORDS)
def test_every_start_is_paired_with_the_nearest_end_at_or_after_it(starts: set[int], ends: set[int]) -> None:
    pairs = [(i, j) for i, j in product(starts, ends) if j >= i and not any(i <= k < j for k in ends)]
    assert nearest_spans(starts, ends) == [Span(i, j + 1) for i, j in sorted(pairs)]


def test_objects_of_a_subject_are_together() -> None:
    a, b = Span(0, 2), Span(3, 4)
    triples = (SpanTriple(a, 1, b), SpanTriple(b, 0, b), SpanTriple(a, 0, b))
    assert by_subject(triples) == {a: [(1, b), (0, b)], b: [(0, b)]}
    assert last_words(triples) == (SpanTriple(Span(1, 2), 1, b), SpanTriple(b, 0, b), SpanTriple(Span(1, 2), 0, b))


def test_the_object_loss_is_that_of_the_equations() -> None:
    """Σ over starts and ends of σ(w·(x_i + v) + b), divided by words and subjects, pair by pair."""
    torch.manual_seed(0)
    taggers, h = ObjectTaggers(4, 3, subject_map=False).double(), torch.randn(5, 4, dtype=torch.float64)
    objects = [{Span(0, 2): [(1, Span(2, 3))], Span(2, 3): [(0, Span(0, 2)), (2, Span(0, 2))]}, {}]
    expected = torch.zeros((), dtype=torch.float64)
    for span, found in objects[0].items():
        v = (h[span.start] + h[span.end - 1]) / 2
        for tagger, side in ((taggers.start, 0), (taggers.end, 1)):
            for i, r in product(range(3), range(3)):
                p = torch.sigmoid(tagger.weight[r] @ (h[i] + v) + tagger.bias[r])
                gold = (r, i) in {(relation, (tail.start, tail.end - 1)[side]) for relation, tail in found}
                expected -= torch.log(p if gold else 1 - p) / 3 / 2
    assert torch.allclose(taggers.loss(h, (3, 2), objects), expected)


@pytest.mark.parametrize("subject_map", [False, True])
def test_as_printed_one_word_subjects_cannot_be_objects_of_each_other(subject_map: bool) -> None:
    """f(a, b) = ½(f(a, a) + f(b, b)): a chain a -> b -> c asks for a positive f(a, b) and negative others."""
    torch.manual_seed(0)
    taggers, h = ObjectTaggers(4, 3, subject_map=subject_map).double(), torch.randn(2, 4, dtype=torch.float64)
    start, _ = taggers.probabilities(h, h)
    f = torch.logit(start)
    assert torch.allclose(f[0, 1] + f[1, 0], f[0, 0] + f[1, 1])
    assert torch.allclose(f[0, 1], (f[0, 0] + f[1, 1]) / 2) == (not subject_map)


def test_gold_that_is_tagged_without_error_is_decoded_to_itself() -> None:
    """The nearest end loses nothing here, neither of overlapping pairs nor of entities in several triples."""
    for document in SENTENCES:
        gold = casrel_gold(document)
        subjects = {head for head, _, _ in gold}
        assert set(nearest_spans([s.start for s in subjects], [s.end - 1 for s in subjects])) == subjects
        for subject, relation in {(head, relation) for head, relation, _ in gold}:
            tails = [tail for head, r, tail in gold if (head, r) == (subject, relation)]
            assert nearest_spans([t.start for t in tails], [t.end - 1 for t in tails]) == sorted(tails)


def casrel_gold(document: Document) -> set[tuple[Span, str, Span]]:
    spans = [Span(e.token_start, e.token_end) for e in document.entities]
    return {(spans[r.head], r.type, spans[r.tail]) for r in document.relations}


def test_predictions_are_those_of_the_equations(tmp_path: Path) -> None:
    model = unsure(casrel(tmp_path, tagger_bias=2.0))
    h = model.encoder(model.collate([model.prepare(SENTENCES[1])]).inputs)
    p = torch.sigmoid(model.subject(h))
    expected = {}
    for subject in nearest_spans(*((p[:, k] > 0.5).nonzero()[:, 0].tolist() for k in (0, 1))):
        v = model.objects.subject((h[subject.start] + h[subject.end - 1]) / 2)
        start, end = (torch.sigmoid(tagger(h + v)) for tagger in (model.objects.start, model.objects.end))
        for r, name in enumerate(model.labels.relations):
            for tail in nearest_spans(*((side[:, r] > 0.5).nonzero()[:, 0].tolist() for side in (start, end))):
                four = p[subject.start, 0] * p[subject.end - 1, 1] * start[tail.start, r] * end[tail.end - 1, r]
                expected[subject, name, tail] = four.item() ** 0.25
    (found,) = predictions(model, [SENTENCES[1]])
    spans = [Span(e.token_start, e.token_end) for e in found.entities]
    confidences = {(spans[r.head], r.type, spans[r.tail]): r.confidence for r in found.relations}
    assert confidences == pytest.approx(expected, rel=1e-3)
    assert len(confidences) > 3


def test_predictions_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    ensure_predictions_do_not_depend_on_the_batch(unsure(casrel(tmp_path, tagger_bias=-1.0)))


@pytest.mark.parametrize("subjects", ["one", "all"])
def test_losses_of_shards_add_up(tmp_path: Path, subjects: str) -> None:
    model = casrel(tmp_path, subjects="all")
    ensure_losses_of_shards_add_up(model)
    model.settings = model.settings.model_copy(update={"subjects": subjects})
    batch = model.collate([model.prepare(document, labelled=True) for document in SENTENCES])
    losses = [model.loss(batch, torch.Generator().manual_seed(seed))["object"].item() for seed in (1, 1, 2)]
    assert losses[0] == losses[1]
    assert (losses[0] == losses[2]) == (subjects == "all")


def test_it_learns_saves_and_loads(tmp_path: Path) -> None:
    ensure_it_learns_saves_and_loads(tmp_path, MODEL, ceiling=1.0, epochs=24)


def test_a_resumed_run_ends_in_the_same_weights(tmp_path: Path) -> None:
    ensure_a_resumed_run_ends_in_the_same_weights(tmp_path, MODEL)


def test_with_words_as_targets_it_predicts_last_words_and_has_no_spans(tmp_path: Path) -> None:
    model = casrel(tmp_path, targets="words", tagger_bias=0.0)
    assert not model.spans
    example = model.prepare(SENTENCES[1], labelled=True)
    assert all(span.end - span.start == 1 for head, _, tail in example.gold for span in (head, tail))
    assert not any(entity.tagged for entity in predictions(unsure(model), [SENTENCES[1]])[0].entities)


def test_entities_get_the_types_of_the_data(tmp_path: Path) -> None:
    typed = [
        Document(
            f"t{k}", (f"Ada{k}", "of", "Rome"), (Entity(0, 1, "Person"), Entity(2, 3, "Town")), (Relation(0, 1, "of"),)
        )
        for k in range(6)
    ]
    labels = CasRel.labels_of(CasRel.Settings(), typed)
    model = CasRel(CasRel.Settings(tagger_bias=0.0), casrel(tmp_path).encoder, labels)
    assert set(model.loss(model.collate([model.prepare(d, labelled=True) for d in typed]))) == {
        "subject",
        "object",
        "type",
    }
    found = predictions(unsure(model.eval()), typed)
    assert {entity.type for one in found for entity in one.entities} <= {"Person", "Town"}
    assert any(one.entities for one in found)
    with pytest.raises(ConfigError, match="typed_entities"):
        CasRel.labels_of(CasRel.Settings(typed_entities="yes"), SENTENCES)


def test_spans_of_repeated_words_may_move_to_their_first_mention(tmp_path: Path) -> None:
    model = unsure(casrel(tmp_path, tagger_bias=0.5))
    document = Document("twice", ("Ada1", "met", "Ada1", "in", "Ada1"))
    anywhere = predictions(model, [document])[0]
    model.decoding = CasRelDecoding(mentions="first")
    (first,) = predictions(model, [document])
    assert all(
        e.token_start == 0 for e in first.entities if e.token_end - e.token_start == 1 and e.token_start % 2 == 0
    )
    assert len(spans_of(first)) < len(spans_of(anywhere))


def test_relations_between_given_entities_are_those_of_the_object_taggers(tmp_path: Path) -> None:
    model = unsure(casrel(tmp_path, tagger_bias=0.0))
    document = SENTENCES[1]
    batch = model.collate([model.prepare(document)])
    (found,) = model.relations_between(batch, [document.entities])
    assert found.entities == document.entities
    h = model.encoder(batch.inputs)
    a, b = document.entities[:2]
    v = model.objects.subject((h[a.token_start] + h[a.token_end - 1]) / 2)
    start = torch.sigmoid(model.objects.start(h[b.token_start] + v))
    end = torch.sigmoid(model.objects.end(h[b.token_end - 1] + v))
    expected = {name for r, name in enumerate(model.labels.relations) if start[r] > 0.5 and end[r] > 0.5}
    assert {r.type for r in found.relations if (r.head, r.tail) == (0, 1)} == expected


@pytest.mark.parametrize("setting", ["pair_words", "threshold", "num_rounds", "anchor"])
def test_settings_of_pair_tables_are_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match=rf"unknown key model\.{setting}.*rin"):
        build_config({"model": MODEL | {setting: 1}})


def test_new_relations_are_added_in_fine_tuning(tmp_path: Path) -> None:
    model = casrel(tmp_path)
    new = Document("n", ("A", "x", "B"), (Entity(0, 1), Entity(2, 3)), (Relation(0, 1, "new"),))
    grown = model.grown([new])
    assert grown.labels.relations == (*model.labels.relations, "new")
    known = len(model.labels.relations)
    assert grown.objects.start.weight[:known].equal(model.objects.start.weight)
    assert {len(part.numbers) for part in grown.weights_of(model.labels)} == {known}


def test_dev_chooses_thresholds_and_where_repeated_words_are_placed(tmp_path: Path) -> None:
    model = casrel(tmp_path)
    assert len(model.decodings()) == 12
    assert model.decodings()[0] == CasRelDecoding()
    assert [one.mentions for one in model.decodings(thresholds=False)] == ["all", "first"]
