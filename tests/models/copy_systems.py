"""The six models with a copy decoder, small, and sentences that they can learn."""

from __future__ import annotations

import random
from typing import Any

import torch

from relknit.document import Document, Entity, Relation
from relknit.encoders.bilstm.settings import BiLSTMSettings
from relknit.models import MODELS
from relknit.models.copy_re.copy_model import CopyModel
from tests.building import build_model

SYSTEMS: dict[str, dict[str, Any]] = {
    "CopyRE One": {"name": "copy_re"},
    "CopyRE Multi": {"name": "copy_re", "decoder": "multi"},
    "CopyRE without attention": {"name": "copy_re", "attention": False},
    "CopyMTL One": {"name": "copy_mtl"},
    "CopyMTL Mul": {"name": "copy_mtl", "decoder": "multi"},
    "OrderRL": {"name": "order_rl"},
}
ENCODER: dict[str, Any] = {"word_dim": 16, "char_dim": 0, "shape_dim": 0, "hidden": 16, "num_layers": 1} | {
    name: 0.0 for name in ("input_dropout", "layer_dropout", "word_dropout")
}


def sentence(number: int) -> Document:
    """ "Ada1 Low met Bo1 in Ur1 ." with 0 to 2 triples, by its number."""
    tokens = (f"Ada{number}", "Low", "met" if number % 3 else "saw", f"Bo{number}", "in", f"Ur{number}", ".")
    entities = (Entity(0, 2), Entity(3, 4), Entity(5, 6))
    met = (Relation(0, 1, "met"),) if number % 3 else ()
    lives = (Relation(1, 2, "lives_in"),) if number % 2 else ()
    return Document(f"s{number}", tokens, entities, (*met, *lives))


def model_of(system: str, documents: list[Document], *, encoder: dict[str, Any] = ENCODER, **changes: Any) -> CopyModel:
    values = SYSTEMS[system] | changes
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = build_model(BiLSTMSettings(**encoder), MODELS.get(values["name"]).Settings(**values), documents)
    assert isinstance(made, CopyModel)
    return made.eval()


def any_document(seed: int, words: int, triples: int) -> Document:
    """Flat entities and triples between the first and last of them and others, drawn by the seed."""
    drawn = random.Random(seed)
    cuts = sorted(drawn.sample(range(words + 1), min(10, words + 1) // 2 * 2))
    entities = tuple(Entity(*cuts[k : k + 2]) for k in range(0, len(cuts), 2))
    pairs = [(i, j, r) for i in range(len(entities)) for j in range(len(entities)) for r in ("a", "b")]
    chosen = drawn.sample(pairs, min(triples, len(pairs)))
    tokens = tuple(f"w{drawn.randrange(40)}" for _ in range(words))
    return Document(f"d{seed}", tokens, entities, tuple(Relation(i, j, r) for i, j, r in chosen))
