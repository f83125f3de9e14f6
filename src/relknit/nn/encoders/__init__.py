"""Encoders build their own inputs from tokens and return one row per token: (T, d), sentences end to end."""

from relknit.nn.encoders.base import Encoder, EncoderInput, Sentence
from relknit.nn.encoders.bilstm import BiLSTMEncoder
from relknit.nn.encoders.words import WordTables, build_word_tables

__all__ = ["BiLSTMEncoder", "Encoder", "EncoderInput", "Sentence", "WordTables", "build_word_tables"]
