"""The copy decoder of CopyRE, OrderRL and CopyMTL: 15 steps, of which every three give a triple.

The first step of each triple predicts its relation, the next two copy a word of the sentence: of its head, then of its tail.
Actions are the numbers of `copy_re.triples`. `CopyForm` has what distinguishes the five systems.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from relknit.encoders.base import Encoded
from relknit.models.copy_re.triples import PARTS, STEPS, TRIPLES

FIRST_RELATION: Final = 3
"""Where the relations begin in the table of vectors, and in front of them those of GO, of no word and of NA."""

_GO: Final = 0
_NO_WORD: Final = 1
COPY_HIDDEN: Final = 100
_LEAST_LOG: Final = -23.025850929940457  # log 1e-10

Feed: TypeAlias = Literal["own", "gold", "sample"]


@dataclass(frozen=True, slots=True)
class CopyForm:
    """What distinguishes the systems that share the decoder.

    cells: LSTM cells, one for all triples or one for each. heads: output weights shared by all steps, of each triple, or of each
    step. attention: whether a cell reads the words by attention beside its last prediction; query: the state that asks. copy:
    the score of a word, see `_WordScores`. mask_head: whether the tail may not be the word of the head. restart: whether each
    triple begins from ½(s + state), s the state of the encoder. reset: whether each triple begins with the vector of GO.
    selu: whether selu is applied to the scores of relations, NA and attention.
    """

    cells: Literal["one", "per_triple"] = "one"
    heads: Literal["shared", "per_triple", "per_step"] = "shared"
    attention: bool = True
    query: Literal["cell", "hidden"] = "cell"
    copy: Literal["linear", "mlp"] = "linear"
    mask_head: bool = True
    restart: bool = False
    reset: bool = False
    selu: bool = True


class PaddedSentences(NamedTuple):
    """Sentences one per row: features (S, n, d), words (S, n, v), `inside` (S, n) bool, and the state (S, h) of each."""

    features: Tensor
    words: Tensor
    inside: Tensor
    hidden: Tensor
    cell: Tensor

    @staticmethod
    def of(encoded: Encoded, lengths: Sequence[int]) -> PaddedSentences:
        """From sentences end to end; padding is zero."""
        features, words = (_padded(rows, lengths) for rows in (encoded.features, encoded.words))
        sizes = torch.tensor(lengths, device=features.device)
        inside = torch.arange(features.shape[1], device=features.device) < sizes[:, None]
        return PaddedSentences(features, words, inside, encoded.hidden, encoded.cell)


def _padded(rows: Tensor, lengths: Sequence[int]) -> Tensor:
    """(T, d), sentences end to end -> (S, n, d)."""
    if not lengths:
        return rows.new_zeros(0, 0, rows.shape[1])
    return pad_sequence(list(torch.split(rows, list(lengths))), batch_first=True)


class Steps(NamedTuple):
    """For each step log p of all its actions (S, ·), and the action that was chosen, (S, 15)."""

    log_probability: tuple[Tensor, ...]
    actions: Tensor

    def of(self, actions: Tensor) -> Tensor:
        """log p of these actions (S, 15), at least log 1e-10: that of a masked word has no gradient."""
        chosen = [step.gather(1, actions[:, [t]]) for t, step in enumerate(self.log_probability)]
        return torch.cat(chosen, dim=1).clamp(min=_LEAST_LOG)


class CopyDecoder(nn.Module):
    """An LSTM that writes triples, each as a relation and two positions.

        β_i = selu([q ; O_i] w_c)   α = softmax(β)   u_t = [v_t ; Σ_i α_i O_i] W_u   (o_t, state_t) = LSTM(u_t, state_{t-1})
        relation:  softmax([selu(o_t W_r) + b_r ; selu(o_t w_NA) + b_NA])     word:  softmax([e_1 … e_n ; selu(o_t w_NA) + b_NA])

    v_t is the vector of the last action: a row of a table for relations and NA, the word's own vector for a copied word.
    Departures from the published code: the context is a sum, not a mean over padded positions; padding takes no part; a masked
    word has probability 0, where the code multiplies its logit by 0.

    features, words, state: widths of what is read; the state is that of the decoder too.
    """

    attention: Any  # lists of layers: torch has no type for them
    relations: Any
    copies: Any

    def __init__(self, form: CopyForm, features: int, words: int, state: int, relations: int) -> None:
        super().__init__()
        self.form, self.words = form, words
        own = form.heads == "per_triple"  # then attention and input weights are each triple's own too
        cells = TRIPLES if form.cells == "per_triple" else 1
        sets = {"shared": (1, 1, 1), "per_triple": (TRIPLES,) * 3, "per_step": (TRIPLES, 2 * TRIPLES, STEPS)}
        relation_heads, copy_heads, na_heads = sets[form.heads]
        self.vectors = nn.Embedding(FIRST_RELATION + relations, words)  # of GO, of no word, of NA, of the relations
        self.cells = nn.ModuleList(nn.LSTMCell(words, state) for _ in range(cells))
        attention = (TRIPLES if own else 1) if form.attention else 0
        self.attention = nn.ModuleList(_WordScores(features, state, "linear", selu=form.selu) for _ in range(attention))
        self.inputs = nn.ModuleList(nn.Linear(words + features, words, bias=False) for _ in range(attention))
        self.relations = nn.ModuleList(_Scores(state, relations, selu=form.selu) for _ in range(relation_heads))
        self.copies = nn.ModuleList(_WordScores(features, state, form.copy, selu=True) for _ in range(copy_heads))
        self.none = nn.ModuleList(_Scores(state, 1, selu=form.selu) for _ in range(na_heads))

    def forward(
        self,
        sentences: PaddedSentences,
        feed: Feed = "own",
        gold: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Steps:
        """All steps of every sentence.

        feed: what each step is followed by: its most probable action, the one of `gold` (S, 15), or one drawn from its
        distribution, with `generator` where there is one.
        """
        found, actions = [], []
        for log_probability, action in self._steps(sentences, feed, gold, generator):
            found.append(log_probability)
            actions.append(action)
        return Steps(tuple(found), torch.stack(actions, dim=1))

    def _steps(
        self, sentences: PaddedSentences, feed: Feed, gold: Tensor | None, generator: torch.Generator | None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """log p (S, ·) of every step, and the action (S,) that follows."""
        size, each_step = len(sentences.hidden), self.form.heads == "per_step"
        attention = [scores.of_words(sentences.features) for scores in self.attention]
        copies = [scores.of_words(sentences.features) for scores in self.copies]
        go = self.vectors.weight[_GO].expand(size, -1)
        state, v = (sentences.hidden, sentences.cell), go
        head = torch.zeros(size, dtype=torch.int64, device=v.device)
        for t in range(STEPS):
            triple, part = divmod(t, PARTS)
            if part == 0 and triple:
                if self.form.restart:
                    state = ((state[0] + sentences.hidden) / 2, (state[1] + sentences.cell) / 2)
                v = go if self.form.reset else v
            u = self._input(v, state, sentences, attention, triple)
            state = _own(self.cells, triple)(u, state)
            none = _own(self.none, t if each_step else triple)(state[0])
            if part == 0:
                logits = torch.cat([none, _own(self.relations, triple)(state[0])], dim=1)
            else:
                number = 2 * triple + part - 1 if each_step else triple
                words = _own(self.copies, number)(_own(copies, number), state[0])
                words = words.masked_fill(~self._copied(sentences.inside, head if part == 2 else None), -torch.inf)
                logits = torch.cat([none, words], dim=1)
            log_probability = torch.log_softmax(logits, dim=1)
            action = _chosen(log_probability.detach(), feed, None if gold is None else gold[:, t], generator)
            yield log_probability, action
            v = self._vector(action, sentences.words, relation=part == 0)
            head = action if part == 1 else head

    def _input(
        self,
        v: Tensor,
        state: tuple[Tensor, Tensor],
        sentences: PaddedSentences,
        attention: list[Tensor],
        triple: int,
    ) -> Tensor:
        """u_t, (S, v): the last prediction, and with attention what of the sentence is read."""
        if not attention:
            return v
        query = state[1] if self.form.query == "cell" else state[0]
        beta = _own(self.attention, triple)(_own(attention, triple), query)
        # finite: a sentence without a word then has a context of zeros
        beta = beta.masked_fill(~sentences.inside, torch.finfo(beta.dtype).min)
        alpha = torch.softmax(beta, dim=1)
        context = torch.einsum("sn,snd->sd", alpha, sentences.features)
        return _own(self.inputs, triple)(torch.cat([v, context], dim=1))  # type: ignore[no-any-return]

    def _copied(self, inside: Tensor, head: Tensor | None) -> Tensor:
        """The words (S, n) that may be copied; `head` is the action (S,) that copied the head, None for the head itself."""
        if head is None or not self.form.mask_head:
            return inside
        positions = torch.arange(1, inside.shape[1] + 1, device=inside.device)
        return inside & (positions != head[:, None])

    def _vector(self, action: Tensor, words: Tensor, *, relation: bool) -> Tensor:
        """v_{t+1}, (S, v): the vector of the last action, which is a relation or the copy of a word."""
        if relation:
            return self.vectors(action + FIRST_RELATION - 1)  # type: ignore[no-any-return]
        none = self.vectors.weight[_NO_WORD].expand(len(words), 1, -1)
        rows = torch.arange(len(words), device=action.device)
        return torch.cat([none, words], dim=1)[rows, action]


class _Scores(nn.Linear):
    """selu(x W) + b, or x W + b: (S, h) -> (S, outputs)."""

    def __init__(self, width: int, outputs: int, *, selu: bool) -> None:
        super().__init__(width, outputs)
        self.selu = selu

    def forward(self, x: Tensor) -> Tensor:
        if not self.selu:
            return super().forward(x)
        return functional.selu(functional.linear(x, self.weight)) + self.bias


class _WordScores(nn.Module):
    """A score of every word for a state: "linear" selu([O_i ; o] w), or "mlp" W_o selu(W_f selu([O_i ; o]) + b_f) + b_o.

    With "linear" and without selu, softmax over the words cancels what depends on the state, so that head and tail of a triple
    have one distribution; selu prevents that only where a score is below 0. The hidden layer of "mlp" is what CopyMTL adds.
    """

    def __init__(self, features: int, state: int, kind: Literal["linear", "mlp"], *, selu: bool) -> None:
        super().__init__()
        self.kind, self.selu = kind, selu
        hidden = 1 if kind == "linear" else COPY_HIDDEN
        self.word = nn.Linear(features, hidden, bias=kind == "mlp" or not selu)
        self.state = nn.Linear(state, hidden, bias=False)
        self.output = nn.Linear(hidden, 1) if kind == "mlp" else nn.Identity()

    def of_words(self, features: Tensor) -> Tensor:
        """What the words (S, n, d) add, (S, n, hidden): the same at every step."""
        return self.word(functional.selu(features) if self.kind == "mlp" else features)  # type: ignore[no-any-return]

    def forward(self, words: Tensor, state: Tensor) -> Tensor:
        """words: (S, n, hidden) of `of_words`   state: (S, h)   returns: (S, n)."""
        both = words + self.state(functional.selu(state) if self.kind == "mlp" else state)[:, None]
        scores: Tensor = self.output(functional.selu(both) if self.selu else both)
        return scores.squeeze(-1)


def _own(layers: Any, number: int) -> Any:
    """The layer of that number, or the one that all share."""
    return layers[min(number, len(layers) - 1)]


def _chosen(log_probability: Tensor, feed: Feed, gold: Tensor | None, generator: torch.Generator | None) -> Tensor:
    """The action of every sentence, (S,) int64."""
    if feed == "own":
        return log_probability.argmax(dim=1)
    if feed == "sample":
        return torch.multinomial(log_probability.exp(), 1, generator=generator).squeeze(1)
    if gold is None:
        raise ValueError("feed='gold' needs the gold actions")
    return gold
