"""The rules that join names of different documents, and what they only propose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from relknit.graph.entity_resolution import MergeProposal
from relknit.graph.resolution.alias_table import AliasTable
from relknit.graph.resolution.clusters import Clusters, Name
from relknit.graph.resolution.document_names import MOST_CANDIDATES, ShortName
from relknit.graph.resolution.entity_kinds import EntityKind
from relknit.graph.resolution.name_form import NameForm
from relknit.graph.resolution.name_rules import difference, initials_fit, short_form, veto

_MOST_COMPARED: Final = 100
"""Where more names have a surname, a short form would fit too many of them to be proposed."""
_SCORES: Final = {"few": 0.6, "one": 0.7}


def sort_key(name: Name) -> tuple[str, str]:
    """The order of names, also of those without a type."""
    return name[0], name[1] or ""


class Proposals:
    """What is proposed to people: pairs of names that are not joined and not rejected, each once with its best reason."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._found: dict[tuple[Name, Name], MergeProposal] = {}
        self._open: dict[tuple[Name, Name], Name] = {}

    def add(self, name: Name, other: Name, reason: str, score: float) -> None:
        """Propose that a name means the same as another one, which is longer or more usual."""
        first, second = sorted((name, other), key=sort_key)
        known = self._found.get((first, second))
        new = MergeProposal(first, second, reason, round(score, 2))
        if known is None or (-known.score, known.reason) > (-new.score, new.reason):
            self._found[first, second] = new
            self._open[first, second] = name

    def sorted(self, unresolved: Collection[Name]) -> tuple[MergeProposal, ...]:
        """Those for names that a document leaves open, that no rule has joined in the meantime, and that nobody has rejected."""
        return tuple(
            proposal
            for (first, second), proposal in sorted(self._found.items(), key=lambda item: tuple(map(sort_key, item[0])))
            if self._open[first, second] in unresolved
            and self._clusters.root(first) != self._clusters.root(second)
            and self._clusters.may_join(first, second)
        )


