"""From the labels of another source to those of the everyday corpus, and the rules that clean them (mapping.toml)."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any, Final

from relknit.document import Document, Entity, Relation
from relknit.document.coreference import REFERENCE

HERE: Final = Path(__file__).parent
CORPUS: Final = HERE.parents[1] / "corpus" / "everyday"
UNKNOWN_TYPE: Final = "MISC"
DEMONYM_TYPE: Final = "other"
Key = tuple[int, str, int]
"""(head, relation, tail)."""
Rule = Callable[["Facts"], list[Key]]
"""Changes the facts and returns those it takes away or renames."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a label of a source means: our relation `is`, or the relations that the pair `maybe` has."""

    is_: str | None = None
    maybe: tuple[str, ...] = ()
    reversed: bool = False

    @staticmethod
    def of(value: str | dict[str, Any]) -> Target:
        """The value of a line in mapping.toml."""
        if isinstance(value, str):
            return Target(value)
        return Target(value.get("is"), tuple(value.get("maybe", ())), value.get("reversed", False))

    def keys(self, relation: Relation) -> list[Key]:
        """The facts that it stands for, certain or not."""
        head, tail = (relation.tail, relation.head) if self.reversed else (relation.head, relation.tail)
        return [(head, name, tail) for name in (self.maybe or (self.is_ or "",))]


@dataclass(frozen=True, slots=True)
class Signature:
    """Types that head and tail of a relation may have, and whether it holds both ways."""

    head: frozenset[str]
    tail: frozenset[str]
    symmetric: bool = False


@dataclass(slots=True)
class Facts:
    """The facts of a text while rules are applied; `unknown` ones are neither facts nor negative examples."""

    document: Document
    certain: dict[Key, None] = field(default_factory=dict)
    unknown: dict[Key, None] = field(default_factory=dict)

    def doubt(self, keys: Iterable[Key]) -> None:
        """Facts become unknown."""
        for key in keys:
            self.certain.pop(key, None)
            self.unknown[key] = None

    def rename(self, old: Key, relation: str) -> None:
        """A fact has another relation instead."""
        del self.certain[old]
        self.certain[old[0], relation, old[2]] = None


@cache
def read_mapping() -> dict[str, Any]:
    """mapping.toml."""
    return tomllib.loads((HERE / "mapping.toml").read_text(encoding="utf-8"))


@cache
def signatures() -> dict[str, Signature]:
    """Our relations by label."""
    relations = tomllib.loads((CORPUS / "relations.toml").read_text(encoding="utf-8")).values()
    return {
        r["label"]: Signature(frozenset(r["head"]), frozenset(r["tail"]), r.get("symmetric", False)) for r in relations
    }


@cache
def country_names() -> tuple[frozenset[str], frozenset[str]]:
    """Names of countries, and demonyms."""
    lists = tomllib.loads((HERE / "countries.toml").read_text(encoding="utf-8"))
    names = set(lists["demonyms"]).union(*lists["other_names"].values())
    return frozenset(names), frozenset().union(*lists["demonyms"].values())


def plain_name(text: str) -> str:
    """A name without its article."""
    return re.sub(r"^(?:the|The) ", "", " ".join(text.split()))


def is_demonym(text: str) -> bool:
    """Whether a mention is the demonym of a country ("German")."""
    return plain_name(text) in country_names()[1]


def is_country(text: str) -> bool:
    """Whether a mention is the name of a country."""
    return plain_name(text) in country_names()[0]


def is_pronoun(text: str) -> bool:
    """Whether a mention of KnowledgeNet is a pronoun; "US" is none."""
    pronouns = read_mapping()["knowledgenet"]["references"]["pronouns"]
    return text in pronouns or (text.istitle() and text.lower() in pronouns)


def our_type(source_type: str | None, text: str) -> str:
    """Our type of a mention; MISC where it may be a work, an event, a product or something else."""
    if source_type == REFERENCE:
        return REFERENCE
    if is_demonym(text) and source_type != "PER":
        return DEMONYM_TYPE
    if source_type == "TIME" and re.fullmatch(read_mapping()["rules"]["duration"], text):
        return "number"
    found = read_mapping()["types"][source_type or UNKNOWN_TYPE]
    return UNKNOWN_TYPE if isinstance(found, list) else str(found)


