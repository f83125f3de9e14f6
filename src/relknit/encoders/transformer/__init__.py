"""A pretrained transformer as the encoder (extra `transformers`).

transformer.py       the encoder
architecture.py      which transformers are built, and within which sizes
sequences.py         word pieces of a batch as sequences that the transformer has positions for
word_pieces.py       words to pieces           tokenizer_rules.py   which tokenizers are run
pretrained.py        what Hugging Face publishes, read once when a training begins
own_generator.py     repeatable dropout        distill.py           word vectors from a transformer
settings.py          the [encoder] section
"""

PARTS = {"transformer": "transformer:TransformerEncoder"}
