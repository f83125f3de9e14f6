"""The whole model against the paper's equations, written out word by word and pair by pair with python loops.

Nothing of relknit.nn is called here: its parameters are read by name, and every formula stands in this file.
"""

import math

import pytest
import torch

from tests.building import total
from tests.models.rin.variants import check_gradient

pytestmark = pytest.mark.usefixtures("one_thread")


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


class Paper:
    """RIN of one sentence at a time, from a model's parameters `p`; features of a word are vectors, of a pair too."""

    def __init__(self, model, *, num_rounds, gru, entity_feedback=True, relation_feedback=True):
        self.p = dict(model.named_parameters())
        self.tables = model.encoder.words.tables
        self.num_rounds, self.gru = num_rounds, gru
        self.entity_feedback, self.relation_feedback = entity_feedback, relation_feedback

    def words(self, document):
        """word ⊕ characters ⊕ shape ⊕ part of speech, as far as the model has them."""
        vectors = []
        for i, token in enumerate(document.tokens):
            parts = [self.p["encoder.words.words.weight"][self.tables.words.index[token]]]
            if "encoder.words.characters.table.weight" in self.p:
                parts.append(self.spelling(token))
            if "encoder.words.shapes.weight" in self.p:
                shape = {"He": "Xx", "1932": "dd", ".": "."}.get(token, "Xxx" if token[0].isupper() else "xx")
                parts.append(self.p["encoder.words.shapes.weight"][self.tables.shapes.index[shape]])
            if "encoder.words.pos.weight" in self.p:
                parts.append(self.p["encoder.words.pos.weight"][self.tables.pos.index[document.pos[i]]])
            vectors.append(torch.cat(parts))
        return vectors

    def spelling(self, token):
        table = self.p["encoder.words.characters.table.weight"]
        weight = self.p["encoder.words.characters.convolution.weight"]
        bias = self.p["encoder.words.characters.convolution.bias"]
        nothing = torch.zeros_like(table[0])
        letters = [nothing, *(table[self.tables.characters.index[c]] for c in token), nothing]
        steps = [
            torch.relu(weight @ torch.cat(letters[k : k + 3]) + bias) for k in range(len(token))
        ]  # one for each letter with its two neighbours
        return torch.stack(steps).max(dim=0).values

    def lstm(self, inputs, layer, suffix):
        w_x, w_h, b_x, b_h = (
            self.p[f"encoder.lstm.{name}_l{layer}{suffix}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        size = w_h.shape[1]
        h = c = torch.zeros(size, dtype=w_h.dtype)
        states = []
        for x in inputs:
            gates = w_x @ x + b_x + w_h @ h + b_h
            i, f, g, o = (gates[k * size : (k + 1) * size] for k in range(4))
            c = sigmoid(f) * c + sigmoid(i) * torch.tanh(g)
            h = sigmoid(o) * torch.tanh(c)
            states.append(h)
        return states

    def bilstm(self, vectors):
        layers = sum(name.startswith("encoder.lstm.weight_hh") for name in self.p) // 2
        for layer in range(layers):
            there = self.lstm(vectors, layer, "")
            back = self.lstm(vectors[::-1], layer, "_reverse")[::-1]
            vectors = [torch.cat([a, b]) for a, b in zip(there, back, strict=True)]
        return vectors

    def tags(self, h):  # eq. 6
        scores = torch.exp(self.p["tagger.weight"] @ h + self.p["tagger.bias"])
        return scores / scores.sum()

    def pair(self, first, second):  # eq. 7
        m = self.p["pairs.hidden.weight"] @ torch.cat([first, second]) + self.p["pairs.hidden.bias"]
        m = torch.where(m > 0, m, torch.zeros_like(m))
        return sigmoid(self.p["pairs.output.weight"] @ m + self.p["pairs.output.bias"])

    def cell(self, name, y, h):
        if self.gru == "paper":  # eq. 4
            w_z, w_u, w_o = (self.p[f"interaction.{name}.{part}.weight"] for part in ("update", "reset", "candidate"))
            z = sigmoid(w_z @ torch.cat([h, y]))
            u = sigmoid(w_u @ torch.cat([h, y]))
            new = torch.tanh(w_o @ torch.cat([u * h, y]))
            return (1 - z) * h + z * new
        w_y, w_h, b_y, b_h = (
            self.p[f"interaction.{name}.{part}"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        size = len(h)
        from_y, from_h = w_y @ y + b_y, w_h @ h + b_h
        r = sigmoid(from_y[:size] + from_h[:size])
        z = sigmoid(from_y[size : 2 * size] + from_h[size : 2 * size])
        new = torch.tanh(from_y[2 * size :] + r * from_h[2 * size :])
        return (1 - z) * new + z * h

    def final_features(self, document):
        """H_e^K and H_r^K of every word (eqs. 2, 3 and 5)."""
        h = self.bilstm(self.words(document))
        entity, relation = h, h
        for _ in range(self.num_rounds):
            y_entity = [self.tags(x) for x in entity]
            y_relation = [torch.stack([self.pair(x, other) for other in relation]).max(dim=0).values for x in relation]
            new_entity = [self.cell("entity_cell", y, x) for y, x in zip(y_entity, h, strict=True)]
            new_relation = [self.cell("relation_cell", y, x) for y, x in zip(y_relation, h, strict=True)]
            for i in range(len(h)):
                total = h[i]
                if self.entity_feedback:
                    total = total + new_entity[i]
                if self.relation_feedback:
                    total = total + new_relation[i]
                h = [*h[:i], total, *h[i + 1 :]]
            entity, relation = new_entity, new_relation
        return entity, relation

    def loss(self, document, gold_tags, gold_triples):  # eqs. 8 and 9
        entity, relation = self.final_features(document)
        tag_loss = sum(-torch.log(self.tags(h)[tag]) for h, tag in zip(entity, gold_tags, strict=True))
        pair_loss = torch.zeros((), dtype=torch.float64)
        for i, first in enumerate(relation):
            for j, second in enumerate(relation):
                p = self.pair(first, second)
                for t in range(len(p)):
                    pair_loss = pair_loss - torch.log(p[t] if (i, j, t) in gold_triples else 1 - p[t])
        return tag_loss, pair_loss


# Gold of `tiny_documents` by hand. Tags: O, then B I E S of Person (1-4) and of Place (5-8).
# Relations in alphabetical order: knows, left, lives_in, needs.
TAGS = ([1, 3, 0, 5, 7, 0], [8, 0, 4], [4], [0, 0, 0, 0, 0])
TRIPLES = {
    "last": ({(1, 4, 1), (1, 4, 2)}, {(0, 2, 3), (2, 0, 1)}, {(0, 0, 0)}, set()),
    "first": ({(0, 3, 1), (0, 3, 2)}, {(0, 2, 3), (2, 0, 1)}, {(0, 0, 0)}, set()),
}


def check(tiny_model, documents, *, encoder=None, anchor="last", tags=TAGS, typed=None, **settings):
    model = tiny_model(encoder=encoder, documents=documents, anchor=anchor, typed=typed, **settings).double().train()
    with torch.no_grad():  # larger than the fresh values, so that nothing is nearly linear
        for parameter in model.parameters():
            parameter.mul_(1.7)
    batch = model.collate([model.prepare(document, labelled=True) for document in documents])
    found = model.loss(batch)

    paper = Paper(model, **settings)
    parts = [paper.loss(*given) for given in zip(documents, tags, TRIPLES[anchor], strict=True)]
    entity = sum(part[0] for part in parts) / len(documents)
    relation = sum(part[1] for part in parts) / len(documents)
    assert found["entity"].item() == pytest.approx(entity.item(), rel=1e-12)
    assert found["relation"].item() == pytest.approx(relation.item(), rel=1e-12)
    assert total(found).item() == pytest.approx((entity + relation).item(), rel=1e-12)

    names, parameters = zip(*model.named_parameters(), strict=True)
    ours = torch.autograd.grad(total(found), parameters, allow_unused=True)
    literal = torch.autograd.grad(entity + relation, parameters, allow_unused=True)
    for name, mine, theirs in zip(names, ours, literal, strict=True):
        if theirs is None:
            assert mine is None or not mine.any(), name
        else:
            assert mine is not None, name
            torch.testing.assert_close(
                mine, theirs, rtol=1e-9, atol=1e-12, msg=lambda text, name=name: f"{name}: {text}"
            )
    return names, ours


@pytest.mark.parametrize("gru", ["torch", "paper"])
@pytest.mark.parametrize("num_rounds", [0, 1, 2, 3])
def test_loss_and_gradient_are_those_of_the_paper(tiny_model, tiny_documents, num_rounds, gru):
    names, gradients = check(tiny_model, tiny_documents, num_rounds=num_rounds, gru=gru)
    for name, gradient in zip(names, gradients, strict=True):
        reached = gradient is not None and bool(gradient.any())
        assert reached == (num_rounds > 0 or not name.startswith("interaction.")), name


@pytest.mark.parametrize("num_rounds", [1, 2, 3])
@pytest.mark.parametrize("gru", ["torch", "paper"])
@pytest.mark.parametrize("feedback", [(False, True), (True, False), (False, False)])
def test_without_entity_or_relation_feedback_it_is_the_papers_ablation(
    tiny_model, tiny_documents, feedback, gru, num_rounds
):
    entity, relation = feedback
    check(
        tiny_model,
        tiny_documents,
        num_rounds=num_rounds,
        gru=gru,
        entity_feedback=entity,
        relation_feedback=relation,
    )


@pytest.mark.parametrize("num_rounds", [0, 2])
def test_without_part_of_speech_the_equations_hold(tiny_model, tiny_encoder, tiny_documents, num_rounds):
    check(tiny_model, tiny_documents, encoder=tiny_encoder(pos_dim=0), num_rounds=num_rounds, gru="torch")


def test_with_characters_shapes_and_two_layers_the_equations_hold(tiny_model, tiny_encoder, tiny_documents):
    encoder = tiny_encoder(char_dim=3, shape_dim=2, num_layers=2)
    check(tiny_model, tiny_documents, encoder=encoder, num_rounds=2, gru="torch")


@pytest.mark.parametrize("num_rounds", [0, 2])
def test_with_the_first_word_as_anchor_the_equations_hold(tiny_model, tiny_documents, num_rounds):
    check(tiny_model, tiny_documents, num_rounds=num_rounds, gru="paper", anchor="first")


def test_with_untyped_entities_the_equations_hold(tiny_model, tiny_documents):
    untyped = [[(tag - 1) % 4 + 1 if tag else 0 for tag in tags] for tags in TAGS]
    check(tiny_model, tiny_documents, num_rounds=2, gru="torch", tags=untyped, typed=False)


def test_the_gradient_is_the_slope_of_the_loss(tiny_model, tiny_documents):
    """Central differences along random directions: no autograd on this side."""
    model = tiny_model(num_rounds=2).double()
    check_gradient(model, tiny_documents, directions=3)


@pytest.mark.parametrize("gru", ["torch", "paper"])
def test_predictions_are_those_of_the_paper(tiny_model, tiny_documents, gru):
    model = tiny_model(num_rounds=2, gru=gru, threshold=0.5).double()
    paper = Paper(model, num_rounds=2, gru=gru)
    predictions = model.predict(model.collate([model.prepare(document) for document in tiny_documents]))
    assert any(prediction.anchors for prediction in predictions)
    for document, prediction in zip(tiny_documents, predictions, strict=True):
        _, relation = paper.final_features(document)
        expected = {}
        for i, first in enumerate(relation):
            for j, second in enumerate(relation):
                for t, p in enumerate(paper.pair(first, second).tolist()):
                    if p >= 0.5:
                        expected[i, model.labels.relations[t], j] = p
        found = {(a.head, a.type, a.tail): a.confidence for a in prediction.anchors}
        assert found.keys() == expected.keys()
        assert all(math.isclose(found[key], expected[key], rel_tol=1e-9) for key in found)
