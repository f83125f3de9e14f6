"""From a configuration to an encoder."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from relknit.config import AnyEncoderConfig, EncoderConfig, TransformerConfig
from relknit.nn.encoders.base import Encoder
from relknit.nn.encoders.bilstm import BiLSTMEncoder
from relknit.nn.encoders.transformer import TransformerEncoder, TransformerParts
from relknit.nn.encoders.words import WordTables

EncoderParts: TypeAlias = WordTables | TransformerParts
"""What an encoder knows of words: vocabularies, or a tokenizer and the transformer that belongs to it."""


def build_encoder(config: AnyEncoderConfig, parts: EncoderParts, initial: NDArray[np.float32] | None = None) -> Encoder:
    """The encoder that the configuration describes; `initial` are starting values of a BiLSTM's word table.

    Raises TypeError when the parts are those of the other kind.
    """
    if isinstance(config, TransformerConfig) and isinstance(parts, TransformerParts):
        return TransformerEncoder(config, parts)
    if isinstance(config, EncoderConfig) and isinstance(parts, WordTables):
        return BiLSTMEncoder(config, parts, initial)
    raise TypeError(f"a {config.name} encoder cannot be built from {type(parts).__name__}")
