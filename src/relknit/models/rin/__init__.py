"""RIN and its first version: models that tag every word and score every pair of words.

rin.py               RIN as EMNLP 2020 prints it       interaction.py, pair_scorer.py          its parts
rin_v1.py            its first version                 task_interaction.py, additive_scorer.py  its parts
word_pairs.py        what both learn from, and how they predict and are tuned
batch.py             prepared sentences and batches
decoding.py          from tags and word pairs to entities and triples
settings.py          the [model] section of both
"""

PARTS = {"rin": "rin:RIN", "rin_v1": "rin_v1:RINv1"}
