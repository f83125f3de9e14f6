"""From a configuration and vocabularies to a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relknit.config import AnyEncoderConfig, ModelConfig
from relknit.models.base import JointModel, Labels
from relknit.models.rin import RIN
from relknit.models.rin_v1 import RINv1
from relknit.nn.encoders import Encoder, EncoderParts, build_encoder

MODELS: Final[dict[str, Callable[[ModelConfig, Encoder, Labels], JointModel]]] = {"rin": RIN, "rin_v1": RINv1}


def build_model(
    encoder: AnyEncoderConfig,
    model: ModelConfig,
    labels: Labels,
    parts: EncoderParts,
    initial: NDArray[np.float32] | None = None,
) -> JointModel:
    """The model that the configuration describes, freshly initialised from torch's random state.

    parts: what the encoder knows of words. initial: (words, word_dim) starting values of a BiLSTM's word table, or None.
    """
    return MODELS[model.name](model, build_encoder(encoder, parts, initial), labels)
