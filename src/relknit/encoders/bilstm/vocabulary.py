"""Vocabularies: words (train words and words with a pretrained vector), characters, shapes, part-of-speech tags.

Index 0 is padding, index 1 the unknown word. Words are stored as `normalise_token` leaves them, so that typed text and
treebank tokens ("``" and '"') look up the same row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from relknit.document import Document
from relknit.text.repair import normalise_token

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")
_KINDS = (("X", str.isupper), ("x", str.islower), ("d", str.isdigit), ("a", str.isalpha))


@dataclass(frozen=True)
class Vocabulary:
    """Names in a fixed order and their numbers; what is not in it is UNKNOWN (1)."""

    names: tuple[str, ...]
    index: dict[str, int] = field(init=False, repr=False, compare=False)
    folded: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {name: number for number, name in enumerate(self.names)})
        folded: dict[str, int] = {}
        for number, name in enumerate(self.names):
            folded.setdefault(name.lower(), number)
        object.__setattr__(self, "folded", folded)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> int:
        return self.index.get(name, UNKNOWN)

    def of_any_case(self, name: str) -> int:
        """The number of the name, else of its lower-case form, else of the first name that differs from it in case only."""
        lower = name.lower()
        return self.index.get(name, self.index.get(lower, self.folded.get(lower, UNKNOWN)))

    def __contains__(self, name: str) -> bool:
        return name in self.index

    @staticmethod
    def of(names: Iterable[str]) -> Vocabulary:
        """The two special names, then each of `names` once, in the order they come."""
        return Vocabulary(tuple(dict.fromkeys((*SPECIAL, *names))))

    @property
    def own(self) -> tuple[str, ...]:
        """The names without the two special ones."""
        return self.names[len(SPECIAL) :]

    def joined(self, other: Vocabulary) -> Vocabulary:
        """These names in their order, then those that only `other` has."""
        return Vocabulary.of((*self.own, *other.own))


def look_up_form(token: str, *, repair: bool) -> str:
    """The spelling under which a token is looked up."""
    return normalise_token(token) if repair else token


def word_counts(documents: Iterable[Document], *, repair: bool) -> Counter[str]:
    """How often each word (in its look-up form) occurs."""
    return Counter(look_up_form(token, repair=repair) for document in documents for token in document.tokens)


def word_vocabulary(counts: Counter[str], *, min_count: int, extra: Sequence[str] = ()) -> Vocabulary:
    """Train words by falling count, then `extra` words (those with a pretrained vector) in their own order."""
    return Vocabulary.of((*(word for word in _by_count(counts) if counts[word] >= min_count), *extra))


def character_vocabulary(counts: Counter[str], *, most: int = 250) -> Vocabulary:
    """The commonest characters of the words."""
    characters: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            characters[character] += count
    return Vocabulary.of(_by_count(characters)[:most])


def shape_vocabulary(counts: Counter[str], *, most: int = 200) -> Vocabulary:
    """The commonest word shapes."""
    shapes: Counter[str] = Counter()
    for word, count in counts.items():
        shapes[word_shape(word)] += count
    return Vocabulary.of(_by_count(shapes)[:most])


def _by_count(counts: Counter[str]) -> list[str]:
    """The commonest first; equally common ones in alphabetical order."""
    return sorted(counts, key=lambda name: (-counts[name], name))


def pos_vocabulary(documents: Iterable[Document]) -> Vocabulary:
    """All part-of-speech tags of the documents, sorted."""
    return Vocabulary.of(sorted({tag for document in documents for tag in document.pos or ()}))


def word_shape(word: str) -> str:
    """A coarse form of at most ten signs: X upper, x lower, d digit, a other letter, ASCII marks as they are, else "?".

    Runs longer than two are cut: "McDonald's" -> "XxXxx'x", "1932" -> "dd", "U.S." -> "X.X."; so an unknown name
    still looks like a name.
    """
    shape: list[str] = []
    for character in word[:40]:
        kind = _kind(character)
        if shape[-2:] != [kind, kind]:
            shape.append(kind)
    return "".join(shape[:10])


def _kind(character: str) -> str:
    for sign, holds in _KINDS:
        if holds(character):
            return sign
    return character if character.isascii() else "?"
