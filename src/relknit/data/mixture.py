"""Several datasets as one to train on, though each annotates other things.

    dev = ["everyday"]                  # whose dev and test splits are used; not given: of all sources

    [sources.everyday]
    folder = "data/everyday"            # with train.jsonl and, if there are any, dev.jsonl and test.jsonl

    [sources.redocred]
    folder = "data/redocred"
    weight = 0.5                        # each epoch has half of its sentences
    relations = ["spouse", "child"]     # what it annotates; not given: every relation
    types = { MISC = ["work", "event"] }  # an entity of type MISC is one of these

    [sources.docred-entities]
    folder = "data/docred-entities"
    relations = []                      # entities alone

What a source does not annotate is unknown in its sentences, not absent: it takes no part in the loss (see `Scope`). A key
"annotated" in a line of JSONL, a list of relations, holds for that sentence and comes before `relations` of its source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from relknit.data.readers import find_splits, read_documents
from relknit.data.readers.splits import SPLITS
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.document.scope import Scope
from relknit.errors import ConfigError, short
from relknit.settings import FilePath, Section, complaint, read_toml

_Names = Annotated[tuple[str, ...], Field(strict=False)]
_KNOWN_KEYS: Final = ("sources", "dev")


class SourceSettings(Section):
    """A section [sources.NAME]."""

    folder: FilePath = Field(description="of train.jsonl and, if there are any, dev.jsonl and test.jsonl")
    weight: float = Field(default=1.0, gt=0, le=100, description="how often each sentence is trained on in an epoch")
    relations: _Names | None = Field(
        default=None, description="the relations whose triples are all annotated; not given: every relation"
    )
    entities: Literal["all", "some"] = Field(
        default="all", description="some: there may be entities that are not annotated"
    )
    types: Mapping[str, _Names] = Field(
        default={}, description="the possible types of entities whose annotated type leaves open which; '' is no type"
    )

    missing_types: _Names = Field(
        default=(), description="types of other sources that are not annotated: words outside of entities may have them"
    )

    @property
    def scope(self) -> Scope:
        """What the annotations of the source cover."""
        relations = None if self.relations is None else frozenset(self.relations)
        types = tuple(sorted(self.types.items()))
        return Scope(relations, self.entities == "all", types, self.missing_types, self.weight)


@dataclass(frozen=True)
class Mixture:
    """Sources by name, and those whose dev and test splits are used. Raises ConfigError for one that is unknown."""

    sources: Mapping[str, SourceSettings]
    dev: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.sources:
            raise ConfigError("a mixture has no source; add a section [sources.NAME] with a folder")
        for name in self.dev:
            if name not in self.sources:
                raise ConfigError(f"dev names the source {short(name)}, expected one of {', '.join(self.sources)}")

    @classmethod
    def read(cls, path: str | Path) -> Mixture:
        """From a TOML file, whose relative folders are taken from its own folder. Raises ConfigError."""
        path = Path(path)
        values = read_toml(path, fix="give the .toml file of a mixture")
        try:
            return cls._of(values, path.parent)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from None

    @classmethod
    def _of(cls, values: Mapping[str, Any], folder: Path) -> Mixture:
        for key in values:
            if key not in _KNOWN_KEYS:
                raise ConfigError(f"unknown key {key}; known here: {', '.join(_KNOWN_KEYS)}")
        sections, dev = values.get("sources", {}), values.get("dev", [])
        if not isinstance(sections, Mapping):
            raise ConfigError(f"sources = {short(sections)}, expected sections [sources.NAME]")
        if not isinstance(dev, list) or not all(isinstance(name, str) for name in dev):
            raise ConfigError(f"dev = {short(dev)}, expected a list of names of sources")
        return cls({name: _settings(name, given, folder) for name, given in sections.items()}, tuple(dev))

    def documents(self, *, skip_bad: bool = False, limits: Limits = DEFAULT_LIMITS) -> dict[str, tuple[Document, ...]]:
        """The documents of train, dev and test, those of train with their `scope`.

        Raises DataError for a file that is missing or breaks the format, and ConfigError where labels contradict each other.
        """
        found: dict[str, list[Document]] = {split: [] for split in SPLITS}
        for name, settings in self.sources.items():
            for split, path in find_splits(settings.folder).items():
                if split == "train" or not self.dev or name in self.dev:
                    documents = read_documents(path, skip_bad=skip_bad, limits=limits).documents
                    found[split] += _scoped(documents, settings.scope) if split == "train" else documents
        self._check_labels(found["train"])
        return {split: tuple(documents) for split, documents in found.items()}

    def _check_labels(self, train: list[Document]) -> None:
        """Raise ConfigError for names of labels that no sentence has, and entity types that are also said to be unknown."""
        relations = {relation.type for document in train for relation in document.relations}
        types = {kind for document in train for kind in document.definite_types}
        for name, settings in self.sources.items():
            for relation in settings.relations or ():
                if relation not in relations:
                    message = f"sources.{name}.relations has {short(relation)}, which is a relation of no sentence"
                    raise ConfigError(f"{message}; correct or remove it")
            for missing_type in settings.missing_types:
                if missing_type not in types:
                    message = f"sources.{name}.missing_types has {short(missing_type)}, which no entity has"
                    raise ConfigError(f"{message}; correct or remove it")
            for unknown, possible in settings.types.items():
                missing = [one for one in possible if one not in types]
                if missing or not possible:
                    given = (
                        f"sources.{name}.types gives {short(unknown)} the type {short(missing[0] if missing else '')}"
                    )
                    raise ConfigError(f"{given}, which no entity of another source has; correct or remove it")
                if unknown in types:
                    raise ConfigError(
                        f"sources.{name}.types says that {short(unknown)} leaves the type open, and another source has it as a "
                        "type of its own; rename it in one of them"
                    )


def _settings(name: str, given: Any, folder: Path) -> SourceSettings:
    if not isinstance(given, dict):
        raise ConfigError(f"sources.{name} = {short(given)}, expected a section [sources.{name}]")
    try:
        return SourceSettings.model_validate(SourceSettings.anchored(given, folder))
    except ValidationError as error:
        raise ConfigError(complaint(f"sources.{name}", SourceSettings, error.errors()[0])) from None


def _scoped(documents: tuple[Document, ...], scope: Scope) -> Iterator[Document]:
    """The documents with the scope of their source, narrowed by their own; one object for equal scopes."""
    kept: dict[frozenset[str] | None, Scope] = {scope.relations: scope}
    for document in documents:
        own = scope.relations if document.scope is None else document.scope.relations
        yield replace(document, scope=kept.setdefault(own, replace(scope, relations=own)))
