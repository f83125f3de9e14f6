"""Encoders build their own inputs from tokens and return one row per token: (T, d), sentences end to end.

bilstm.py, words.py      words, characters, shapes, parts of speech through a BiLSTM
transformer.py           word pieces through a pretrained transformer (extra `transformers`)
word_pieces.py           words to pieces         pretrained.py   what Hugging Face publishes
own_noise.py             repeatable dropout      distill.py      word vectors from a transformer
"""

from relknit.nn.encoders.base import Encoder, EncoderInput, Sentence
from relknit.nn.encoders.bilstm import BiLSTMEncoder
from relknit.nn.encoders.build import EncoderParts, build_encoder
from relknit.nn.encoders.pretrained import read_transformer
from relknit.nn.encoders.transformer import TransformerEncoder, TransformerParts
from relknit.nn.encoders.words import WordTables, build_word_tables

__all__ = [
    "BiLSTMEncoder",
    "Encoder",
    "EncoderInput",
    "EncoderParts",
    "Sentence",
    "TransformerEncoder",
    "TransformerParts",
    "WordTables",
    "build_encoder",
    "build_word_tables",
    "read_transformer",
]
