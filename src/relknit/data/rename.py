"""Replace the names of entities by made-up ones, so that neither a score nor training can rely on known names.

The replacement maps tokens to tokens, for each document, restricted to tokens inside entities: "Ada Holm ... Holm"
becomes "Qiulin Boveda ... Boveda" wherever the tokens occur, annotated or not. Nested and overlapping
entities, names that share a word and second mentions stay consistent, and no token moves. Different
tokens get different new ones, none of which is in the sentence already, so two names never become one.

A new token follows the shape of the old one: a capitalised word another capitalised word, capitals as many capitals, an
initial another initial, digits as many digits (years stay years, dates dates), letters of another script than Latin as
many letters of that script, and punctuation stays. Kept are function
words, months and titles (`shipped/names/kept.txt`), and lower-case words unless the whole name is lower case ("test
pilot", where each such word becomes an made-up lower-case word). A name in lower case that begins with a function word
("the language") is a description and is kept.

The "train" and "evaluation" lists have no word in common, and no stem that their words were made from.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal, get_args

from relknit.document import Document
from relknit.errors import ConfigError

NameList = Literal["train", "evaluation"]
Offsets = tuple[tuple[int, int] | None, ...]

_KINDS: Final = ("given", "surname", "place", "organisation", "thing")
_PUNCTUATION: Final = r"\s!-/:-@\[-`{-~–—‘’“”«»"
# A piece is an "O'" that begins a name, a number, a word (any other letters and marks) or punctuation.
_PIECE: Final = re.compile(rf"[^\W\d_]['’](?=[^\W\d_])|\d+|[^\d{_PUNCTUATION}]+|[{_PUNCTUATION}]+")
_DATE: Final = re.compile(r"(\d{4})(\D)(\d\d)(\D)(\d\d)")
_ORDINAL: Final = re.compile(r"(\d+)(st|nd|rd|th)")
_VOWELS: Final = "AEIOU"
_CONSONANTS: Final = "BCDFGHKLMNPRSTVZ"
_TRIES: Final = 50
_LATIN: Final = ("LATIN", "COMBINING", "MODIFIER", "FEMININE", "MASCULINE")


class Renamer:
    """Renames the entities of documents; the same seed and document id always give the same names.

    names: which of two disjoint lists of made-up names to draw from. Augment training with "train" (another seed for
    each epoch), test with "evaluation". Raises ConfigError for any other list.
    kept: further words, in lower case, that names keep.
    """

    def __init__(self, seed: int, *, names: NameList = "evaluation", kept: frozenset[str] = frozenset()) -> None:
        if names not in get_args(NameList):
            raise ConfigError(f"names is {names!r}, expected one of {', '.join(get_args(NameList))}")
        self.seed = seed
        self.names = names
        self._lists = {kind: _read_list(f"{names}_{kind}") for kind in _KINDS}
        self._kept = kept.union(_read_list("kept"))

    def rename(self, document: Document) -> Document:
        """A copy with new names for all entities; no token or span moves.

        `text` and `offsets` are rewritten if every changed token has an offset, else left out.
        """
        mapping = self._token_map(document)
        tokens = tuple(mapping.get(token, token) for token in document.tokens)
        text, offsets = _rewrite(document, tokens)
        return replace(document, tokens=tokens, text=text, offsets=offsets)

    def _token_map(self, document: Document) -> dict[str, str]:
        rng = random.Random(f"{self.seed}|{document.id}")
        taken = set(document.tokens)
        mapping: dict[str, str] = {}
        for entity in document.entities:
            name = document.tokens[entity.token_start : entity.token_end]
            lower = all(token == token.lower() and not any(map(str.isdigit, token)) for token in name)
            if lower and name[0] in self._kept:
                continue
            for token, kind in zip(name, _kinds(name, rng), strict=True):
                if token in mapping or token.lower() in self._kept or not _can_change(token, lower):
                    continue
                maker = _TokenMaker(rng, self._lists, kind, lower)
                candidates = (maker.like(token) for _ in range(_TRIES))
                # When nothing is free, as when all nine digits are in use, the token stays.
                mapping[token] = next((new for new in candidates if new not in taken), token)
                taken.add(mapping[token])
        return mapping


@dataclass(frozen=True, slots=True)
class _TokenMaker:
    """Makes tokens of the shape of a given one, drawing words from one kind of list."""

    rng: random.Random
    lists: dict[str, tuple[str, ...]]
    kind: str
    lower: bool

    def like(self, token: str) -> str:
        if date := _DATE.fullmatch(token):
            year, dash, _, second_dash, _ = date.groups()
            return f"{self._digits(year)}{dash}{self.rng.randint(1, 12):02}{second_dash}{self.rng.randint(1, 28):02}"
        if ordinal := _ORDINAL.fullmatch(token):
            return _with_suffix(self._digits(ordinal[1]))
        return "".join(self._piece(piece) for piece in _PIECE.findall(token))

    def _piece(self, piece: str) -> str:
        if piece.isdigit():
            return self._digits(piece)
        if (len(piece) == 2 and piece[1] in "'’") or not any(map(str.isalpha, piece)):
            return piece
        if piece.islower():
            return self.rng.choice(self.lists["thing"]) if self.lower else piece
        if any(c.isalpha() and not c.isascii() and _script(c) not in _LATIN for c in piece):
            return "".join(self._letter(c) for c in piece)
        if piece.isupper():
            letters = {True: _VOWELS, False: _CONSONANTS}
            return "".join(self.rng.choice(letters[c in _VOWELS]) if c.isalpha() else c for c in piece)
        return self.rng.choice(self.lists[self.kind])

    def _letter(self, letter: str) -> str:
        """Another letter of the same script and case; marks and letters without neighbours of their kind stay."""
        kind, script = unicodedata.category(letter), _script(letter)
        first = ord(letter) & ~63
        alike = (chr(code) for code in range(first, first + 64))
        letters = [c for c in alike if unicodedata.category(c) == kind and _script(c) == script]
        return self.rng.choice(letters) if kind.startswith("L") and letters else letter

    def _digits(self, digits: str) -> str:
        """As many digits; leading zeros stay, years stay years, what can be a day of the month still can."""
        zeros = len(digits) - len(digits.lstrip("0"))
        length = len(digits) - zeros
        if length == 0:
            return digits
        value = int(digits)
        low, high = 10 ** (length - 1), 10**length - 1
        if length == 4 and 1000 <= value < 2100:
            low, high = 1800, 2029
        elif value <= 31:
            high = min(high, 31)
        return "0" * zeros + str(self.rng.randint(low, high))


@lru_cache(maxsize=16)
def _read_list(name: str) -> tuple[str, ...]:
    text = (files("relknit") / "shipped" / "names" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def _kinds(name: tuple[str, ...], rng: random.Random) -> Iterator[str]:
    """The list of each token's new word, drawn at random: the data rarely states what kind of thing a name is."""
    whole = rng.choice(("person", "place", "organisation"))
    for k in reversed(range(len(name))):
        yield whole if whole != "person" else "given" if k else "surname"


