"""What is not annotated in a sentence takes no part in the loss of word-pair models."""

from dataclasses import replace

import pytest
import torch

from relknit.document import Document, Entity, Relation
from relknit.document.scope import Scope
from tests.building import total
from tests.models.rin.variants import batch_of

pytestmark = pytest.mark.usefixtures("one_thread")

SCOPES = (
    None,
    Scope(relations=frozenset({"left", "knows"})),
    Scope(relations=frozenset(), entities=False),
    Scope(relations=frozenset({"left", "a relation that the model lacks"}), types=(("Name", ("Person", "Place")),)),
    Scope(missing_types=("Place",)),
)
PLACE = ("B-Place", "I-Place", "E-Place", "S-Place")


@pytest.fixture(params=["rin", "rin_v1"])
def model(request, tiny_model):
    return tiny_model(seed=1, name=request.param).double()


@pytest.fixture(params=["all", "entities"])
def pair_words(request):
    return request.param


def with_open_types(document):
    """The document with entities whose type leaves open which they have."""
    return replace(document, entities=tuple(replace(entity, type="Name") for entity in document.entities))


def partly_annotated(documents):
    """Every document under every scope, so that a batch has several sentences of each."""
    return [
        replace(
            with_open_types(document) if scope is not None and scope.types else document,
            scope=scope,
            unknown=tuple(Relation(0, 0, name) for name in ("knows", "left")) if document.entities else (),
        )
        for document in documents
        for scope in SCOPES
    ]


def pair_logits(model, relation):
    n, pairs = len(relation), model.pairs
    if hasattr(pairs, "word_scores"):
        u, v = pairs.word_scores(relation)
        return u[:, None] + v[None]
    both = torch.cat([relation[:, None].expand(n, n, -1), relation[None].expand(n, n, -1)], dim=-1)
    return pairs.output(torch.relu(pairs.hidden(both)))


def literal_loss(model, documents):
    """Word by word and pair by pair, of each sentence alone."""
    loss = torch.zeros((), dtype=torch.float64)
    for document in documents:
        scope, gold = document.scope or Scope(), model.prepare(replace(document, scope=None), labelled=True)
        features = model.scores(batch_of(model, [document]))
        log_p = model.tagger(features[0]).log_softmax(-1)
        inside = {k for entity in document.entities for k in range(entity.token_start, entity.token_end)}
        open_words = inside if any(entity.type == "Name" for entity in document.entities) else set()
        for word in range(len(document)):
            if word in open_words:
                entity = next(e for e in document.entities if e.token_start <= word < e.token_end)
                same = [
                    model.prepare(
                        replace(document, entities=(replace(entity, type=kind),), relations=(), scope=None),
                        labelled=True,
                    ).tags[word]
                    for kind in ("Person", "Place")
                ]
                loss = loss - log_p[word, torch.stack(same)].logsumexp(0)
            elif word not in inside and scope.missing_types:
                possible = [0, *(model.tags.index(tag) for tag in PLACE)]
                loss = loss - log_p[word, possible].logsumexp(0)
            elif word in inside or scope.entities:
                loss = loss - log_p[word, gold.tags[word]]
        learned = set(range(len(document)))
        if model.pair_words == "entities" and scope.entities:
            learned = inside
        logits = pair_logits(model, features[1])
        triples = set(gold.labels.triples())
        anchors = [entity.anchor(model.anchor_rule) for entity in document.entities]
        unknown = {(anchors[r.head], anchors[r.tail], r.type) for r in document.unknown}
        for i in learned:
            for j in learned:
                for number, name in enumerate(model.labels.relations):
                    is_gold = (i, j, number) in triples
                    if scope.covers(name) and (is_gold or (i, j, name) not in unknown):
                        sign = 1.0 if is_gold else -1.0
                        loss = loss - torch.nn.functional.logsigmoid(sign * logits[i, j, number])
    return loss / len(documents)


def test_the_loss_is_that_of_what_is_annotated_alone(model, pair_words, tiny_documents):
    model.pair_words = pair_words
    documents = partly_annotated(tiny_documents)
    found, expected = total(model.loss(batch_of(model, documents, labelled=True))), literal_loss(model, documents)
    assert found.item() == pytest.approx(expected.item(), rel=1e-10)
    parameters = list(model.parameters())
    pairs = zip(
        torch.autograd.grad(found, parameters, allow_unused=True),
        torch.autograd.grad(expected, parameters, allow_unused=True),
        strict=True,
    )
    for fast, literal in pairs:
        assert (fast is None) == (literal is None)
        assert fast is None or torch.allclose(fast, literal, rtol=1e-8, atol=1e-10)


def test_a_scope_that_covers_everything_changes_nothing(model, tiny_documents):
    scoped = [replace(document, scope=Scope(frozenset(model.labels.relations))) for document in tiny_documents]
    plain, whole = (model.loss(batch_of(model, some, labelled=True)) for some in (tiny_documents, scoped))
    assert total(whole).item() == pytest.approx(total(plain).item(), rel=1e-12)


def test_a_batch_of_entities_alone_has_no_relation_loss(model):
    sentence = Document(
        "1", ("Ada", "left"), (Entity(0, 1, "Person"), Entity(1, 2, "Place")), (Relation(0, 1, "left"),)
    )
    losses = model.loss(batch_of(model, [replace(sentence, scope=Scope(relations=frozenset()))], labelled=True))
    assert losses["relation"].item() == 0
    assert losses["entity"].item() > 0


def test_a_sentence_without_a_word_to_learn_adds_nothing(model, tiny_documents):
    model.pair_words = "entities"
    none = replace(tiny_documents[3], scope=SCOPES[1])
    one, both = (
        model.loss(batch_of(model, some, labelled=True)) for some in (tiny_documents[:1], [tiny_documents[0], none])
    )
    assert 2 * both["relation"].item() == pytest.approx(one["relation"].item(), rel=1e-12)


def test_an_open_type_is_no_label_of_its_own(tiny_model, tiny_documents):
    scope = Scope(types=(("Name", ("Person", "Place")),))
    more = replace(with_open_types(tiny_documents[0]), scope=scope)
    assert tiny_model(documents=(*tiny_documents, more)).labels == tiny_model().labels
