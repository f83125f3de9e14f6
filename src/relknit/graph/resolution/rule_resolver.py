"""Entity resolution by rules with reasons: names are joined, proposed to be joined, or kept apart."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from relknit.graph.entity_resolution import (
    SAME_NAME,
    EntityGroup,
    GroupMember,
    LocalName,
    Resolution,
)
from relknit.graph.resolution.alias_table import AliasTable
from relknit.graph.resolution.clusters import Clusters, Name
from relknit.graph.resolution.conflicts import DocumentFacts, contradicting, split_by_facts
from relknit.graph.resolution.corpus_names import CorpusRules, Proposals
from relknit.graph.resolution.decisions import Decisions
from relknit.graph.resolution.document_names import ShortName, short_names
from relknit.graph.resolution.entity_kinds import EntityKind
from relknit.graph.resolution.name_form import NameForm, name_form

VERSION: Final = "rules 1"


@dataclass(frozen=True)
class RuleResolver:
    """Groups names by rules, decisions of people and a table of aliases.

    Within a document a short form is joined to the only full name that it fits: surnames, initials, acronyms. Names of different
    documents are joined where they differ only in letter case, accents, punctuation, titles or legal forms, where initials fit
    exactly one full name, where an acronym is expanded in exactly one way, and where the table has the same id for both.
    What is likely but not certain is proposed.
    """

    decisions: Decisions = field(default_factory=Decisions)
    aliases: AliasTable = field(default_factory=AliasTable)

    @property
    def digest(self) -> str:
        """Of the rules' version, the decisions and the table."""
        parts = (VERSION, self.decisions.digest, self.aliases.digest)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def block_keys(self, name: str, type: str | None) -> Iterable[str]:
        """A person's surname; the words of another name and its acronyms; ids of the table, and decisions that join names."""
        form = name_form(name, type)
        if form.kind is EntityKind.PERSON:
            yield f"person {form.words[-1]}"
        elif form.kind is EntityKind.VALUE:
            yield f"{form.type_key} {' '.join(form.words)}"
        else:
            yield f"name {''.join(form.words)}"
            for acronym in form.acronyms:
                yield f"name {acronym}"
        if (found := self.aliases.find(form)) is not None:
            yield f"id {found}"
        if (group := self.decisions.group_of((name, type))) is not None:
            yield f"decided {group[1] or ''} {group[0]}"

    def resolve(self, names: Sequence[LocalName]) -> Resolution:
        """The groups of the names, and what is proposed."""
        return _Resolving(self, names).resolution()


class _Resolving:
    """The steps of one resolution."""

    def __init__(self, resolver: RuleResolver, names: Sequence[LocalName]) -> None:
        self.names = sorted(names, key=lambda local: (local.name, local.type or "", local.document))
        counts: dict[Name, int] = defaultdict(int)
        self.documents: dict[str, list[LocalName]] = defaultdict(list)
        for local in self.names:
            counts[local.name, local.type] += local.mentions
            self.documents[local.document].append(local)
        self.forms: dict[Name, NameForm] = {name: name_form(*name) for name in counts}
        self.clusters = Clusters(counts, resolver.decisions.rejected)
        self.proposals = Proposals(self.clusters)
        self.rules = CorpusRules(self.forms, counts, self.clusters, self.proposals)
        for first, second in resolver.decisions.confirmed:
            if first in counts and second in counts:
                self.clusters.join(first, second, "confirmed")
        self.rules.join_equal_names()
        self.rules.join_ids(resolver.aliases)

    def resolution(self) -> Resolution:
        """All steps after those over the names alone."""
        local_targets = self._within_documents()
        self.rules.join_initials()
        self.rules.join_acronyms(local_targets)
        groups: dict[Name, list[GroupMember]] = defaultdict(list)
        unresolved: set[Name] = set()
        for local in self.names:
            name = (local.name, local.type)
            joined = local_targets.get((local.document, name))
            if joined is None:
                unresolved.add(name)
                target, reason = self.clusters.links.get(name, (name, SAME_NAME))
                member = GroupMember(local, reason, target[0] if target != name else "")
                groups[self.clusters.root(name)].append(member)
            else:
                member = GroupMember(local, f"{joined.fits[0][1].reason} in the same document", joined.fits[0][0][0])
                groups[self._full(local.document, name, local_targets)].append(member)
        self.rules.propose_others(unresolved)
        found = [
            group for root, members in sorted(groups.items(), key=_by_name) for group in self._split(root, members)
        ]
        return Resolution(tuple(found), self.proposals.sorted(unresolved))

    def _within_documents(self) -> dict[tuple[str, Name], ShortName]:
        """The short names that are joined in their documents; the others are proposed."""
        joined: dict[tuple[str, Name], ShortName] = {}
        for document, locals_ in sorted(self.documents.items()):
            if len(locals_) < 2:
                continue
            facts = {(local.name, local.type): local.functional for local in locals_}

            def may_join(short: Name, full: Name, facts: Mapping[Name, DocumentFacts] = facts) -> bool:
                return self.clusters.may_join(short, full) and not contradicting(facts[short], facts[full])

            for short in short_names(list(facts), self.forms, root=self.clusters.root, may_join=may_join):
                if short.joined:
                    joined[document, short.name] = short
                else:
                    for full, match in short.fits:
                        reason = match.reason if len(short.fits) == 1 else f"{match.reason}, and of others"
                        self.proposals.add(short.name, full, reason, 0.8 / len(short.fits))
        return joined

    def _full(self, document: str, name: Name, targets: Mapping[tuple[str, Name], ShortName]) -> Name:
        while (short := targets.get((document, name))) is not None:
            name = short.fits[0][0]
        return self.clusters.root(name)

    def _split(self, root: Name, members: Sequence[GroupMember]) -> Iterable[EntityGroup]:
        for qualifier, part in split_by_facts(members):
            yield EntityGroup(root[0], root[1], tuple(part), qualifier)


def _by_name(item: tuple[Name, object]) -> tuple[str, str]:
    return item[0][0], item[0][1] or ""
