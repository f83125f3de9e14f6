"""What a run needs before its first step: documents, model, and checks of both."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch

from relknit.checkpoint import SavedModel, TrainingData, load_model
from relknit.config import Config
from relknit.data.readers import find_splits, read_documents
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.encoders import ENCODERS
from relknit.errors import ConfigError, DataError, short
from relknit.models import MODELS
from relknit.text.align import misplaced_tokens
from relknit.text.names import hashed_names, sentence_hash
from relknit.text.tokenise import token_rule
from relknit.text.windows import usual_window

_Splits = dict[str, tuple[Document, ...]]


@dataclass(frozen=True)
class Plan:
    """A run about to start: its configuration, documents, new (or loaded) model, and warnings for the caller."""

    config: Config
    train: tuple[Document, ...]
    dev: tuple[Document, ...]
    test: tuple[Document, ...]
    saved: SavedModel
    warnings: tuple[str, ...] = field(default=())
    negatives: Mapping[str, tuple[Document, ...]] = field(default_factory=dict)
    """Sentences without a triple, by split: those of train are mixed in, in the others every triple is a false positive."""


def make_plan(
    config: Config, *, start_from: Path | None = None, skip_bad: bool = False, limits: Limits = DEFAULT_LIMITS
) -> Plan:
    """Read the data, check that there is something to learn from it, and build the model.

    start_from: a model folder to fine-tune; it keeps its labels and words and gets those it lacks, and its configuration
    replaces `encoder` and `model`. skip_bad: leave out lines that break the format and warn about them.
    limits: how much of a file is read at once.
    The caller's random state is left as it was. Raises DataError, ConfigError, or CheckpointError for `start_from`.
    """
    reading: dict[str, Any] = {"skip_bad": skip_bad, "limits": limits}
    documents, warnings = _read_splits(config, reading)
    negatives = _read_negatives(config, reading)
    if not any(document.relations for document in documents["train"]):
        raise DataError("no sentence has a relation, so there is nothing to learn", path=config.data.train)
    if not any(map(len, documents["dev"])):
        raise DataError("no sentence has a word; leave data.dev out to set some of train aside", path=config.data.dev)
    train, mixed_in = documents["train"], negatives.get("train", ())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        saved = _grown(start_from, train, mixed_in) if start_from else _new(config, train, mixed_in)
    saved.model.check_documents({**documents, "negatives": mixed_in})
    if start_from:
        warnings += _replaced_settings(config, saved)
        model = saved.model
        config = config.model_copy(update={"encoder": model.encoder.settings, "model": model.settings})
    warnings += _warnings(documents, saved) + _window_warnings((*train, *mixed_in), saved) + _rate_warnings(config)
    return Plan(config, train, documents["dev"], documents["test"], saved, tuple(warnings), negatives)


def fingerprint(plan: Plan) -> str:
    """A digest that distinguishes runs: configuration, labels, sentences of train and dev; no paths and no machine."""
    digest = blake2b(digest_size=16)
    config = plan.config.model_dump_json(exclude={"data": True, "training": {"threads", "device"}})
    digest.update(f"{config}\n{plan.saved.model.labels}\n{sorted(plan.saved.trained_on.sentences)}".encode())
    for split in (plan.train, plan.dev, *([plan.negatives["train"]] if "train" in plan.negatives else [])):
        digest.update(f"\n{len(split)}\n".encode())
        for document in split:
            digest.update(repr((document.id, document.tokens, document.pos)).encode("utf-8", "surrogatepass"))
            digest.update(repr((document.entities, document.relations)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def training_data(documents: Sequence[Document]) -> TrainingData:
    """Hashes of the sentences and entity names, and the length of the window in which longer texts will be read."""
    sentences = frozenset(sentence_hash(document.tokens) for document in documents)
    rule = token_rule(token for document in documents for token in document.tokens)
    return TrainingData(sentences, hashed_names(documents), usual_window(map(len, documents)), rule)


def _read_splits(config: Config, reading: Mapping[str, Any]) -> tuple[_Splits, list[str]]:
    """Every split (empty where none is given), dev set aside from train where there is none, and warnings."""
    if config.data.train is None:
        raise ConfigError("data.train is not set; give a folder with train.jsonl, or a .toml that names the file")
    documents: _Splits = {"train": (), "dev": (), "test": ()}
    warnings = []
    for split in documents:
        path: Path | None = getattr(config.data, split)
        if path is None:
            continue
        result = read_documents(path, **reading)
        documents[split] = result.documents
        if result.skipped:
            warnings.append(f"{split}: {len(result.skipped)} bad lines were left out, the first: {result.skipped[0]}")
    if config.data.dev is None:
        documents["train"], documents["dev"] = _set_aside(documents["train"], config)
        warnings.append(f"no dev split: {len(documents['dev'])} sentences of train were set aside for it")
    return documents, warnings


def _read_negatives(config: Config, reading: Mapping[str, Any]) -> dict[str, tuple[Document, ...]]:
    """The splits in `data.negatives`; raises DataError for a sentence that has a triple."""
    folder = config.data.negatives
    if folder is None:
        return {}
    splits = {}
    for split, path in find_splits(folder, need_train=False).items():
        splits[split] = read_documents(path, **reading).documents
        for document in splits[split]:
            if document.relations:
                message = f"document {document.id!r} has a triple; data.negatives is for sentences without any"
                raise DataError(message, path=path)
    return splits


def _set_aside(train: Sequence[Document], config: Config) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
    if len(train) < 2:
        message = f"{len(train)} sentence is too few to set some aside for dev; add sentences or give data.dev"
        raise DataError(message, path=config.data.train)
    order = list(range(len(train)))
    random.Random(config.training.seed).shuffle(order)
    count = round(config.training.dev_fraction * len(train))
    chosen = set(order[: min(max(1, count), len(train) - 1)])
    kept = tuple(d for k, d in enumerate(train) if k not in chosen)
    return kept, tuple(d for k, d in enumerate(train) if k in chosen)


def _replaced_settings(config: Config, saved: SavedModel) -> list[str]:
    """The settings that have no effect, as the model to fine-tune has other values."""
    model = saved.model
    lost = [
        f"{section}.{name} = {value!r}"
        for section, given, kept in (
            ("encoder", config.encoder, model.encoder.settings),
            ("model", config.model, model.settings),
        )
        for name, value in given.model_dump(exclude_unset=True).items()
        if value != getattr(kept, name, None)
    ]
    return [f"--from keeps the settings of its model; without effect: {', '.join(lost)}"] if lost else []


def _new(config: Config, train: Sequence[Document], negatives: Sequence[Document]) -> SavedModel:
    """A new model. The encoder sees all that the weights will see, so that no word of it is an unknown one."""
    learned = [*train, *negatives]
    model_class = MODELS.get(config.model.name)
    labels = model_class.labels_of(config.model, train)
    encoder = ENCODERS.get(config.encoder.name).from_documents(config.encoder, learned)
    return SavedModel(model_class(config.model, encoder, labels), training_data(learned))


def _grown(folder: Path, train: Sequence[Document], negatives: Sequence[Document]) -> SavedModel:
    """The model in `folder`, grown by the words and labels that only the new training data has."""
    known = load_model(folder)
    try:
        model = known.model.grown(train, negatives)
    except ConfigError as error:
        raise ConfigError(f"{folder}: {error}") from None
    return SavedModel(model, known.trained_on.joined(training_data([*train, *negatives])))


def _warnings(documents: _Splits, saved: SavedModel) -> list[str]:
    """What of the data cannot be learned or scored."""
    train, labels = documents["train"], saved.model.labels
    warnings = []
    for split in ("dev", "test"):
        relations = (relation.type for document in documents[split] for relation in document.relations)
        warnings += _unseen(split, "triples have relations", relations, labels.relations)
        if labels.entity_types:
            types = (entity.type for document in documents[split] for entity in document.entities)
            warnings += _unseen(split, "entities have types", types, labels.entity_types)
    if not any(document.relations for document in documents["dev"]):
        warnings.append("dev: no sentence has a relation, so F1 on dev is always 0 and chooses no epoch")
    misplaced = sum(bool(misplaced_tokens(document)) for document in train)
    if misplaced:
        warnings.append(
            f"train: {misplaced} sentences have tokens that are not where their offsets say; `relknit data doctor`"
        )
    rare = [name for name, count in Counter(r.type for d in train for r in d.relations).items() if count < 3]
    if rare:
        warnings.append(f"train: {len(rare)} relations occur fewer than 3 times, such as {short(rare[0])}")
    return warnings + saved.model.data_warnings(train)


def _window_warnings(learned: Sequence[Document], saved: SavedModel) -> list[str]:
    longest, most = max(learned, key=len), saved.trained_on.max_tokens
    if len(longest) <= most:
        return []
    return [
        f"train: {short(longest.id)} has {len(longest)} tokens, far more than the others; the model will read texts in "
        f"windows of {most} tokens. Split it into sentences if it is a whole text"
    ]


def _rate_warnings(config: Config) -> list[str]:
    rate = config.training.encoder_learning_rate or config.training.learning_rate
    most = config.encoder.highest_usual_rate
    if most is None or rate <= most:
        return []
    return [f"training.encoder_learning_rate = {rate} is high for a {config.encoder.name} encoder; 5e-5 is usual"]


def _unseen(split: str, what: str, names: Iterable[str | None], known: Sequence[str]) -> list[str]:
    unseen = Counter(name for name in names if name is not None and name not in known)
    if not unseen:
        return []
    shown = ", ".join(short(name) for name, _ in unseen.most_common(3))
    return [f"{split}: {unseen.total()} {what} that do not occur in train, such as {shown}"]
