"""The BiLSTM encoder of the paper, and what a word looks like to it.

bilstm.py          the encoder
word_features.py   word ⊕ characters ⊕ shape ⊕ part of speech
vocabulary.py      from words, characters, shapes and tags to numbers
settings.py        the [encoder] section
"""

PARTS = {"bilstm": "bilstm:BiLSTMEncoder"}