def _can_change(token: str, lower: bool) -> bool:
    """Whether the token has a digit, or a letter other than those that a name with capitals keeps."""
    return any(c.isdigit() or (c.isalpha() and (lower or not c.islower())) for c in token)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]


def _with_suffix(number: str) -> str:
    last = "" if number[-2:-1] == "1" else number[-1]  # 11th, 12th, 13th
    return number + {"1": "st", "2": "nd", "3": "rd"}.get(last, "th")


def _rewrite(document: Document, tokens: Sequence[str]) -> tuple[str | None, Offsets | None]:
    """Text and offsets of the new tokens, or (None, None) if a changed token has no offset of its own."""
    text, offsets = document.text, document.offsets
    if tuple(tokens) == document.tokens:
        return text, offsets
    if text is None or offsets is None:
        return None, None
    pieces: list[str] = []
    moved: list[tuple[int, int] | None] = []
    cursor = length = 0
    for span, old, new in zip(offsets, document.tokens, tokens, strict=True):
        if span is None and old == new:
            moved.append(None)
            continue
        if span is None or span[0] < cursor:  # in the second case two tokens share characters
            return None, None
        start, end = span
        word = text[start:end] if old == new else new
        pieces += [text[cursor:start], word]
        length += start - cursor + len(word)
        moved.append((length - len(word), length))
        cursor = end
    return "".join([*pieces, text[cursor:]]), tuple(moved)