def article_length(source_type: str | None, text: str) -> int:
    """The number of characters of an article at the beginning of a mention that is no part of it in our corpus."""
    return 4 if source_type in read_mapping()["rules"]["article_types"] and text.startswith("the ") else 0


def possible_types(entity: Entity) -> frozenset[str]:
    """The types that an entity may have."""
    if entity.type == UNKNOWN_TYPE:
        return frozenset(read_mapping()["types"][UNKNOWN_TYPE])
    return frozenset((entity.type or "",))


def relabel(
    source: str,
    document: Document,
    *,
    evident: Collection[Relation] | None = None,
    elsewhere: Collection[Relation] = (),
    tally: Counter[tuple[str, str]],
) -> Document:
    """A text of a source, whose entities have our types and whose relations have its labels, with our labels.

    evident:   the relations whose evidence is this text; None where that holds for all
    elsewhere: the relations whose evidence is another text only, which become unknown
    tally:     counts the facts that each rule takes, by relation
    """
    targets = {name: Target.of(value) for name, value in read_mapping()[source]["relations"].items()}
    facts = Facts(document)
    proven: set[Key] = set()
    for relation in document.relations:
        target = targets.get(relation.type, Target())
        keys = target.keys(relation)
        if target.maybe or (target.is_ is not None and relation in elsewhere):
            facts.unknown.update(dict.fromkeys(keys))
            tally.update(("elsewhere", key[1]) for key in keys if not target.maybe)
        elif target.is_ is not None:
            facts.certain.update(dict.fromkeys(keys))
            if evident is None or relation in evident:
                proven.update(keys)
    tally.update(("mapped", name) for _, name, _ in facts.certain)
    for name, rule in _rules(source, facts, proven):
        tally.update((name, key[1]) for key in rule(facts))
    tally.update(("kept", name) for _, name, _ in facts.certain)
    return replace(
        document,
        entities=_decided(facts),
        relations=tuple(Relation(head, tail, name) for head, name, tail in facts.certain),
        unknown=tuple(
            Relation(head, tail, name)
            for head, name, tail in facts.unknown
            if (head, name, tail) not in facts.certain and head != tail
        ),
    )


def _rules(source: str, facts: Facts, proven: set[Key]) -> list[tuple[str, Rule]]:
    """The rules of a source in their order, by the names that counts have."""
    rules: list[tuple[str, Rule]] = [
        ("demonym", _with_demonym),
        ("signature", _against_signature),
        ("symmetric", _repeated),
    ]
    if source == "knowledgenet":
        return [*rules, ("member", _memberships)]
    return [
        *rules,
        ("country", partial(_name_countries, proven=proven)),
        ("organisation", _seats),
        ("evidence", partial(_unproven, proven=proven)),
        ("larger place", _transitive),
    ]


def _with_demonym(facts: Facts) -> list[Key]:
    """Facts about a demonym as if it were the country, such as (Germany, located in, German)."""
    entities = facts.document.entities
    about = [key for key in facts.certain if key[1] not in ("country of citizenship", "languages spoken")]
    taken = [key for key in about if any(is_demonym(entities[end].text) for end in (key[0], key[2]))]
    facts.doubt(taken)
    return taken


def _against_signature(facts: Facts) -> list[Key]:
    """Facts between entities of other types than ours has."""
    entities, taken = facts.document.entities, []
    for head, name, tail in facts.certain:
        wanted = signatures()[name]
        for end, types in ((head, wanted.head), (tail, wanted.tail)):
            if not possible_types(entities[end]) & (types | {REFERENCE}):
                taken.append((head, name, tail))
                break
    facts.doubt(taken)
    return taken


def _repeated(facts: Facts) -> list[Key]:
    """The later of (a, b) and (b, a) of a symmetric relation; our corpus has them once, in the order of the text."""
    starts = [entity.token_start for entity in facts.document.entities]
    taken = [key for key in facts.certain if signatures()[key[1]].symmetric and starts[key[0]] > starts[key[2]]]
    for key in taken:
        head, name, tail = key
        del facts.certain[key]
        facts.certain[tail, name, head] = None
    return taken


