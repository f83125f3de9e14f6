"""A name in parts: the words that distinguish it, and what may be left out, such as a title or a legal form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from relknit.graph.resolution.dates import parse_date
from relknit.graph.resolution.entity_kinds import EntityKind, entity_kind
from relknit.graph.resolution.folding import folded_words, numbers
from relknit.graph.resolution.places import PlaceName, place_name

_NEUTRAL_TITLES: Final = frozenset(["dr", "doctor", "prof", "professor", "rev", "reverend", "fr", "hon", "st", "saint"])
OFFICES: Final = frozenset(
    """
    mr mrs ms miss mister mme madame mlle monsieur herr frau senor senora don dona sir dame lord lady king
    queen prince princess emperor empress tsar czar sultan shah pope cardinal archbishop bishop father sister
    brother president chancellor minister senator sen representative rep governor gov mayor ambassador judge
    justice chief general gen colonel col major maj captain capt lieutenant lt sergeant sgt admiral commander
    marshal duke duchess count countess earl baron baroness sheikh sheik imam rabbi swami congressman
    congresswoman coach
    """.split()  # noqa: SIM905
)
TITLES: Final = _NEUTRAL_TITLES | OFFICES
_NUMERALS: Final = "ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii".split()  # noqa: SIM905
_GENERATIONS: Final = MappingProxyType(
    {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr"} | {numeral: numeral for numeral in _NUMERALS}
)
_LEGAL_FORMS: Final = MappingProxyType(
    {
        form: canonical
        for canonical, forms in {
            "inc": "inc incorporated",
            "corp": "corp corporation",
            "co": "co company",
            "ltd": "ltd limited",
            "pvt ltd": "pvt private",
            "llc": "llc",
            "llp": "llp",
            "lp": "lp",
            "plc": "plc",
            "gmbh": "gmbh mbh",
            "ag": "ag",
            "kg": "kg kgaa",
            "se": "se",
            "sa": "sa",
            "sas": "sas sarl",
            "srl": "srl",
            "spa": "spa",
            "nv": "nv",
            "bv": "bv",
            "ab": "ab",
            "oy": "oy oyj",
            "asa": "asa as",
            "aps": "aps",
            "pty": "pty",
            "kk": "kk",
            "sro": "sro",
        }.items()
        for form in forms.split()
    }
)
_COMMON_LEGAL_WORDS: Final = frozenset(["co"])
"""Legal forms that may also be part of a name: "Bad Company" is not "Bad"."""
_NICKNAME: Final = re.compile(r"[\"“”„(][^\"“”„()]*[\"“”)]")
_INVERTED: Final = re.compile(r"([^,]+), ([^,]+)")
_SMALL_WORDS: Final = frozenset(
    """
    of the and for in on at to a an de la le du des di da do dos del der die das und et y e
    """.split()  # noqa: SIM905
)
_ARTICLE: Final = "the"


@dataclass(frozen=True, slots=True)
class NameForm:
    """A name in parts, folded.

    words: those that distinguish it. addition: the generation of a person ("jr", "xiv") or the legal form of an organisation.
    title: of a person, in front. weak: whether what was left out may be part of the name, as in "The Band", "Bad Company" and
    "King Charles", so that its own document has to decide. numbers: as written.
    """

    name: str
    type: str | None
    kind: EntityKind
    words: tuple[str, ...]
    addition: str = ""
    title: str = ""
    weak: bool = False
    numbers: tuple[str, ...] = ()

    @property
    def type_key(self) -> str:
        """Equal for types that mean the same."""
        return (self.type or "").casefold() if self.kind in (EntityKind.OTHER, EntityKind.VALUE) else self.kind.value

    @property
    def whole_words(self) -> tuple[str, ...]:
        """The folded words of the whole name."""
        return folded_words(self.name)

    @property
    def strong_key(self) -> tuple[object, ...]:
        """Equal for names that differ only in case, accents, punctuation, and what may be left out in every document."""
        if self.weak:
            return (self.type_key, self.whole_words, "weak")
        letters = self.name.replace(".", "")
        capitals = len(self.words) == 1 and letters.isalpha() and letters.isupper() and 2 <= len(letters) <= 4
        return (self.type_key, self.words, "capitals" if capitals else "")

    @property
    def has_initials(self) -> bool:
        """Whether a word of a person's name is one letter."""
        return self.kind is EntityKind.PERSON and any(len(word) == 1 for word in self.words)

    @property
    def is_acronym(self) -> bool:
        """Whether the name is one word of 3 to 8 capitals."""
        letters = self.name.replace(".", "")
        return self.kind is not EntityKind.VALUE and letters.isalpha() and letters.isupper() and 3 <= len(letters) <= 8

    @property
    def acronyms(self) -> frozenset[str]:
        """The acronyms of a name of several words, in lower case: the initials of all words, and without small words."""
        if len(self.words) < 2 or self.kind is EntityKind.VALUE:
            return frozenset()
        forms = ("".join(w[0] for w in self.words), "".join(w[0] for w in self.words if w not in _SMALL_WORDS))
        return frozenset(form for form in forms if len(form) >= 3)


def name_form(name: str, type: str | None) -> NameForm:
    """The parts of a clean name of this type."""
    kind = entity_kind(type)
    if kind is EntityKind.PERSON:
        return _person(name, type)
    if kind is EntityKind.VALUE:
        return NameForm(name, type, kind, _value(name), numbers=numbers(name))
    words = folded_words(name)
    weak = False
    if len(words) > 1 and words[0] == _ARTICLE:
        words = words[1:]
        weak = kind is not EntityKind.PLACE and len(words) == 1 and name[0].isupper()
    if kind is EntityKind.PLACE:
        found = place_name(words) or PlaceName(words)
        return NameForm(name, type, kind, found.place, weak=found.is_demonym, numbers=numbers(name))
    if kind is EntityKind.ORGANIZATION:
        words, legal = _without_legal_form(words)
        weak = weak or (legal in _COMMON_LEGAL_WORDS and len(words) == 1)
        return NameForm(name, type, kind, words, legal, weak=weak, numbers=numbers(name))
    return NameForm(name, type, kind, words, weak=weak, numbers=numbers(name))


def _person(name: str, type: str | None) -> NameForm:
    plain = " ".join(_NICKNAME.sub(" ", name).split()) or name
    words = list(folded_words(plain, join_initials=False))
    generation = _GENERATIONS.get(words[-1], "") if len(words) > 1 else ""
    if generation:
        words.pop()
    elif (inverted := _INVERTED.fullmatch(plain)) and (last := folded_words(inverted[1])) and len(words) > len(last):
        words = [*words[len(last) :], *words[: len(last)]]
    titles: list[str] = []
    while len(words) > 1 and words[0] in TITLES:
        titles.append(words.pop(0))
    weak = bool(OFFICES & set(titles)) and len(words) == 1 and not generation
    kind = EntityKind.PERSON
    return NameForm(name, type, kind, tuple(words), generation, " ".join(titles), weak, numbers(name))


def _value(name: str) -> tuple[str, ...]:
    date = parse_date(name)
    return tuple(name.casefold().split()) if date is None else tuple(map(str, date))


def _without_legal_form(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The words before the legal form, and its usual spelling: "norden gmbh and co kg" → norden, kg."""
    legal = ""
    while len(words) > 1 and words[-1] in _LEGAL_FORMS:
        legal, words = legal or _LEGAL_FORMS[words[-1]], words[:-1]
        if len(words) > 1 and words[-1] == "and":
            words = words[:-1]
    return words, legal
