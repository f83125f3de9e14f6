"""Encoders: tokens in, one row of features for every token out. Each is a folder that owns its settings and files.

bilstm/         words, characters, shapes and parts of speech through a BiLSTM
transformer/    word pieces through a pretrained transformer (extra `transformers`)
base.py         what an encoder is to the models above it
"""

from relknit.registry import Registry

ENCODERS = Registry(
    "relknit.encoders",
    {
        "bilstm": "relknit.encoders.bilstm.bilstm:BiLSTMEncoder",
        "transformer": "relknit.encoders.transformer.transformer:TransformerEncoder",
    },
)
