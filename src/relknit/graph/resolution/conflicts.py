"""Functional relations, such as the date of birth: an entity has one value, so two values mean two entities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from relknit.graph.entity_resolution import GroupMember
from relknit.graph.resolution.dates import Date, contradict, parse_date

DocumentFacts = Sequence[tuple[str, str]]
"""(relation, name of the tail) of functional relations."""


def contradicting(first: DocumentFacts, second: DocumentFacts) -> bool:
    """Whether both state a different date of one relation. Other values are not compared: one may be less precise."""
    dates, others = _dates(first), _dates(second)
    return any(contradict(dates[relation], others[relation]) for relation in dates.keys() & others.keys())


def split_by_facts(members: Sequence[GroupMember]) -> Iterable[tuple[str, list[GroupMember]]]:
    """The members of a group in parts that do not contradict each other, each with a qualifier that distinguishes it.

    Documents are split by the first relation, in order of the alphabet, that has contradicting dates. If at least twice as many
    documents state one date as any other, that part has no qualifier and the documents without a date; otherwise these
    are a part of their own.
    """
    by_document: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for member in members:
        by_document[member.local.document] += member.local.functional
    dates = {document: _dates(facts) for document, facts in by_document.items() if facts}
    for relation in sorted({relation for facts in dates.values() for relation in facts}):
        stated = {document: facts[relation] for document, facts in dates.items() if relation in facts}
        parts = _compatible_parts(stated)
        if len(parts) > 1:
            return _split(members, relation, parts)
    return [("", list(members))]


def _split(
    members: Sequence[GroupMember], relation: str, parts: list[tuple[Date, list[str]]]
) -> list[tuple[str, list[GroupMember]]]:
    parts = sorted(parts, key=lambda part: (-len(part[1]), part[0]))
    main = len(parts[0][1]) >= 2 * len(parts[1][1])
    qualifiers = ["" if main and k == 0 else f"{relation} {_written(date)}" for k, (date, _) in enumerate(parts)]
    of_document = {document: qualifiers[k] for k, (_, documents) in enumerate(parts) for document in documents}
    groups: dict[str, list[GroupMember]] = defaultdict(list)
    for member in members:
        groups[of_document.get(member.local.document, "")].append(member)
    return sorted(groups.items())


def _compatible_parts(stated: dict[str, Date]) -> list[tuple[Date, list[str]]]:
    """Documents by date, the most precise dates first; a less precise date belongs to the first that it agrees with."""
    parts: list[tuple[Date, list[str]]] = []
    for document, date in sorted(stated.items(), key=lambda item: (-sum(map(bool, item[1])), item[1], item[0])):
        same = next((documents for known, documents in parts if not contradict(known, date)), None)
        if same is None:
            parts.append((date, [document]))
        else:
            same.append(document)
    return parts


def _dates(facts: DocumentFacts) -> dict[str, Date]:
    """The date of each relation that has exactly one."""
    found: dict[str, set[Date]] = defaultdict(set)
    for relation, tail in facts:
        if (date := parse_date(tail)) is not None:
            found[relation].add(date)
    return {relation: next(iter(dates)) for relation, dates in found.items() if len(dates) == 1}


def _written(date: Date) -> str:
    return "-".join(f"{part:02d}" for part in date if part)
