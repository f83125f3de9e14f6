"""Fine-tuning of word-pair models: what data does not annotate is learned from the probabilities of the teacher."""

from dataclasses import replace

import pytest
import torch

from relknit.document import Document, Relation
from relknit.models.base import Labels
from relknit.models.rin.distillation import LEAST_PROBABILITY, soft_tag_loss
from relknit.models.teacher import Teacher
from tests.building import total
from tests.models.rin.variants import V1, batch_of

pytestmark = pytest.mark.usefixtures("one_thread")

UNANNOTATED = Labels(("left", "knows"), ("Place",))


@pytest.fixture(params=["rin", "rin_v1"])
def models(request, tiny_model):
    """A teacher and a student of the same labels and other weights, in float64."""
    return tiny_model(seed=1, name=request.param).double(), tiny_model(seed=2, name=request.param).double()


def annotated(documents):
    """The documents without the labels that are not annotated."""
    return [
        replace(document, relations=tuple(r for r in document.relations if r.type not in UNANNOTATED.relations))
        for document in documents
    ]


def taught_batch(student, documents):
    return student.collate([student.prepare_annotated(document) for document in documents])


def logits_of(model, document):
    """The logits of all tags (n, tags), and of all pairs and relations (n, n, l)."""
    entity, relation = model.scores(batch_of(model, [document]))
    n, pairs = len(document), model.pairs
    if hasattr(pairs, "word_scores"):
        u, v = pairs.word_scores(relation)
        return model.tagger(entity), u[:, None] + v[None]
    both = torch.cat([relation[:, None].expand(n, n, -1), relation[None].expand(n, n, -1)], dim=-1)
    return model.tagger(entity), pairs.output(torch.relu(pairs.hidden(both)))


def literal_loss(student, teacher, documents, weight):
    """The loss, pair by pair, relation by relation, tag by tag."""
    relations, tags = student.labels.relations, student.tags
    loss = torch.zeros((), dtype=torch.float64)
    for document in documents:
        if not len(document):
            continue
        example = student.prepare(document, labelled=True)
        gold = set(example.labels.triples())
        (tag_logits, pair_logits), with_teacher = logits_of(student, document), logits_of(teacher, document)
        q_pairs = with_teacher[1].detach().sigmoid().float().double()
        log_p = tag_logits.log_softmax(-1)
        q_tags = with_teacher[0].detach().softmax(-1)
        possible = [k for k, tag in enumerate(tags) if tag == "O" or tag.endswith("-Place")]
        for i, tag in enumerate(example.tags.tolist()):
            if tags[tag] != "O":
                loss = loss - log_p[i, tag]
                continue
            q = q_tags[i, possible] / q_tags[i, possible].sum()
            loss = loss - weight * (q * log_p[i, possible]).sum()
            loss = loss - (1 - weight) * log_p[i, possible].exp().sum().log()
        for i in range(len(document)):
            for j in range(len(document)):
                for t, name in enumerate(relations):
                    x, y, w = pair_logits[i, j, t], float((i, j, t) in gold), 1.0
                    if name in UNANNOTATED.relations:
                        q = q_pairs[i, j, t].item()
                        y, w = max(y, q if q >= LEAST_PROBABILITY else 0.0), weight
                    loss = loss + w * (torch.nn.functional.softplus(x) - y * x)
    return loss / len(documents)


@pytest.mark.parametrize("weight", [1.0, 0.3, 0.0])
def test_the_loss_equals_the_literal_one_in_value_and_gradient(models, tiny_documents, weight):
    teacher, student = models
    documents = annotated(tiny_documents)
    student.teacher = Teacher(teacher, UNANNOTATED, weight)
    found = total(student.loss(taught_batch(student, documents)))
    expected = literal_loss(student, teacher, documents, weight)
    assert found.item() == pytest.approx(expected.item(), rel=1e-6)
    parameters = [p for p in student.parameters() if p.requires_grad]
    gradients = [torch.autograd.grad(x, parameters, allow_unused=True) for x in (found, expected)]
    for one, other in zip(*gradients, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_with_weight_0_no_gradient_reaches_a_relation_that_is_not_annotated(models, tiny_documents):
    teacher, student = models
    student.num_rounds = 0  # in a round the relation is also an input
    student.teacher = Teacher(teacher, UNANNOTATED, 0.0)
    loss = student.loss(taught_batch(student, annotated(tiny_documents)))["relation"]
    (gradient,) = torch.autograd.grad(loss, [student.pairs.output.weight])
    silent = [name in UNANNOTATED.relations for name in student.labels.relations]
    assert [not row.any() for row in gradient] == silent


def test_a_student_that_predicts_what_its_teacher_does_learns_nothing_new_of_it(models):
    """At the targets the cross-entropy has its minimum: the gradient of the unannotated relations is zero there."""
    teacher, student = models
    student.load_state_dict(teacher.state_dict())
    student.teacher = Teacher(teacher, student.labels)
    document = Document("new", ("Ada", "knows", "York"))
    loss = total(student.loss(taught_batch(student, [document])))
    gradients = torch.autograd.grad(loss, [student.pairs.output.bias, student.tagger.bias])
    for gradient in gradients:
        assert gradient.abs().max() < 1e-6


def test_a_sentence_without_a_triple_has_no_targets_of_the_teacher(models, tiny_documents):
    teacher, student = models
    plain = student.prepare_negative(tiny_documents[3])
    student.teacher = Teacher(teacher, UNANNOTATED)
    taught = student.prepare_negative(tiny_documents[3])
    assert taught.labels.probability is None
    assert taught.tag_targets is None
    assert len(taught.labels) == len(plain.labels)


def test_the_teacher_is_neither_trained_nor_saved(models):
    teacher, student = models
    names = list(student.state_dict())
    student.teacher = Teacher(teacher, UNANNOTATED)
    assert list(student.state_dict()) == names


def test_tags_are_learned_as_any_of_the_possible_ones_without_a_weight():
    logits = torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 5.0]], dtype=torch.float64)
    targets = torch.tensor([[0.7, 0.3, 0.0], [0.0, 0.0, 0.0]])
    p = logits.softmax(-1)[0]
    assert soft_tag_loss(logits, targets, 0.0).item() == pytest.approx(-(p[0] + p[1]).log().item())


