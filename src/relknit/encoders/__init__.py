"""Encoders: tokens in, one row of features for every token out. Each is a folder that owns its settings and files.

bilstm/         words, characters, shapes and parts of speech through a BiLSTM
transformer/    word pieces through a pretrained transformer (extra `transformers`)
base.py         what an encoder is to the models above it
"""

from relknit.registry import Registry, parts_of_folders

ENCODERS = Registry("relknit.encoders", lambda: parts_of_folders(__name__, __path__))
