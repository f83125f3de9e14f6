"""CopyMTL (Zeng, Zhang and Liu, AAAI 2020): CopyRE with another score of words, and a tagger that finds whole entities.

copy_mtl.py   One and Mul
crf.py        the linear-chain CRF of the tagger
bio.py        BIO tags, and the entity that a copied word ends
settings.py   the [model] section
"""

PARTS = {"copy_mtl": "copy_mtl:CopyMTL"}
