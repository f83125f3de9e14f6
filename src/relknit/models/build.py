"""From a configuration and vocabularies to a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from relknit.config import EncoderConfig, ModelConfig
from relknit.models.base import JointModel, Labels
from relknit.models.rin import RIN
from relknit.nn.encoders import BiLSTMEncoder, WordTables


def build_model(
    encoder: EncoderConfig,
    model: ModelConfig,
    labels: Labels,
    tables: WordTables,
    initial: NDArray[np.float32] | None = None,
) -> JointModel:
    """The model that the configuration describes, freshly initialised from torch's random state.

    initial: (words, word_dim) starting values of the word table, or None.
    """
    return RIN(model, BiLSTMEncoder(encoder, tables, initial), labels)
