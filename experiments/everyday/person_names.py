"""The names of the persons of a text replaced by names of one culture, the same person by the same name.

A full name becomes a given and a family name; "Ms Weller" keeps its title and "A. Lindo" its form. Short forms follow the full
name: after (Ilse Weller -> Amara Okafor), "Weller" is "Okafor" and "Ilse" is "Amara". Further given names and particles are
dropped, and "of Tholey" stays. Which of the names of a culture is taken depends only on the id of the text, so a text has
name number k of every culture in the same place.
"""

from __future__ import annotations

import random
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from relknit.data.whole_names import replace_spans
from relknit.document import Document, Entity

TITLES: Final = frozenset((
    "Mr", "Mr.", "Mrs", "Mrs.", "Ms", "Ms.", "Miss", "Dr", "Dr.", "Professor", "Judge", "Sir", "Justice", "Captain", "Inspector",
    "Cllr", "Councillor",
))  # fmt: skip
_INITIAL: Final = re.compile(r"[^\W\d_]\.")
_WITHOUT_MARKS: Final = str.maketrans({
    "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ı": "i", "ß": "ss", "æ": "ae", "Æ": "Ae", "ð": "d", "Ð": "D",
    "þ": "th", "Þ": "Th", "œ": "oe", "Œ": "Oe",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Culture:
    """Given and family names; number k of `given` is a name of the same gender in every culture."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    family_first: bool = False

    def spelled(self, spelling: Callable[[str], str]) -> Culture:
        """The same names in another spelling."""
        return replace(self, given=tuple(map(spelling, self.given)), family=tuple(map(spelling, self.family)))


def read_cultures() -> dict[str, Culture]:
    """cultures.toml; those with marks on letters are there twice, the second time without the marks."""
    content = tomllib.loads((Path(__file__).parent / "cultures.toml").read_text(encoding="utf-8"))
    found: dict[str, Culture] = {}
    for name, its in content.items():
        found[name] = Culture(tuple(its["given"]), tuple(its["family"]), its.get("family_first", False))
        plain = found[name].spelled(without_marks)
        if plain != found[name]:
            found[f"{name}, no marks"] = plain
    return found


def without_marks(text: str) -> str:
    """The text in letters without diacritics: "Đặng" -> "Dang", "Weiß" -> "Weiss"."""
    letters = unicodedata.normalize("NFD", text.translate(_WITHOUT_MARKS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def with_names_of(document: Document, culture: Culture) -> Document:
    """The document with the persons renamed; spans, text and offsets follow."""
    people = [entity for entity in document.entities if entity.type == "person"]
    names = _Names(document, people, culture)
    return replace_spans(document, {(e.token_start, e.token_end): names.new(e) for e in people})


class _Names:
    """The new words for the words of the names of one text."""

    def __init__(self, document: Document, people: list[Entity], culture: Culture) -> None:
        self.document, self.culture = document, culture
        rng = random.Random(document.id)
        self._orders = {
            kind: rng.sample(range(len(names)), len(names))
            for kind, names in (("given", culture.given), ("family", culture.family))
        }
        self._numbers: dict[str, dict[str, int]] = {"given": {}, "family": {}}
        for entity in sorted(people, key=lambda entity: (_has_initial(entity.text), entity.token_start)):
            words = _words(entity.text)
            if len(words) > 1:
                self._number("given", words[0])
                self._number("family", words[-1])

    def new(self, entity: Entity) -> str:
        """The new name of a person."""
        name, of, place = entity.text.partition(" of ")
        words = _words(name)
        if len(words) == 1:
            return self._word(self._kind_of_short(entity, words[0]), words[0]) + of + place
        given, family = self._word("given", words[0]), self._word("family", words[-1])
        if self.culture.family_first and not _has_initial(name):
            given, family = family, given
        return f"{given} {family}{of}{place}"

    def _kind_of_short(self, entity: Entity, word: str) -> str:
        """Whether a name of one word is a given or a family name."""
        for kind in ("family", "given"):
            if word in self._numbers[kind]:
                return kind
        before = self.document.tokens[max(0, entity.token_start - 2) : entity.token_start]
        has_title = any(token in TITLES for token in before if token != ".")
        return "family" if has_title else "given"

    def _word(self, kind: str, word: str) -> str:
        names: Mapping[str, tuple[str, ...]] = {"given": self.culture.given, "family": self.culture.family}
        order = self._orders[kind]
        new = names[kind][order[self._number(kind, word) % len(order)]]
        return f"{new[0]}." if _INITIAL.fullmatch(word) else new

    def _number(self, kind: str, word: str) -> int:
        """The number of a word among the given or the family names; an initial has that of the first name it can stand for."""
        numbers = self._numbers[kind]
        if _INITIAL.fullmatch(word):
            word = next((known for known in numbers if known[0] == word[0]), word)
        return numbers.setdefault(word, len(numbers))


def _words(name: str) -> list[str]:
    return name.partition(" of ")[0].split()


def _has_initial(name: str) -> bool:
    return any(map(_INITIAL.fullmatch, name.split()))
