"""CopyRE (Zeng et al., ACL 2018): a decoder that writes triples, and copies the words of their entities from the sentence.

copy_re.py      OneDecoder and MultiDecoder
copy_model.py   what the three systems with this decoder share: CopyRE, CopyMTL (`copy_mtl`) and OrderRL (`order_rl`)
decoder.py      the decoder
triples.py      from triples to the steps of the decoder, and back
settings.py     the [model] section, and what the three systems share of it
"""

PARTS = {"copy_re": "copy_re:CopyRE"}
