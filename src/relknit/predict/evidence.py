"""Where in a text its facts are stated.

Training data such as WebNLG marks the first mention of a name, and models learn to tag and to give that one, wherever the fact is
stated. For a benchmark that is right; in an extraction a triple should point at the sentence that states it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from relknit.document import Document, Entity, Prediction, Relation
from relknit.text.windows import sentence_ranges

Names = tuple[str, str, str]
Pair = tuple[int, int]


def with_evidence(document: Document, read: Callable[[Sequence[Document]], list[Prediction]]) -> Document:
    """The document with one triple for the same names, at the mentions that state it; `Relation.evidence` has all of these.

    Only names with several mentions change; where one that is not tagged is evidence, it becomes an entity. Of the sentences
    that mention both names those count in which the model finds the triple when it reads them alone; in each the two nearest
    mentions. Where there is a single such sentence nothing is read again; where there is none the triple stays as it was found.
    Evidence at a pronoun or a description comes last, and an inferred triple has no other.

    read: the predictions of documents, for the sentences to read again.
    """
    if not document.relations:
        return document
    places = _Places(document)
    groups: dict[Names, list[Relation]] = defaultdict(list)
    for relation in document.relations:
        groups[places.names(relation)].append(relation)
    stated_by_name = [names for names in groups if names[0] != names[2] and not all(r.inferred for r in groups[names])]
    candidates = {names: places.shared_sentences(names) for names in stated_by_name}
    unclear = sorted({k for found in candidates.values() if len(found) > 1 for k in found})
    stated = places.read_again(unclear, read)
    relations: list[Relation] = []
    for names, members in groups.items():
        members.sort(key=lambda r: (r.inferred, -(r.confidence or 0.0)))
        if names[0] == names[2]:
            relations += members
            continue
        pairs = _stated_pairs(names, candidates.get(names, {}), stated) or _own_pairs(members)
        relations.append(_one(members, pairs))
    return _with_entities(document, places.entities, relations)


def _own_pairs(members: Sequence[Relation]) -> list[Pair]:
    return [(r.head, r.tail) for r in members if not r.inferred]


def _one(members: Sequence[Relation], pairs: Sequence[Pair]) -> Relation:
    """One relation for all of the same names, at the first of the pairs of names that state it, if there are any."""
    head, tail = pairs[0] if pairs else (members[0].head, members[0].tail)
    at_references = [pair for r in members for pair in r.evidence if pair != (r.head, r.tail)]
    confidence = max((r.confidence for r in members if r.confidence is not None), default=None)
    evidence = tuple(dict.fromkeys([*pairs, *at_references]))
    return replace(members[0], head=head, tail=tail, confidence=confidence, evidence=evidence)


def _with_entities(document: Document, entities: Sequence[Entity], relations: Sequence[Relation]) -> Document:
    """The document with these relations, and with those of the entities that it has or that are evidence, in order."""
    used = frozenset[int]().union(*(r.entities for r in relations))
    kept = sorted(
        used | set(range(len(document.entities))), key=lambda k: (entities[k].token_start, entities[k].token_end)
    )
    place = {k: position for position, k in enumerate(kept)}
    moved = sorted((r.renumbered(place) for r in relations), key=lambda r: (r.head, r.tail, r.type))
    return replace(document, entities=tuple(entities[k] for k in kept), relations=tuple(moved))


def _stated_pairs(names: Names, shared: dict[int, Pair], stated: dict[int, dict[Names, float]]) -> list[Pair]:
    """The pairs of the sentences that state a triple, the most confident first; the first of all where no sentence does."""
    found = [k for k in shared if names in stated.get(k, {})]
    found.sort(key=lambda k: -stated[k][names])
    return [shared[k] for k in found] or list(shared.values())[:1]


class _Places:
    """The mentions of each name of a document, and the sentences they are in."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.entities = [*document.entities, *_other_mentions(document)]
        self.keys = [_name(document, entity) for entity in self.entities]
        self.sentences = sentence_ranges(document)
        starts = [start for start, _ in self.sentences]
        self.mentions: dict[str, dict[int, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )  # name, sentence, entities
        for k, entity in enumerate(self.entities):
            self.mentions[self.keys[k]][bisect_right(starts, entity.token_start) - 1].append(k)

    def names(self, relation: Relation) -> Names:
        return self.keys[relation.head], relation.type, self.keys[relation.tail]

    def shared_sentences(self, names: Names) -> dict[int, Pair]:
        """The sentences with mentions of both names, and the nearest two in each."""
        heads, tails = self.mentions[names[0]], self.mentions[names[2]]
        return {
            k: min(((h, t) for h in heads[k] for t in tails[k]), key=self._distance)
            for k in sorted(heads)
            if k in tails
        }

    def _distance(self, pair: Pair) -> int:
        one, other = sorted((self.entities[k] for k in pair), key=lambda entity: entity.token_start)
        return other.token_start - one.token_end

    def read_again(
        self, sentences: Sequence[int], read: Callable[[Sequence[Document]], list[Prediction]]
    ) -> dict[int, dict[Names, float]]:
        """The triples, by names, that are found in each sentence alone, with their confidence."""
        parts = [self._part(*self.sentences[k]) for k in sentences]
        found: dict[int, dict[Names, float]] = {}
        for k, part, prediction in zip(sentences, parts, read(parts) if parts else [], strict=True):
            one = part.with_prediction(prediction)
            keys = [_name(one, entity) for entity in one.entities]
            found[k] = {(keys[r.head], r.type, keys[r.tail]): r.confidence or 0.0 for r in one.relations}
        return found

    def _part(self, start: int, end: int) -> Document:
        whole = self.document
        offsets = None if whole.offsets is None else whole.offsets[start:end]
        pos = None if whole.pos is None else whole.pos[start:end]
        return Document(whole.id, whole.tokens[start:end], text=whole.text, offsets=offsets, pos=pos)


def _name(document: Document, entity: Entity) -> str:
    """What decides whether two mentions have the same name."""
    return document.span(entity).name.casefold()


def _other_mentions(document: Document) -> list[Entity]:
    """Where the names of the triples occur again in the tokens, outside of all entities."""
    tokens = [token.casefold() for token in document.tokens]
    where: dict[str, list[int]] = defaultdict(list)
    for k, token in enumerate(tokens):
        where[token].append(k)
    free = set(range(len(tokens)))
    for entity in document.entities:
        free.difference_update(range(entity.token_start, entity.token_end))
    found: list[Entity] = []
    ends = {k for relation in document.relations for k in (relation.head, relation.tail)}
    named = {tuple(tokens[e.token_start : e.token_end]): e for e in (document.entities[k] for k in sorted(ends))}
    for words, entity in sorted(named.items(), key=lambda item: (-len(item[0]), item[1].token_start)):
        for start in where[words[0]]:
            span = range(start, start + len(words))
            if free.issuperset(span) and tuple(tokens[start : start + len(words)]) == words:
                free.difference_update(span)
                found.append(replace(entity, token_start=start, token_end=start + len(words)))
    return found