def test_a_model_of_pairs_in_entities_is_taught_on_the_pairs_in_entities_of_its_teacher(tiny_model, tiny_documents):
    teacher, student = (tiny_model(seed=seed, pair_words="entities") for seed in (1, 2))
    student.teacher = Teacher(teacher, UNANNOTATED)
    for document in tiny_documents[:2]:
        example = student.prepare_annotated(document)
        tagged = teacher.predict(batch_of(teacher, [document]))[0].entities
        words = {token for entity in tagged for token in range(entity.token_start, entity.token_end)}
        gold = set(student.prepare(document, labelled=True).labels.triples())
        for head, tail, relation in set(example.labels.triples()) - gold:
            assert {head, tail} <= words
            assert student.labels.relations[relation] in UNANNOTATED.relations


@pytest.mark.parametrize("settings", [{}, *({"name": "rin_v1"} | variant for variant in V1.values())])
def test_a_grown_model_predicts_of_known_labels_what_it_did(tiny_model, tiny_documents, settings):
    known = tiny_model(**settings).double()
    new = replace(tiny_documents[1], relations=(Relation(0, 1, "new"),))
    grown = known.grown([new]).double()
    assert grown.labels.relations[-1] == "new"
    for before, after in zip(logits_of(known, new), logits_of(grown, new), strict=True):
        torch.testing.assert_close(after[..., : before.shape[-1]], before)
    assert logits_of(grown, new)[1][..., -1].unique().tolist() == [grown.pairs.output.bias[-1].item()]


@pytest.mark.parametrize("settings", [{}, *({"name": "rin_v1"} | variant for variant in V1.values())])
def test_an_untyped_model_that_gets_types_predicts_what_it_did(tiny_model, tiny_documents, settings):
    known = tiny_model(typed=False, **settings)
    grown = known.grown(tiny_documents)
    assert grown.labels.entity_types == ("Person", "Place")
    (tags, pairs), (new_tags, new_pairs) = (logits_of(model, tiny_documents[1]) for model in (known, grown))
    torch.testing.assert_close(new_pairs, pairs)
    by_letter = new_tags.softmax(-1)[:, 1:].unflatten(1, (2, 4)).sum(1)
    torch.testing.assert_close(by_letter, tags.softmax(-1)[:, 1:])


@pytest.mark.parametrize("settings", [{}, {"gru": "paper"}, *({"name": "rin_v1"} | variant for variant in V1.values())])
def test_the_weights_of_some_labels_change_nothing_but_these_labels(tiny_model, tiny_documents, settings):
    """Of rows what is predicted, of columns what is read: with these labels never predicted, the rest stays as it is."""
    model = tiny_model(**settings).double()
    document, never = tiny_documents[0], -1e9
    relations = [model.labels.relations.index(name) for name in UNANNOTATED.relations]
    tags = [number for number, tag in enumerate(model.tags) if tag.endswith("-Place")]
    with torch.no_grad():
        model.pairs.output.bias[relations] = never
        model.tagger.bias[tags] = never
        before = logits_of(model, document)
        for weight, dim, numbers in model.weights_of(UNANNOTATED):
            if weight.dim() == 2:
                weight.index_fill_(dim, numbers, 0.5)
        after = logits_of(model, document)
    for old, new, some in zip(before, after, (tags, relations), strict=True):
        others = [number for number in range(old.shape[-1]) if number not in some]
        torch.testing.assert_close(new[..., others], old[..., others])
        assert (new[..., some] < never / 2).all()
