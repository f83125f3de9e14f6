"""The copy decoder against its equations, step by step and sentence by sentence."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import selu

from relknit.encoders.base import Encoded
from relknit.models.copy_mtl.copy_mtl import CopyMTL
from relknit.models.copy_mtl.settings import CopyMTLSettings
from relknit.models.copy_re.copy_re import CopyRE
from relknit.models.copy_re.decoder import FIRST_RELATION, CopyDecoder, CopyForm, PaddedSentences
from relknit.models.copy_re.settings import CopyRESettings
from relknit.models.copy_re.triples import NA, STEPS
from relknit.models.order_rl.order_rl import OrderRL
from relknit.models.order_rl.settings import OrderRLSettings

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = (4, 0, 1, 6)
FEATURES, WORDS, STATE, RELATIONS = 6, 4, 3, 5
FORMS = {
    "CopyRE One": CopyRE.form(CopyRESettings()),
    "CopyRE Multi": CopyRE.form(CopyRESettings(decoder="multi")),
    "OrderRL": OrderRL.form(OrderRLSettings()),
    "CopyMTL One": CopyMTL.form(CopyMTLSettings()),
    "CopyMTL Mul": CopyMTL.form(CopyMTLSettings(decoder="multi")),
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())


def decoder_of(form):
    torch.manual_seed(0)
    return CopyDecoder(form, FEATURES, WORDS, STATE, RELATIONS).double()


def sentences_of(lengths, seed=0):
    drawn = torch.Generator().manual_seed(seed)
    total, size = sum(lengths), len(lengths)
    shapes = ((total, FEATURES), (total, WORDS), (size, STATE), (size, STATE))
    encoded = Encoded(*(torch.randn(*shape, generator=drawn, dtype=torch.float64) for shape in shapes))
    return encoded, PaddedSentences.of(encoded, lengths)


def product(scores, features, state):
    """[O_i ; o] w of every word, (n, hidden)."""
    weight = torch.cat([scores.word.weight, scores.state.weight], dim=1)
    both = torch.cat([features, state.expand(len(features), -1)], dim=1)
    return both @ weight.T + (0 if scores.word.bias is None else scores.word.bias)


def naive(decoder, features, words, hidden, cell, gold):
    """log p of all actions at every step of one sentence without padding, as the equations are printed, fed with gold."""
    form, vectors = decoder.form, decoder.vectors.weight
    activation = selu if form.selu else (lambda x: x)

    def own(layers, number):
        return layers[number] if len(layers) > 1 else layers[0]

    def linear(scores, x):
        return activation(x @ scores.weight.T) + scores.bias

    h, c, v, found = hidden, cell, vectors[0], []
    for t in range(STEPS):
        k, part = divmod(t, 3)
        if part == 0 and k > 0 and form.restart:
            h, c = (h + hidden) / 2, (c + cell) / 2
        if part == 0 and form.reset:
            v = vectors[0]
        u = v
        if form.attention:
            query = c if form.query == "cell" else h
            alpha = torch.softmax(activation(product(own(decoder.attention, k), features, query)), dim=0)
            u = own(decoder.inputs, k).weight @ torch.cat([v, (alpha * features).sum(0)])
        h, c = (x[0] for x in own(decoder.cells, k)(u[None], (h[None], c[None])))
        each = form.heads == "per_step"
        none = linear(own(decoder.none, t if each else k), h)
        if part == 0:
            z = torch.cat([none, linear(own(decoder.relations, k), h)])
        else:
            scores = own(decoder.copies, 2 * k + part - 1 if each else k)
            if form.copy == "mlp":
                e = selu(product(scores, selu(features), selu(h))) @ scores.output.weight.T + scores.output.bias
            else:
                e = selu(product(scores, features, h))
            e = e.squeeze(1)
            if part == 2 and form.mask_head and gold[t - 1] != NA:
                e = e.index_fill(0, gold[t - 1] - 1, -torch.inf)
            z = torch.cat([none, e])
        found.append(torch.log_softmax(z, dim=0))
        action = int(gold[t])
        v = vectors[FIRST_RELATION - 1 + action] if part == 0 else words[action - 1] if action else vectors[1]
    return found


def some_actions(lengths):
    drawn = torch.Generator().manual_seed(1)
    limits = torch.tensor([[RELATIONS + 1, n + 1, n + 1] * 5 for n in lengths])
    return (torch.rand(limits.shape, generator=drawn) * limits).long()


@every_form
def test_every_step_has_the_probabilities_of_the_equations(form):
    decoder = decoder_of(form)
    encoded, padded = sentences_of(LENGTHS)
    gold = some_actions(LENGTHS)
    found = decoder(padded, "gold", gold)
    assert found.actions.equal(gold)
    features, words = encoded.features.split(LENGTHS), encoded.words.split(LENGTHS)
    for s, length in enumerate(LENGTHS):
        expected = naive(decoder, features[s], words[s], encoded.hidden[s], encoded.cell[s], gold[s])
        for t, step in enumerate(expected):
            torch.testing.assert_close(found.log_probability[t][s, : len(step)], step)
            assert len(step) == (RELATIONS if t % 3 == 0 else length) + 1


@every_form
def test_padding_is_never_copied_and_probabilities_sum_to_one(form):
    _, padded = sentences_of(LENGTHS)
    found = decoder_of(form)(padded)
    sizes = torch.tensor(LENGTHS)
    for t, step in enumerate(found.log_probability):
        torch.testing.assert_close(step.exp().sum(1), torch.ones(len(LENGTHS), dtype=torch.float64))
        if t % 3:
            assert (found.actions[:, t] <= sizes).all()
            assert all(not row[1 + n :].exp().any() for row, n in zip(step, LENGTHS, strict=True))


def test_the_word_of_the_head_has_probability_0_for_the_tail():
    _, padded = sentences_of(LENGTHS)
    gold = torch.tensor([[1, 2, 2] * 5, [1, 0, 0] * 5, [1, 1, 1] * 5, [1, 6, 6] * 5])
    masked = decoder_of(FORMS["CopyRE One"])(padded, "gold", gold)
    assert masked.log_probability[2].exp()[[0, 2, 3], [2, 1, 6]].tolist() == [0.0, 0.0, 0.0]
    assert masked.of(gold).isfinite().all()
    free = decoder_of(FORMS["CopyMTL One"])(padded, "gold", gold)
    assert (free.log_probability[2].exp()[[0, 2, 3], [2, 1, 6]] > 0).all()


def entity_distributions(form, *, linear):
    """p of the words alone, NA left out, for head and tail of every triple of one sentence."""
    decoder = decoder_of(replace(form, mask_head=False))
    for scores in decoder.copies:
        scores.selu = not linear
    _, padded = sentences_of((6,))
    steps = decoder(padded).log_probability
    words = [torch.softmax(step[0, 1:], dim=0) for step in steps]
    return [(words[3 * k + 1], words[3 * k + 2]) for k in range(5)]


def test_a_linear_score_of_words_gives_head_and_tail_one_distribution():
    """The state adds the same number to every word, and softmax cancels it: why CopyRE cannot tell head from tail."""
    for head, tail in entity_distributions(FORMS["CopyRE One"], linear=True):
        torch.testing.assert_close(head, tail)


def test_the_hidden_layer_of_copy_mtl_gives_them_two():
    for head, tail in entity_distributions(FORMS["CopyMTL One"], linear=False):
        assert (head - tail).abs().max() > 1e-6


def test_the_attention_of_a_sentence_without_words_is_finite():
    _, padded = sentences_of((0,))
    found = decoder_of(CopyForm())(padded)
    assert found.actions[0, 1::3].tolist() == [NA] * 5
    assert all(step.isfinite().all() for step in found.log_probability)


def test_samples_follow_from_the_generator():
    _, padded = sentences_of(LENGTHS)
    decoder = decoder_of(FORMS["OrderRL"])
    drawn = [decoder(padded, "sample", generator=torch.Generator().manual_seed(k)).actions for k in (1, 1, 2)]
    assert drawn[0].equal(drawn[1])
    assert not drawn[0].equal(drawn[2])


def test_gold_feed_needs_gold():
    _, padded = sentences_of((2,))
    with pytest.raises(ValueError, match="gold"):
        decoder_of(CopyForm())(padded, "gold")