def _name_countries(facts: Facts, proven: set[Key]) -> list[Key]:
    """(A, located in, C) is (A, country, C) where C is a country."""
    countries = {tail for _, name, tail in facts.certain if name in ("country", "country of citizenship")}
    countries |= {k for k, entity in enumerate(facts.document.entities) if is_country(entity.text)}
    taken = [key for key in facts.certain if key[1] == "located in" and key[2] in countries]
    for key in taken:
        facts.rename(key, "country")
        if key in proven:
            proven.add((key[0], "country", key[2]))
    return taken


def _seats(facts: Facts) -> list[Key]:
    """(organisation, located in, place): it may be the seat; our corpus has one or the other."""
    entities = facts.document.entities
    taken = [key for key in facts.certain if key[1] == "located in" and entities[key[0]].type == "organisation"]
    facts.doubt(taken)
    seats = [(head, "headquarters location", tail) for head, _, tail in taken]
    facts.doubt(key for key in seats if key not in facts.certain)
    return taken


def _unproven(facts: Facts, proven: Collection[Key]) -> list[Key]:
    """Facts of places and nationalities without evidence, unless head and tail stand next to each other."""
    rules, entities, taken = read_mapping()["rules"], facts.document.entities, []
    for key in facts.certain:
        head, name, tail = key
        if name not in rules["needs_evidence"] or key in proven:
            continue
        start, end = sorted((entities[head], entities[tail]), key=lambda e: e.token_start)
        between = any(start.token_end <= e.token_start and e.token_end <= end.token_start for e in entities)
        if between or end.token_start - start.token_end > rules["most_tokens_between"]:
            taken.append(key)
    facts.doubt(taken)
    return taken


def _transitive(facts: Facts) -> list[Key]:
    """(A, C) where the text also has (A, B) and (B, C): our corpus names the next larger place only."""
    names = read_mapping()["rules"]["only_next_larger"]
    steps = {(head, tail) for head, name, tail in facts.certain if name in names}
    middle = {(a, c) for (a, b), (b2, c) in product(steps, steps) if b == b2 and a != b and b != c}
    taken = [key for key in facts.certain if key[1] in names and (key[0], key[2]) in middle]
    facts.doubt(taken)
    return taken


def _memberships(facts: Facts) -> list[Key]:
    """Facts of "employee or member of" with an organisation that has members, or whose head leads it."""
    rules, entities = read_mapping()["knowledgenet"]["member_words"], facts.document.entities
    taken = []
    for head, name, tail in facts.certain:
        if name != "employer":
            continue
        leads = (tail, "chief executive officer", head) in facts.certain
        if leads or set(re.findall(r"\w+", entities[tail].text)) & set(rules["words"]):
            taken.append((head, name, tail))
    facts.doubt(taken)
    marked = [key for key in (*facts.certain, *taken) if key[1] == "employer"]
    facts.doubt((head, other, tail) for head, _, tail in marked for other in rules["maybe"] if other != "employer")
    return taken


def _decided(facts: Facts) -> tuple[Entity, ...]:
    """The entities, those of unknown type with the one type that their facts leave."""
    kinds = [possible_types(entity) for entity in facts.document.entities]
    for head, name, tail in facts.certain:
        if name in read_mapping()["rules"]["decides_type"]:
            kinds[head] &= signatures()[name].head
            kinds[tail] &= signatures()[name].tail
    return tuple(
        replace(entity, type=next(iter(kind))) if entity.type == UNKNOWN_TYPE and len(kind) == 1 else entity
        for entity, kind in zip(facts.document.entities, kinds, strict=True)
    )


def covered(source: str, annotated: Iterable[str]) -> frozenset[str]:
    """Our relations that these labels of a source cover."""
    found: Mapping[str, Any] = read_mapping()[source]
    ours = {Target.of(found["relations"][name]).is_ or "" for name in annotated}
    return frozenset(ours.union(*(found.get("also_covers", {}).get(name, ()) for name in annotated)))
