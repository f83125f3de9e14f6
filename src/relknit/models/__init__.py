"""Models: documents in, predictions out. Each is a folder that owns its settings, batches, loss, decoding and files.

rin/              RIN (EMNLP 2020) and its first version, which score every pair of words
graphrel/         GraphRel (ACL 2019): graphs of words and of predicted relations
casrel/           CasRel (ACL 2020): subjects, then their objects in each relation
copy_re/          CopyRE and the copy decoder; copy_mtl/ and order_rl/ are built on it
base.py           what a model is to training, prediction and checkpoints
triple_model.py   what models share that learn gold triples with their spans
"""

from relknit.registry import Registry, parts_of_folders

MODELS = Registry("relknit.models", lambda: parts_of_folders(__name__, __path__))
