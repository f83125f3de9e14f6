"""The rules that join two names of one document, and what keeps names apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relknit.graph.resolution.entity_kinds import EntityKind
from relknit.graph.resolution.folding import folded_words, without_accents
from relknit.graph.resolution.name_form import OFFICES, NameForm
from relknit.graph.resolution.places import place_name

_MALE: Final = frozenset(
    """
    mr mister sir king prince lord don senor monsieur herr father brother duke count earl baron emperor
    """.split()  # noqa: SIM905
)
_FEMALE: Final = frozenset(
    """
    mrs ms miss mme madame mlle dame lady queen princess dona senora frau sister duchess countess baroness
    empress
    """.split()  # noqa: SIM905
)
_PATRONYMIC: Final = frozenset(["ibn", "bin", "ben", "bint", "abu", "ap"])
_ANTONYMS: Final = tuple(
    frozenset(group.split())
    for group in (
        "north south east west northern southern eastern western northeast northwest southeast southwest central",
        "upper lower middle",
        "old new",
        "great little lesser greater",
        "inner outer",
        "left right",
        "first second third fourth fifth sixth seventh eighth ninth tenth",
        "men women mens womens boys girls",
        "junior senior",
        "major minor",
        "male female",
    )
)


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """A rule by which a short form fits a full one. certain: enough to join them if it fits no other full form."""

    reason: str
    certain: bool = True


def difference(name: NameForm, root: NameForm) -> str:
    """The reason for joining two names with equal words: how they differ."""
    if name.name == root.name:
        return "same name"
    if name.name.casefold() == root.name.casefold():
        return "letter case"
    if without_accents(name.name.casefold()) == without_accents(root.name.casefold()):
        return "accents"
    if name.kind is EntityKind.PLACE and (found := place_name(name.whole_words)) and found.reason:
        return found.reason
    if name.title != root.title:
        return f"title ({name.title or root.title})"
    if name.addition != root.addition and name.kind is EntityKind.ORGANIZATION:
        return f"legal form ({name.addition or root.addition})"
    if name.kind is EntityKind.VALUE:
        return "same date"
    if folded_words(name.name) == folded_words(root.name):
        return "punctuation"
    return "article" if "the" in (folded_words(name.name)[0], folded_words(root.name)[0]) else "punctuation"


def short_form(short: NameForm, full: NameForm) -> RuleMatch | None:
    """The rule by which `short` may be a short form of `full` within one document; None where no rule fits or a veto holds."""
    if short.type_key != full.type_key or short.kind is EntityKind.VALUE:
        return None
    if short.kind is EntityKind.PERSON:
        return _short_person(short, full)
    if short.is_acronym and short.words[0] in full.acronyms:
        return RuleMatch(f"acronym of {full.name}")
    if short.words == full.words and short.weak and not full.weak:
        return RuleMatch(difference(short, full), certain=short.kind is EntityKind.ORGANIZATION)
    return None


def initials_fit(short: NameForm, full: NameForm) -> bool:
    """Whether a person's name with initials fits a longer form of it, such as "J. F. Kennedy" and "John Fitzgerald Kennedy"."""
    return (
        short.has_initials
        and not contradicts(short, full)
        and short.addition == full.addition
        and _aligned(short.words, full.words)
    )


def contradicts(first: NameForm, second: NameForm) -> bool:
    """Whether titles or generations of two persons exclude that they are the same."""
    if first.addition and second.addition and first.addition != second.addition:
        return True
    titles, others = set(first.title.split()), set(second.title.split())
    return bool((titles & _MALE and others & _FEMALE) or (titles & _FEMALE and others & _MALE))


def veto(first: NameForm, second: NameForm) -> str:
    """Why two names are kept apart, whatever else is similar; empty where nothing speaks against it."""
    if first.type_key != second.type_key:
        return f"different types ({first.type or 'none'}, {second.type or 'none'})"
    if first.numbers != second.numbers and first.kind is not EntityKind.VALUE:
        return f"different numbers ({', '.join(first.numbers) or 'none'}; {', '.join(second.numbers) or 'none'})"
    if first.kind is EntityKind.PERSON:
        return "different titles or generations" if contradicts(first, second) else ""
    only, other = set(first.words) - set(second.words), set(second.words) - set(first.words)
    for group in _ANTONYMS:
        if (only & group) != (other & group):
            return f"different qualifiers ({' '.join(sorted((only | other) & group))})"
    if first.addition and second.addition and first.addition != second.addition:
        return f"different legal forms ({first.addition}, {second.addition})"
    contained = only == set() or other == set()
    return "one contains the other, which is not enough" if contained and first.words != second.words else ""


def _short_person(short: NameForm, full: NameForm) -> RuleMatch | None:
    if contradicts(short, full) or len(short.words) > len(full.words) or (short.addition and not full.addition):
        return None
    office = bool(OFFICES & set(short.title.split()))
    if len(short.words) == 1:
        if short.words[0] != full.words[-1]:
            return None
        if short.words == full.words:
            return RuleMatch("title" if short.addition == full.addition else "generation", certain=False)
        patronymic = len(full.words) == 2 and full.words[0] in _PATRONYMIC
        return RuleMatch(f"surname of {full.name}", certain=not office and not patronymic)
    if short.words == full.words or not _aligned(short.words, full.words):
        return None
    kind = "initials" if short.has_initials else "short form"
    return RuleMatch(f"{kind} of {full.name}", certain=short.addition == full.addition)


def _aligned(short: Sequence[str], full: Sequence[str]) -> bool:
    """Whether the words of `short` are those of `full`, some of them left out or as initials.

    The last word is the same; the first one too, unless `short` is the end of `full`, as in "de la Cruz".
    """
    if short[-1] != full[-1] or len(short) < 2 or len(short) > len(full):
        return False
    if tuple(full[-len(short) :]) == tuple(short):
        return True
    if not _word_fits(short[0], full[0]):
        return False
    rest = iter(full[1:-1])
    return all(any(_word_fits(word, other) for other in rest) for word in short[1:-1])


def _word_fits(word: str, full: str) -> bool:
    return word == full or (len(word) == 1 and full.startswith(word))
