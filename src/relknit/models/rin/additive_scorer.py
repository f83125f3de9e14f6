"""C_r of the first version of the paper: a pair's score is the sum of two word scores   (v1 eqs. 9 and 10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from relknit.ops.pair_scores import PairLabels, SelectedPairs
from relknit.ops.pair_scores.chunked import BLOCK_PAIRS
from relknit.ops.pair_scores.chunked.blocks import Block, blocks, differentiated
from relknit.ops.pair_scores.chunked.select import gathered
from relknit.ops.pair_scores.types import threshold_logits
from relknit.ops.sigmoid import sigmoid


class AdditiveScorer(nn.Module):
    """m = ReLU((W_m h_i) ⊕ (W_r h_j)), p_(i,j) = σ(W_p m + b), as printed   (v1 eqs. 9 and 10).

    ReLU takes one number at a time and W_m, W_r each see one word, so nothing in m depends on both words. With W_p split in
    two the same way the logit is exactly u_i + v_j, where u = W_p' ReLU(W_m h) and v = W_p'' ReLU(W_r h) + b: for a
    relation, all heads agree on which tail is best. The scorer of EMNLP (`PairScorer`) adds before the ReLU
    and has no such limit.

    hidden_dim: width of W_m h and of W_r h, half of m. `block_pairs` as in `PairScorer`.
    """

    def __init__(self, input_dim: int, hidden_dim: int, num_relations: int, *, bias: float | None = None) -> None:
        super().__init__()
        self.first = nn.Linear(input_dim, hidden_dim, bias=False)
        self.second = nn.Linear(input_dim, hidden_dim, bias=False)
        self.output = nn.Linear(2 * hidden_dim, num_relations)
        self.block_pairs = BLOCK_PAIRS
        if bias is not None:
            nn.init.constant_(self.output.bias, bias)

    @property
    def bytes_per_pair(self) -> int:
        """What each pair of a block takes while it is selected, in bytes: a logit and a yes or no for each relation."""
        return self.output.weight.shape[0] * (self.output.weight.element_size() + 1)

    def row_max(self, h: Tensor, lengths: Sequence[int]) -> Tensor:
        """max over j of p_(i,j) = σ(u_i + max_j v_j), (T, l)   (v1 eqs. 1 and 2). Gradient goes to one best j."""
        u, v = self.word_scores(h)
        none = v.new_full((v.shape[1],), -torch.inf)  # of an empty sentence, and repeated for none of its words
        best = [part.max(dim=0).values if len(part) else none for part in torch.split(v, list(lengths))]
        if not best:
            return sigmoid(u)
        counts = torch.tensor(list(lengths), device=h.device)
        return sigmoid(u + torch.stack(best).repeat_interleave(counts, dim=0, output_size=len(u)))

    def loss(
        self,
        h: Tensor,
        lengths: Sequence[int],
        labels: PairLabels,
        relation_weight: Tensor | None = None,
        relations: Tensor | None = None,
    ) -> Tensor:
        """Cross-entropy summed over all pairs and relations, ()   (v1 eq. 13): Σ log(1 + e^x) over all logits, less gold.

        relation_weight, relations: as in `PairScorer.loss`.
        """
        u, v = self.word_scores(h)
        if relations is not None:
            u, v = u[:, relations], v[:, relations]
        gold = (u[labels.head, labels.relation] + v[labels.tail, labels.relation]) * labels.targets(u)
        weight = None if relation_weight is None else relation_weight.to(u.dtype)
        every = blocks(lengths, lengths, self.block_pairs)
        total = _SoftplusSum.apply(u, v, weight, every, differentiated(u, v))  # type: ignore[no-untyped-call]
        return total - (gold if weight is None else gold * weight[labels.relation]).sum()  # type: ignore[no-any-return]

    def logits(self, h: Tensor, at: PairLabels) -> Tensor:
        """u_i + v_j of these pairs and relations alone, (g,)."""
        u, v = self.word_scores(h)
        return u[at.head, at.relation] + v[at.tail, at.relation]

    @torch.no_grad()
    def select(self, h: Tensor, lengths: Sequence[int], threshold: float | Tensor) -> SelectedPairs:
        """Every pair and relation whose probability reaches the threshold (a number, or one per relation)."""
        u, v = self.word_scores(h)
        least = threshold_logits(threshold, u).expand(u.shape[1])
        found = [_select_block(u, v, block, least) for block in blocks(lengths, lengths, self.block_pairs)]
        return gathered(found, like=u)

    def word_scores(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """u and v, each (T, l), in single precision or better: what a word adds to a pair as head and as tail."""
        left, right = self.output.weight.chunk(2, dim=1)
        u = functional.linear(torch.relu(self.first(h)), left)
        v = functional.linear(torch.relu(self.second(h)), right, self.output.bias)
        precision = torch.promote_types(u.dtype, torch.float32)
        return u.to(precision), v.to(precision)


class _SoftplusSum(torch.autograd.Function):
    """Σ w log(1 + exp(u_i + v_j)) over the pairs of all blocks and all relations; the gradient comes in the same pass."""

    @staticmethod
    def forward(ctx: Any, u: Tensor, v: Tensor, weight: Tensor | None, every: list[Block], keep: bool) -> Tensor:
        total = u.new_zeros(())
        grads = [torch.zeros_like(u), torch.zeros_like(v)] if keep else []
        for block in every:
            x = _logits(u, v, block)
            each = functional.logsigmoid(-x)
            total -= (each if weight is None else each.mul_(weight)).sum()
            if keep:
                slope = x.sigmoid_() if weight is None else x.sigmoid_().mul_(weight)
                grads[0][block.a_start : block.a_end] += slope.sum(1)
                grads[1][block.b_start : block.b_end] += slope.sum(0)
        ctx.save_for_backward(*grads)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        return (*(grad * saved for saved in ctx.saved_tensors), None, None, None)


def _logits(u: Tensor, v: Tensor, block: Block) -> Tensor:
    """All logits of a block, (rows, columns, l)."""
    return u[block.a_start : block.a_end, None] + v[None, block.b_start : block.b_end]


def _select_block(u: Tensor, v: Tensor, block: Block, least: Tensor) -> tuple[Tensor, Tensor]:
    """(head, tail, relation) rows and logits of a block's pairs that reach the threshold."""
    # a sum rounds to no more than that of the two largest: most relations are excluded before any pair is computed
    highest = u[block.a_start : block.a_end].amax(0) + v[block.b_start : block.b_end].amax(0)
    possible = (highest >= least).nonzero().squeeze(1)
    logits = _logits(u[:, possible], v[:, possible], block)
    head, tail, relation = (logits >= least[possible]).nonzero(as_tuple=True)
    where = torch.stack([head + block.a_start, tail + block.b_start, possible[relation]], dim=1)
    return where, logits[head, tail, relation]
