"""A linear-chain conditional random field: p(tags) ∝ exp(start + Σ_i emission_i + Σ_i transition_{i,i+1} + end)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CRF(nn.Module):
    """Scores of first tags, of last tags and of neighbouring tags, all learned; sentences are padded.

    emissions: (S, n, tags), a score of every tag for every word. inside: (S, n) bool, false for padding, which follows the words.
    A sentence without words has one sequence of tags, the empty one, with probability 1.
    """

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(tags).uniform_(-0.1, 0.1))
        self.transition = nn.Parameter(torch.empty(tags, tags).uniform_(-0.1, 0.1))

    def score(self, emissions: Tensor, inside: Tensor, tags: Tensor) -> Tensor:
        """The unnormalised log-probability of these tags (S, n) int64, (S,); those of padding may be any."""
        if not emissions.shape[1]:
            return emissions.new_zeros(len(emissions))
        own = emissions.gather(2, tags[..., None]).squeeze(2)
        total = (own * inside).sum(1)
        total = total + (self.transition[tags[:, :-1], tags[:, 1:]] * inside[:, 1:]).sum(1)
        last = tags.gather(1, (inside.sum(1, keepdim=True) - 1).clamp(min=0)).squeeze(1)
        return total + (self.start[tags[:, 0]] + self.end[last]) * inside[:, 0]

    def log_partition(self, emissions: Tensor, inside: Tensor) -> Tensor:
        """log Σ exp(score) over all sequences of tags, (S,), by the forward algorithm."""
        if not emissions.shape[1]:
            return emissions.new_zeros(len(emissions))
        alpha = self.start + emissions[:, 0]
        for i in range(1, emissions.shape[1]):
            following = torch.logsumexp(alpha[:, :, None] + self.transition, dim=1) + emissions[:, i]
            alpha = torch.where(inside[:, i, None], following, alpha)
        return torch.logsumexp(alpha + self.end, dim=1) * inside[:, 0]

    def loss(self, emissions: Tensor, inside: Tensor, tags: Tensor) -> Tensor:
        """−log p of the tags of every sentence, (S,)."""
        return self.log_partition(emissions, inside) - self.score(emissions, inside, tags)

    @torch.no_grad()
    def best(self, emissions: Tensor, inside: Tensor) -> list[list[int]]:
        """The most probable tags of every sentence, by the Viterbi algorithm."""
        if not emissions.shape[1]:
            return [[] for _ in emissions]
        alpha, steps = self.start + emissions[:, 0], []
        for i in range(1, emissions.shape[1]):
            score, before = (alpha[:, :, None] + self.transition).max(dim=1)
            alpha = torch.where(inside[:, i, None], score + emissions[:, i], alpha)
            steps.append(before.tolist())
        found = []
        for row, (size, last) in enumerate(
            zip(inside.sum(1).tolist(), (alpha + self.end).argmax(1).tolist(), strict=True)
        ):
            tags = [last] * min(size, 1)
            for before in reversed(steps[: max(size - 1, 0)]):
                tags.append(before[row][tags[-1]])
            found.append(tags[::-1])
        return found
