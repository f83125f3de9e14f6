"""Which weights learn how fast: the encoder at a rate of its own, and weight decay where there is something to decay."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from relknit.config import TrainingConfig
from relknit.models.base import JointModel


def build_optimiser(model: JointModel, config: TrainingConfig) -> torch.optim.Optimizer:
    """Adam over all weights that learn; with weight decay AdamW, which spares biases and norms (all that has one dimension).

    The `factor` of a group multiplies the scheduled rate: `encoder_learning_rate / learning_rate` for the
    encoder, 1 for the rest. Parameters keep the model's order, within one group if nothing distinguishes them.
    """
    own_rate = config.encoder_learning_rate
    factor = 1.0 if own_rate is None else own_rate / config.learning_rate
    of_encoder = {id(parameter) for parameter in model.encoder.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            decay = config.weight_decay if parameter.dim() > 1 else 0.0
            groups.setdefault((factor if id(parameter) in of_encoder else 1.0, decay), []).append(parameter)
    described: list[dict[str, Any]] = [
        {"params": parameters, "lr": config.learning_rate * scale, "factor": scale, "weight_decay": decay}
        for (scale, decay), parameters in groups.items()
    ]
    kind = torch.optim.AdamW if config.weight_decay else torch.optim.Adam
    return kind(described, lr=config.learning_rate, fused=True)
