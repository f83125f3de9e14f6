"""Labels of other inventories in those of the everyday corpus, so that systems trained elsewhere can be scored."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from relknit.data.everyday import everyday_path, load_relations
from relknit.document import Document, Entity, Relation
from relknit.document.coreference import REFERS_TO


class MappedRelation(NamedTuple):
    """A relation of the corpus, and whether its head is the tail of the foreign one."""

    label: str
    is_reversed: bool


_REFERS: Final = MappedRelation(REFERS_TO, False)


@dataclass(frozen=True, slots=True)
class LabelMapping:
    """What foreign labels mean. Keys are in lower case with spaces for underscores.

    inventory: the foreign inventory that fits the labels best, None where all of them are the corpus's own
    symmetric: relations of the corpus that hold in both directions; their head is what comes first in the text
    """

    inventory: str | None
    relations: Mapping[str, MappedRelation]
    types: Mapping[str, str]
    symmetric: frozenset[str]

    def __call__(self, document: Document) -> Document:
        """The document in labels of the corpus, without relations that the corpus does not have, and without anchors."""
        entities = tuple(replace(entity, type=self._type(entity.type)) for entity in document.entities)
        mapped = (self._relation(relation, entities) for relation in document.relations)
        kept = tuple(relation for relation in mapped if relation is not None)
        return replace(document, entities=entities, relations=kept, anchors=None)

    def renamed(self, labels: Iterable[str]) -> dict[str, str]:
        """Those of the labels that the corpus has under another name, with this name; "reversed" where head and tail change."""
        found = {label: self.relations.get(_key(label)) for label in sorted(set(labels))}
        return {
            label: its.label + (" (reversed)" if its.is_reversed else "")
            for label, its in found.items()
            if its is not None and (its.label != label or its.is_reversed)
        }

    def unscored(self, documents: Iterable[Document]) -> Counter[str]:
        """How many relations of each label the corpus does not have."""
        labels = (relation.type for document in documents for relation in document.relations)
        return Counter(label for label in labels if _key(label) not in self.relations)

    def _type(self, label: str | None) -> str | None:
        return None if label is None else self.types.get(_key(label), label)

    def _relation(self, relation: Relation, entities: tuple[Entity, ...]) -> Relation | None:
        its = self.relations.get(_key(relation.type))
        if its is None:
            return None
        head, tail = relation.head, relation.tail
        later = entities[head].token_start > entities[tail].token_start
        if its.is_reversed or (its.label in self.symmetric and later):
            head, tail = tail, head
        return replace(relation, head=head, tail=tail, type=its.label, evidence=())


def mapping_for(relations: Iterable[str]) -> LabelMapping:
    """The mapping of these relations, by name, Wikidata id or inverse; the rest by the foreign inventory that has most of it."""
    own = load_relations()
    known = dict(_own_labels(own))
    foreign = tomllib.loads((everyday_path() / "foreign_labels.toml").read_text(encoding="utf-8"))
    types = {_key(label): its for label, its in foreign.pop("types").items()}
    inventories = {name: dict(_foreign_labels(sections)) for name, sections in foreign.items()}
    left = {_key(label) for label in relations} - known.keys()
    best = max(inventories, key=lambda name: len(left & inventories[name].keys()))
    inventory = best if left & inventories[best].keys() else None
    symmetric = frozenset(about["label"] for about in own.values() if about.get("symmetric"))
    return LabelMapping(inventory, (inventories[inventory] if inventory else {}) | known, types, symmetric)


def _own_labels(own: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, MappedRelation]]:
    yield _key(REFERS_TO), _REFERS
    for name, about in own.items():
        if "inverse" in about:
            yield _key(about["inverse"]), MappedRelation(about["label"], True)
        for alias in (name, about["label"], about.get("wikidata", name)):
            yield _key(alias), MappedRelation(about["label"], False)


def _foreign_labels(sections: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, MappedRelation]]:
    for direction, labels in sections.items():
        for label, its in labels.items():
            yield _key(label), MappedRelation(its, direction == "reversed")


def _key(label: str) -> str:
    return " ".join(label.replace("_", " ").lower().split())
