"""All a run needs before its first step: documents, model, and checks that save an hour of training for nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from relknit.checkpoint import SavedModel, TrainingData, load_model, sentence_hash
from relknit.config import AnyEncoderConfig, Config, EncoderConfig, TransformerConfig
from relknit.data.readers import find_splits, read_documents
from relknit.data.symptoms import misplaced_tokens
from relknit.data.vectors import load_vectors
from relknit.document import Document
from relknit.errors import ConfigError, DataError
from relknit.metrics import hashed_names
from relknit.models import Labels, build_model
from relknit.models.grow import joined_labels, joined_tables, take_over
from relknit.nn.encoders import (
    BiLSTMEncoder,
    EncoderParts,
    TransformerEncoder,
    build_word_tables,
    read_transformer,
)
from relknit.tags import flat_entities

_Splits = dict[str, tuple[Document, ...]]


@dataclass(frozen=True)
class Plan:
    """A run about to start: its configuration, documents, fresh (or loaded) model, and warnings for its owner."""

    config: Config
    train: tuple[Document, ...]
    dev: tuple[Document, ...]
    test: tuple[Document, ...]
    saved: SavedModel
    warnings: tuple[str, ...] = field(default=())
    no_fact: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)
    """Sentences without a triple, by split: those of train are mixed in, in the others anything found is wrong."""


def make_plan(config: Config, *, start_from: Path | None = None, skip_bad: bool = False) -> Plan:
    """Read the data, look for what would make training pointless, and build the model.

    start_from: a model folder to fine-tune; it keeps its labels and words and gets those it lacks, and its configuration
    replaces `encoder` and `model`. skip_bad: leave out lines that break the format and warn about them.
    The caller's random state is left as it was. Raises DataError, ConfigError, or CheckpointError for `start_from`.
    """
    documents, warnings = _read_splits(config, skip_bad)
    no_fact = _read_no_fact(config, skip_bad)
    _check(documents, config)
    learned = (*documents["train"], *no_fact.get("train", ()))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        saved = _continue(start_from, documents, learned) if start_from else _fresh(config, documents, learned)
    if start_from:
        warnings += _replaced_settings(config, saved)
        config = config.model_copy(update={"encoder": saved.encoder, "model": saved.config})
    auto_typed = config.model.typed_entities == "auto" and not start_from
    warnings += [*_warnings(documents, saved.model.labels, auto_typed=auto_typed), *_rate_warnings(config)]
    return Plan(config, documents["train"], documents["dev"], documents["test"], saved, tuple(warnings), no_fact)


def fingerprint(plan: Plan) -> str:
    """Tells one run from another: configuration, labels, and the sentences of train and dev; not where it runs, not paths."""
    digest = blake2b(digest_size=16)
    config = plan.config.model_dump_json(exclude={"data": True, "training": {"threads", "device"}})
    digest.update(f"{config}\n{plan.saved.model.labels}\n{sorted(plan.saved.trained_on.sentences)}".encode())
    for split in (plan.train, plan.dev, *([plan.no_fact["train"]] if "train" in plan.no_fact else [])):
        digest.update(f"\n{len(split)}\n".encode())
        for document in split:
            digest.update(repr((document.id, document.tokens, document.pos)).encode("utf-8", "surrogatepass"))
            digest.update(repr((document.entities, document.relations)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


SHORTEST_WINDOW: Final = 64
"""Tokens. Where all training sentences are shorter, whole sentences of this length are still read in one piece."""


def training_data(documents: Sequence[Document]) -> TrainingData:
    """Hashes of the sentences and entity names, and the length of the longest sentence."""
    return TrainingData(
        frozenset(sentence_hash(document.tokens) for document in documents),
        hashed_names(documents),
        max(SHORTEST_WINDOW, *(len(document) for document in documents)),
    )


def _read_splits(config: Config, skip_bad: bool) -> tuple[_Splits, list[str]]:
    """Every split (empty where none is given), dev set aside from train where there is none, and warnings."""
    if config.data.train is None:
        raise ConfigError("data.train is not set; give a folder with train.jsonl, or a .toml that names the file")
    documents: _Splits = {"train": (), "dev": (), "test": ()}
    warnings = []
    for split in documents:
        path: Path | None = getattr(config.data, split)
        if path is None:
            continue
        result = read_documents(path, skip_bad=skip_bad)
        documents[split] = result.documents
        if result.skipped:
            warnings.append(f"{split}: {len(result.skipped)} bad lines were left out, the first: {result.skipped[0]}")
    if config.data.dev is None:
        documents["train"], documents["dev"] = _set_aside(documents["train"], config)
        warnings.append(f"no dev split: {len(documents['dev'])} sentences of train were set aside for it")
    return documents, warnings


def _read_no_fact(config: Config, skip_bad: bool) -> dict[str, tuple[Document, ...]]:
    """The splits in `data.no_fact`; raises DataError for a sentence that has a triple."""
    folder = config.data.no_fact
    if folder is None:
        return {}
    splits = {}
    for split, path in find_splits(folder, need_train=False).items():
        splits[split] = read_documents(path, skip_bad=skip_bad).documents
        for document in splits[split]:
            if document.relations:
                message = f"document {document.id!r} has a triple; data.no_fact is for sentences without any"
                raise DataError(message, path=path)
    return splits


def _set_aside(train: Sequence[Document], config: Config) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
    if len(train) < 2:
        message = f"{len(train)} sentence is too few to set some aside for dev; add sentences or give data.dev"
        raise DataError(message, path=config.data.train)
    order = list(range(len(train)))
    random.Random(config.training.seed).shuffle(order)
    count = round(config.training.dev_share * len(train))
    chosen = set(order[: min(max(1, count), len(train) - 1)])
    kept = tuple(d for k, d in enumerate(train) if k not in chosen)
    return kept, tuple(d for k, d in enumerate(train) if k in chosen)


def _replaced_settings(config: Config, saved: SavedModel) -> list[str]:
    """What was set otherwise than the model to fine-tune has it, and so has no effect."""
    lost = [
        f"{section}.{name} = {value!r}"
        for section, given, kept in (("encoder", config.encoder, saved.encoder), ("model", config.model, saved.config))
        for name, value in given.model_dump(exclude_unset=True).items()
        if value != getattr(kept, name)
    ]
    return [f"--from keeps the settings of its model; without effect: {', '.join(lost)}"] if lost else []


def _check(documents: _Splits, config: Config) -> None:
    if not any(document.relations for document in documents["train"]):
        message = "no sentence has a relation, so there is nothing to learn; annotate some triples"
        raise DataError(message, path=config.data.train)
    if not any(len(document) for document in documents["dev"]):
        raise DataError("no sentence has a word; leave data.dev out to set some of train aside", path=config.data.dev)


def _check_pos(documents: _Splits, encoder: AnyEncoderConfig) -> None:
    if not isinstance(encoder, EncoderConfig):
        return
    for split in documents if encoder.pos_dim else ():
        if any(document.pos is None for document in documents[split]):
            raise ConfigError(
                f"encoder.pos_dim = {encoder.pos_dim}, but {split} has sentences without pos; "
                "add pos to all of them, or train a model with encoder.pos_dim = 0"
            )


def _fresh(config: Config, documents: _Splits, learned: Sequence[Document]) -> SavedModel:
    """learned: all that the weights will see, so that no word of it is an unknown one."""
    train = documents["train"]
    _check_pos(documents | {"no_fact": tuple(learned)}, config.encoder)
    labels = Labels.of(train, typed={"auto": None, "yes": True, "no": False}[config.model.typed_entities])
    if config.model.typed_entities == "yes" and not labels.entity_types:
        raise ConfigError("model.typed_entities = 'yes', but no entity of train has a type; use 'auto' or 'no'")
    parts, initial = _encoder_parts(config.encoder, learned)
    model = build_model(config.encoder, config.model, labels, parts, initial)
    return SavedModel(model, config.encoder, config.model, training_data(learned))


def _encoder_parts(
    encoder: AnyEncoderConfig, train: Sequence[Document]
) -> tuple[EncoderParts, NDArray[np.float32] | None]:
    """What the encoder knows of words before training, and the initial word table where there is one."""
    if isinstance(encoder, TransformerConfig):
        if not encoder.source:
            raise ConfigError("encoder.source is not set; give a Hugging Face encoder, its folder or name on the hub")
        return read_transformer(encoder.source), None
    vectors = load_vectors(encoder.vectors) if encoder.vectors else None
    if vectors is not None and vectors.dim != encoder.word_dim:
        raise ConfigError(
            f"encoder.word_dim = {encoder.word_dim}, but {encoder.vectors} has {vectors.dim}; make them equal"
        )
    return build_word_tables(train, encoder, vectors)


def _continue(folder: Path, documents: _Splits, learned: Sequence[Document]) -> SavedModel:
    """The model in `folder`, grown by the words and labels that only the new training data has."""
    known, train = load_model(folder), documents["train"]
    _check_pos(documents | {"no_fact": tuple(learned)}, known.encoder)
    old = known.model
    labels = joined_labels(old.labels, Labels.of(train))
    if labels.entity_types and any(entity.type is None for document in train for entity in document.entities):
        # what the tagger has no tag for it would learn to leave out
        raise ConfigError(f"{folder} tags entities with types, and train has entities without; give them types")
    model = build_model(known.encoder, known.config, labels, _grown_parts(folder, known, learned))
    take_over(model, old)
    model.decoding = old.decoding
    earlier, new = known.trained_on, training_data(learned)
    both = TrainingData(
        earlier.sentences | new.sentences, earlier.names | new.names, max(earlier.max_tokens, new.max_tokens)
    )
    return SavedModel(model, known.encoder, known.config, both)


def _grown_parts(folder: Path, known: SavedModel, train: Sequence[Document]) -> EncoderParts:
    """What the model's encoder knows of words, with the words of train where it keeps a table of them."""
    encoder = known.model.encoder
    if isinstance(encoder, BiLSTMEncoder) and isinstance(known.encoder, EncoderConfig):
        return joined_tables(encoder.words.tables, build_word_tables(train, known.encoder, None)[0])
    if isinstance(encoder, TransformerEncoder):
        return encoder.parts
    raise ConfigError(f"{folder}: an encoder of type {type(encoder).__name__} cannot be fine-tuned")