class CorpusRules:
    """The rules over names, whichever documents they are in, applied to disjoint sets of names."""

    def __init__(
        self, forms: Mapping[Name, NameForm], counts: Mapping[Name, int], clusters: Clusters, proposals: Proposals
    ) -> None:
        self.forms = forms
        self.counts = counts
        self.clusters = clusters
        self.proposals = proposals

    def join_equal_names(self) -> None:
        """Names that differ only in case, accents, punctuation, titles, articles, legal forms, or as demonyms do."""
        same: dict[tuple[object, ...], list[Name]] = defaultdict(list)
        for name, form in self.forms.items():
            same[form.strong_key].append(name)
        for _, names in sorted(same.items(), key=lambda item: min(map(sort_key, item[1]))):
            for part in self._parts(names):
                root = min(part, key=self._rank)
                for name in sorted(part, key=sort_key):
                    if name != root:
                        self.clusters.join(name, root, difference(self.forms[name], self.forms[root]))

    def _parts(self, names: list[Name]) -> Iterable[list[Name]]:
        """Names by generation or legal form. A company's name without one joins the only legal form that there is."""
        by_addition: dict[str, list[Name]] = defaultdict(list)
        for name in names:
            by_addition[self.forms[name].addition].append(name)
        if self.forms[names[0]].kind is EntityKind.ORGANIZATION and len(by_addition.keys() - {""}) <= 1:
            return [names]
        if len(by_addition) > 1:
            self._propose_parts(by_addition)
        return by_addition.values()

    def _propose_parts(self, by_addition: Mapping[str, list[Name]]) -> None:
        plain = by_addition.get("", [])
        for addition, names in by_addition.items():
            if addition and plain and len(by_addition) <= MOST_CANDIDATES + 1:
                best, other = min(plain, key=self._rank), min(names, key=self._rank)
                self.proposals.add(best, other, f"without {addition!r}", _SCORES["few"])

    def _rank(self, name: Name) -> tuple[object, ...]:
        """The smallest is the name to show: a place before its demonyms, not in capitals, the most frequent."""
        form = self.forms[name]
        is_place = form.kind is EntityKind.PLACE and form.whole_words[-len(form.words) :] == form.words
        return (
            form.weak,
            not is_place,
            bool(form.title),
            name[0].isupper() and len(name[0]) > 4,
            -self.counts[name],
            *sort_key(name),
        )

    def join_ids(self, table: AliasTable) -> None:
        """Names that the table has under one id."""
        by_id: dict[str, list[Name]] = defaultdict(list)
        for name, form in self.forms.items():
            if (found := table.find(form)) is not None:
                by_id[found].append(name)
        for id, names in sorted(by_id.items()):
            label = table.label(id)
            root = min(names, key=lambda name: (name[0] != label, self._rank(name)))
            for name in sorted(names, key=sort_key):
                self.clusters.join(name, root, f"both {id} in the table of aliases")

    def join_initials(self) -> None:
        """A person's name with initials and the only full name that it fits; several are proposed."""
        by_surname: dict[tuple[str, str], list[Name]] = defaultdict(list)
        for name, form in self.forms.items():
            if form.kind is EntityKind.PERSON and len(form.words) > 1:
                by_surname[form.words[-1], form.words[0][0]].append(name)
        with_initials = [name for name, form in self.forms.items() if form.has_initials and len(form.words) > 1]
        for name in sorted(with_initials, key=lambda n: (-len(self.forms[n].words), sort_key(n))):
            form = self.forms[name]
            fits: dict[Name, Name] = {}
            for other in sorted(by_surname[form.words[-1], form.words[0][0]], key=sort_key):
                if self.clusters.root(other) != self.clusters.root(name) and initials_fit(form, self.forms[other]):
                    fits.setdefault(self.clusters.root(other), other)
                    if len(fits) > MOST_CANDIDATES:
                        break
            full = next(iter(fits.values())) if len(fits) == 1 else None
            if full is not None and self.clusters.join(name, full, f"initials of {full[0]}"):
                continue
            self._propose(name, fits.values(), "initials")

    def join_acronyms(self, in_documents: Mapping[tuple[str, Name], ShortName]) -> None:
        """An acronym and the only name that documents with both of them expand it to; without such a document it is proposed."""
        expansions: dict[Name, dict[Name, tuple[Name, str]]] = defaultdict(dict)
        for (document, name), short in sorted(
            in_documents.items(), key=lambda item: (item[0][0], sort_key(item[0][1]))
        ):
            if self.forms[name].is_acronym:
                full = short.fits[0][0]
                expansions[name].setdefault(self.clusters.root(full), (full, document))
        for name, fulls in sorted(expansions.items(), key=lambda item: sort_key(item[0])):
            if len(fulls) == 1:
                ((full, document),) = fulls.values()
                self.clusters.join(name, full, f"acronym of {full[0]}, as in {document}")
        self._propose_acronyms(expansions)

    def _propose_acronyms(self, expanded: Mapping[Name, object]) -> None:
        by_acronym: dict[tuple[str, str], list[Name]] = defaultdict(list)
        for name, form in self.forms.items():
            if form.kind is not EntityKind.PERSON:
                for acronym in form.acronyms:
                    by_acronym[form.type_key, acronym].append(name)
        for name, form in self.forms.items():
            if form.is_acronym and form.kind is not EntityKind.PERSON and name not in expanded:
                self._propose(name, by_acronym.get((form.type_key, form.words[0]), ()), "acronym")

    def propose_others(self, unresolved: Iterable[Name]) -> None:
        """Short names of persons that their documents do not explain; equal words that may differ in what was left out."""
        by_surname: dict[str, list[Name]] = defaultdict(list)
        by_words: dict[str, list[Name]] = defaultdict(list)
        for name, form in self.forms.items():
            if form.kind is EntityKind.PERSON and len(form.words) > 1:
                by_surname[form.words[-1]].append(name)
            if form.kind is not EntityKind.VALUE:
                by_words["".join(form.words)].append(name)
        for name in sorted(unresolved, key=sort_key):
            form = self.forms[name]
            others = by_surname.get(form.words[-1], ()) if form.kind is EntityKind.PERSON else ()
            if len(others) <= _MOST_COMPARED:
                fits = [other for other in others if short_form(form, self.forms[other])]
                self._propose(name, fits, "surname" if len(form.words) == 1 else "short form")
        for _, names in sorted(by_words.items()):
            best = {self.clusters.root(name): name for name in sorted(names, key=self._rank, reverse=True)}
            if 1 < len(best) <= MOST_CANDIDATES:
                root, *others = sorted(best.values(), key=self._rank)
                for name in others:
                    why = veto(self.forms[name], self.forms[root])
                    if why.startswith("different types") or not why:
                        self.proposals.add(name, root, why or difference(self.forms[name], self.forms[root]), 0.5)

    def _propose(self, name: Name, others: Iterable[Name], what: str) -> None:
        fits = {self.clusters.root(other): other for other in sorted(others, key=sort_key, reverse=True)}
        fits.pop(self.clusters.root(name), None)
        if len(fits) <= MOST_CANDIDATES:
            for other in fits.values():
                reason = f"{what} of {other[0]}" + ("" if len(fits) == 1 else ", and of others")
                self.proposals.add(name, other, reason, _SCORES["one"] / len(fits))
