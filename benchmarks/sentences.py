"""The sentences that benchmarks work on: a JSONL file, or the shipped corpus cut to a data set's sizes. No torch."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from relknit.data.corpus import load_corpus
from relknit.data.readers import read_documents
from relknit.document import Document, Entity, Relation

ROOT: Final = Path(__file__).resolve().parents[1]
WEBNLG: Final = ROOT.parent / "shared" / "data" / "webnlg" / "train.jsonl.gz"
SHIPPED: Final = "shipped"
SHIPPED_NYT: Final = "shipped-nyt"


@dataclass(frozen=True)
class Preset:
    """Sizes of a data set and of the model that its paper trains on it.

    mean_tokens, shape: of the gamma distribution that sentence lengths follow; its standard deviation is mean / sqrt(shape).
    facts: relations a sentence; tagged: fraction of tokens inside an entity.
    """

    relations: int
    rounds: int
    mean_tokens: float
    shape: float
    shortest: int
    longest: int
    facts: int
    tagged: float
    batch_size: int = 50


PRESETS: Final = {
    "webnlg": Preset(170, 2, mean_tokens=24.0, shape=4.2, shortest=5, longest=80, facts=3, tagged=0.28),
    "nyt": Preset(24, 4, mean_tokens=37.8, shape=7.2, shortest=5, longest=100, facts=2, tagged=0.08),
}


def default_data(preset: str = "webnlg", split: str = "train") -> str:
    """A split of WebNLG where it lies beside the repository, else the shipped corpus cut to the preset's sizes."""
    if preset == "nyt":
        return SHIPPED_NYT
    path = WEBNLG.with_name(f"{split}.jsonl.gz")
    return str(path) if path.exists() else SHIPPED


def documents(data: str) -> tuple[Document, ...]:
    """The sentences of a JSONL file, or 2,000 of `tiled` for "shipped" and "shipped-nyt". Raises DataError."""
    if data in (SHIPPED, SHIPPED_NYT):
        preset = PRESETS["nyt" if data == SHIPPED_NYT else "webnlg"]
        return tiled(2000, num_relations=preset.relations, preset=preset)
    return read_documents(data).documents


def lengths(count: int, preset: Preset, *, seed: int = 0) -> list[int]:
    """`count` sentence lengths in tokens, drawn as the preset says."""
    source = random.Random(seed)
    scale = preset.mean_tokens / preset.shape
    drawn = (round(source.gammavariate(preset.shape, scale)) for _ in range(count))
    return [min(preset.longest, max(preset.shortest, length)) for length in drawn]


def tiled(count: int, *, num_relations: int, seed: int = 0, preset: Preset = PRESETS["webnlg"]) -> tuple[Document, ...]:
    """`count` sentences cut from the shipped corpus read round and round, with made-up labels, of the preset's lengths.

    Two entities and the preset's number of relations a sentence, relation types taken in turn, so that all
    `num_relations` occur.
    """
    words = cycle(token for document in load_corpus("train") for token in document.tokens)
    tags = cycle(f"TAG{k}" for k in range(43))
    types = cycle(f"relation-{k}" for k in range(num_relations))
    result = []
    for k, length in enumerate(lengths(count, preset, seed=seed)):
        entities = (Entity(0, 2), Entity(length - 2, length))
        pairs = ((0, 1), (1, 0), (1, 1))[: preset.facts]
        relations = tuple(Relation(h, t, label) for (h, t), label in zip(pairs, types, strict=False))
        result.append(
            Document(f"tiled-{k}", tuple(islice(words, length)), entities, relations, pos=tuple(islice(tags, length)))
        )
    return tuple(result)


def one_sentence(tokens: int, num_relations: int) -> Document:
    """One sentence of that many tokens of the shipped corpus; three relations where it has room for two entities."""
    words = cycle(token for document in load_corpus("train") for token in document.tokens)
    entities = (Entity(0, 2), Entity(tokens - 2, tokens)) if tokens >= 4 else ()
    pairs = ((0, 1), (1, 0), (1, 1)) if entities else ()
    relations = tuple(Relation(h, t, f"relation-{k % num_relations}") for k, (h, t) in enumerate(pairs))
    return Document("one", tuple(islice(words, tokens)), entities, relations)


def data_name(data: str) -> str:
    """What a report calls the data: folder and file, never a whole path."""
    if data in (SHIPPED, SHIPPED_NYT):
        return f"shipped corpus, tiled to {'NYT' if data == SHIPPED_NYT else 'WebNLG'} sizes, made-up labels"
    path = Path(data).resolve()
    return f"{path.parent.name}/{path.name}"


def data_sizes(settings: dict[str, Any]) -> dict[str, Any]:
    """What a report says about the data of training steps."""
    tokens = [len(document) for document in documents(settings["data"])]
    return {
        "data": data_name(settings["data"]),
        "sentences": len(tokens),
        "mean_tokens": round(sum(tokens) / len(tokens), 1),
        "max_tokens": max(tokens),
        "batch_size": settings["batch_size"],
    }