def _warnings(documents: _Splits, labels: Labels, *, auto_typed: bool) -> list[str]:
    """auto_typed: whether to say so where types of train are not learned because most entities have none."""
    train = documents["train"]
    warnings = []
    for split in ("dev", "test"):
        warnings += _unseen(split, documents[split], "triples have relations", _relation_types, labels.relations)
        if labels.entity_types:
            warnings += _unseen(split, documents[split], "entities have types", _entity_types, labels.entity_types)
    if not any(document.relations for document in documents["dev"]):
        warnings.append("dev: no sentence has a relation, so F1 on dev is always 0 and chooses no epoch")
    nested = sum(len(flat_entities(d.entities)) < len({(e.start, e.end) for e in d.entities}) for d in train)
    if nested:
        warnings.append(
            f"train: {nested} sentences have nested entities; flat tags keep those that more relations need"
        )
    misplaced = sum(bool(misplaced_tokens(document)) for document in train)
    if misplaced:
        warnings.append(
            f"train: {misplaced} sentences have tokens that are not where their offsets say; `relknit data doctor`"
        )
    rare = [name for name, count in Counter(r.type for d in train for r in d.relations).items() if count < 3]
    if rare:
        warnings.append(f"train: {len(rare)} relations occur fewer than 3 times, such as {rare[0]!r}")
    types = [entity.type for document in train for entity in document.entities]
    untyped = types.count(None)
    if not 0 < untyped < len(types):
        return warnings
    if labels.entity_types:
        warnings.append(f"train: {untyped} entities have no type while others have; they are learned as no entities")
    elif auto_typed:
        warnings.append(
            f"train: {untyped} of {len(types)} entities have no type, so none is learned; model.typed_entities says otherwise"
        )
    return warnings


HIGHEST_USUAL_RATE: Final = 5e-4
"""Above it a pretrained transformer soon forgets what it knows; 2e-5 to 1e-4 are usual."""


def _rate_warnings(config: Config) -> list[str]:
    training, encoder = config.training, config.encoder
    rate = training.encoder_learning_rate or training.learning_rate
    if not isinstance(encoder, TransformerConfig) or encoder.frozen or rate <= HIGHEST_USUAL_RATE:
        return []
    return [f"the transformer learns at {rate}, which is high for one; try training.encoder_learning_rate=5e-5"]


def _relation_types(document: Document) -> list[str]:
    return [relation.type for relation in document.relations]


def _entity_types(document: Document) -> list[str]:
    return [entity.type for entity in document.entities if entity.type is not None]


def _unseen(
    split: str,
    documents: Sequence[Document],
    what: str,
    names: Callable[[Document], list[str]],
    known: tuple[str, ...],
) -> list[str]:
    unseen = Counter(name for document in documents for name in names(document) if name not in known)
    if not unseen:
        return []
    shown = ", ".join(repr(name) for name, _ in unseen.most_common(3))
    return [f"{split}: {unseen.total()} {what} that train never shows, such as {shown}"]
