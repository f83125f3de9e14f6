"""OrderRL: in which order triples are written is learned by reinforcement (Zeng et al., EMNLP 2019).

    s = ½(h→_n + h←_1) of the encoder, and its cell likewise             the state from which the decoder begins
    (o_t, state_t) = LSTM(v_t, state_{t-1})                              no attention; v_t is the vector of the last action
    state ← ½(s + state) before every triple after the first             in the code, not in the paper
    p = softmax([selu(o_t W_r^t) + b_r^t ; selu(o_t w_NA^t) + b_NA^t])   steps 1, 4, …: the relation, or NA
    p = softmax([M ⊗ selu([o_t ; O_i] w_e^t) ; selu(o_t w_NA^t) + b_NA^t])   the others: a word, or NA

    nll:        L = mean over sentences and steps of −log p(y_t), gold triples in the order of the settings
    reinforce:  L = mean over sentences and steps of −log p(a_t | a_<t) r_t, a sampled from p, r_t as `rewards` says

Rewards have no baseline and are not normalised. The released code draws anew for the inputs of the update, so that its
log-probabilities are those of another history; here they are of the sample itself, as in the paper. Other departures from the
code are those of `CopyDecoder`; the first triple begins from s, not from ½ s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from relknit.document import Document
from relknit.errors import ConfigError
from relknit.models.base import Labels
from relknit.models.copy_re.copy_model import CopyModel
from relknit.models.copy_re.decoder import CopyForm
from relknit.models.order_rl.rewards import rewards
from relknit.models.order_rl.settings import OrderRLSettings
from relknit.models.triple_model import TripleBatch


class OrderRL(CopyModel):
    """Trained by the likelihood of gold triples, then by the reward of sampled ones."""

    Settings = OrderRLSettings

    @staticmethod
    def form(settings: OrderRLSettings) -> CopyForm:
        """One cell without attention, and output weights of each step."""
        return CopyForm(heads="per_step", attention=False, restart=True)

    @classmethod
    def labels_of(cls, settings: Any, documents: Sequence[Document]) -> Labels:
        """The same. Raises ConfigError for a new model with the objective "reinforce", whose samples would earn nothing."""
        if settings.objective == "reinforce":
            raise ConfigError(
                "model.objective = 'reinforce' goes on from a trained model; train one with 'nll' first, then name it with --from"
            )
        return super().labels_of(settings, documents)

    def loss(self, batch: TripleBatch, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """ "relation": as for CopyRE, or with "reinforce" −log p of sampled actions times their rewards."""
        if self.settings.objective == "nll":
            return super().loss(batch, generator)
        gold = self.gold_actions(batch.examples)
        steps = self.decoder(self.sentences(batch.inputs, generator), "sample", generator=generator)
        earned = [rewards(*both) for both in zip(steps.actions.tolist(), gold.tolist(), strict=True)]
        reward = torch.tensor(earned, device=self.device).reshape(gold.shape)
        return {"relation": -(steps.of(steps.actions) * reward).mean()}
