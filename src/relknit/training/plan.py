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

from relknit.augment.not_asserted import vocabulary_document
from relknit.checkpoint import LabelCounts, SavedModel, TrainingData, load_model
from relknit.config import Config
from relknit.data.mixture import Mixture
from relknit.data.readers import find_splits, read_documents
from relknit.display import amount
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.encoders import ENCODERS
from relknit.errors import ConfigError, DataError, short
from relknit.metrics.word_gold import WORD_SCORES
from relknit.models import MODELS
from relknit.models.base import JointModel
from relknit.text.align import misplaced_tokens
from relknit.text.names import hashed_names, sentence_hash
from relknit.text.tokenise import token_rule
from relknit.text.windows import usual_window
from relknit.training.defaults import with_defaults
from relknit.training.fine_tuning import Parent, unannotated_labels

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
    parent: Parent | None = None
    """The model to fine-tune."""
    chosen: Mapping[str, Any] = field(default_factory=dict)
    """The settings of [training] that were not given and follow from the size of the data."""
    fold: int = 0
    """The number of the held-out fold in cross-validation, from 1; 0 is the training of the model itself."""


def make_plan(
    config: Config,
    *,
    start_from: Path | None = None,
    adapt: bool = True,
    skip_bad: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Plan:
    """Read the data, check that there is something to learn from it, and build the model.

    start_from: a model folder to fine-tune; it keeps its labels and words and gets those it lacks, and its configuration
    replaces `encoder` and `model`. skip_bad: leave out lines that break the format and warn about them.
    adapt: settings of [training] that are not given follow from the data (`relknit.training.defaults`).
    limits: how much of a file is read at once.
    The caller's random state is left as it was. Raises DataError, ConfigError, or CheckpointError for `start_from`.
    """
    reading: dict[str, Any] = {"skip_bad": skip_bad, "limits": limits}
    documents, warnings = _read_splits(config, reading)
    chosen: dict[str, Any] = {}
    if start_from is None and adapt:
        config, chosen = with_defaults(config, train=len(documents["train"]), dev=len(documents["dev"]))
    warnings += _settle_dev(documents, config)
    negatives = _read_negatives(config, reading)
    if not any(document.relations for document in documents["train"]):
        raise DataError("no sentence has a relation, so there is nothing to learn", path=config.data.train)
    if not config.training.folds and not any(map(len, documents["dev"])):
        raise DataError("no sentence has a word; leave data.dev out to set some of train aside", path=config.data.dev)
    train, mixed_in = documents["train"], negatives.get("train", ())
    parent = None
    if start_from is not None:
        known = load_model(start_from)
        unannotated = unannotated_labels(known.model, train, config.training.annotates)
        parent = Parent(start_from, known, unannotated, _read_old(config, reading))
    saved = build_model(config, train, mixed_in, parent)
    if not saved.model.learns_scopes and any(document.scope is not None for document in train):
        name = config.model.name
        raise ConfigError(
            f"the model {name!r} cannot learn from sentences in which not everything is annotated; use another model"
        )
    selected = set(config.training.select_by.split("+"))
    if not saved.model.spans and not selected & set(WORD_SCORES):
        problem = f"but the model {config.model.name!r} predicts words and not spans; use {' or '.join(WORD_SCORES)}"
        raise ConfigError(f"training.select_by = {config.training.select_by!r}, {problem}")
    saved.model.check_documents({**documents, "negatives": mixed_in})
    if start_from:
        warnings += _replaced_settings(config, saved) + _unannotated_warnings(saved.model)
        model = saved.model
        config = config.model_copy(update={"encoder": model.encoder.settings, "model": model.settings})
    warnings += _warnings(documents, saved) + _window_warnings((*train, *mixed_in), saved) + _rate_warnings(config)
    dev, test = documents["dev"], documents["test"]
    return Plan(config, train, dev, test, saved, tuple(warnings), negatives, parent, chosen)


def build_model(
    config: Config, train: Sequence[Document], negatives: Sequence[Document], parent: Parent | None
) -> SavedModel:
    """A new model, drawn by the seed, or the parent grown by the words and labels that only these sentences have."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.training.seed)
        if parent is None:
            return _new(config, train, negatives)
        saved = _grown(parent, config, train, negatives)
        saved.model.teacher = parent.teacher(config.training)
        return saved


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
            if document.unknown:
                digest.update(repr(document.unknown).encode("utf-8", "surrogatepass"))
            if document.scope is not None:
                scope = document.scope
                relations = None if scope.relations is None else sorted(scope.relations)
                digest.update(
                    repr((relations, scope.entities, scope.types, scope.missing_types, scope.weight)).encode()
                )
    return digest.hexdigest()


def training_data(documents: Sequence[Document]) -> TrainingData:
    """Hashes of sentences and entity names, counts of labels, and the length of the window for longer texts."""
    sentences = frozenset(sentence_hash(document.tokens) for document in documents)
    window = usual_window(map(len, documents))
    rule = token_rule(token for document in documents for token in document.tokens)
    return TrainingData(sentences, hashed_names(documents), window, LabelCounts.of(documents), rule)


def _read_splits(config: Config, reading: Mapping[str, Any]) -> tuple[_Splits, list[str]]:
    """Every split (empty where none is given), and warnings."""
    if config.data.mixture is not None:
        return _read_mixture(config, config.data.mixture, reading)
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
    return documents, warnings


def _read_mixture(config: Config, path: Path, reading: Mapping[str, Any]) -> tuple[_Splits, list[str]]:
    """The splits of a mixture; dev and test that are given replace its own."""
    if config.data.train is not None:
        raise ConfigError("both data.mixture and data.train are set; leave one of them out")
    documents = Mixture.read(path).documents(**reading)
    for split in ("dev", "test"):
        given: Path | None = getattr(config.data, split)
        if given is not None:
            documents[split] = read_documents(given, **reading).documents
    return documents, []


def _settle_dev(documents: _Splits, config: Config) -> list[str]:
    """Join dev to train where folds replace it, or set a part of train aside where dev is not given."""
    train, dev = documents["train"], documents["dev"]
    folds = config.training.folds
    if folds > len(train) + len(dev):
        raise ConfigError(f"training.folds = {folds}, but train and dev have {len(train) + len(dev)} sentences")
    if folds:
        documents["train"], documents["dev"] = (*train, *dev), ()
        had = f"only {len(dev)} sentences in dev" if dev else "no dev split"
        return [f"{had}: cross-validation in {folds} folds of all {len(train) + len(dev)} sentences replaces it"]
    if config.data.dev is not None or dev:
        return []
    documents["train"], documents["dev"] = _set_aside(train, config)
    return [f"no dev split: {len(documents['dev'])} sentences of train were set aside for it"]


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


def _read_old(config: Config, reading: Mapping[str, Any]) -> tuple[Document, ...]:
    return () if config.data.old is None else read_documents(config.data.old, **reading).documents


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


def _unannotated_warnings(model: JointModel) -> list[str]:
    """That some relations of the model are not annotated, and what that means."""
    if model.teacher is None or not model.teacher.unannotated.relations:
        return []
    names, warnings = model.teacher.unannotated.relations, []
    if model.labels.entity_types and not model.teacher.model.labels.entity_types:
        warnings.append(
            "the model has no entity types and train has: each entity that it knows has to become one of these types, and many "
            "of its relations are lost with their entities. Leave the types out of the data to keep them"
        )
    return [
        *warnings,
        f"{amount(len(names), 'relation')} of the model, such as {short(names[0])}, do not occur in train: it learns to predict "
        "them as before, and they are left aside in the scores of dev and test. Name in training.annotates what train annotates",
    ]


def _new(config: Config, train: Sequence[Document], negatives: Sequence[Document]) -> SavedModel:
    """A new model. The encoder sees all that the weights will see, so that no word of it is an unknown one."""
    learned = [*train, *negatives]
    model_class = MODELS.get(config.model.name)
    labels = model_class.labels_of(config.model, train)
    encoder = ENCODERS.get(config.encoder.name).from_documents(config.encoder, [*learned, *_added(config)])
    return SavedModel(model_class(config.model, encoder, labels), training_data(learned))


def _added(config: Config) -> list[Document]:
    """Documents with the words that augmentation adds to training sentences."""
    return [vocabulary_document()] if config.training.not_asserted else []


def _grown(parent: Parent, config: Config, train: Sequence[Document], negatives: Sequence[Document]) -> SavedModel:
    """The parent, grown by the words and labels that only the new training data has."""
    try:
        model = parent.saved.model.grown(train, [*negatives, *_added(config)])
    except ConfigError as error:
        raise ConfigError(f"{parent.folder}: {error}") from None
    model.settings = model.settings.changed_to(config.model)
    return SavedModel(model, parent.saved.trained_on.joined(training_data([*train, *negatives])))


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
    if documents["dev"] and not any(document.relations for document in documents["dev"]):
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
    high = f"training.encoder_learning_rate = {rate} is high for a {config.encoder.name} encoder"
    return [f"{high}, which may forget what it knows; leave it out, or set at most {most}"]


def _unseen(split: str, what: str, names: Iterable[str | None], known: Sequence[str]) -> list[str]:
    unseen = Counter(name for name in names if name is not None and name not in known)
    if not unseen:
        return []
    shown = ", ".join(short(name) for name, _ in unseen.most_common(3))
    return [f"{split}: {unseen.total()} {what} that do not occur in train, such as {shown}"]
