"""Keys by which equal and nearly equal sentences are found, and spaces that are invisible."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from relknit.document import Document
from relknit.text.repair import repair_tokens

_UNSEEN: Final = "\u200b\u2060\ufeff"  # zero-width space, word joiner, byte order mark
_EDGES: Final = re.compile(rf"^[\s{_UNSEEN}]+|[\s{_UNSEEN}]+$")
_NOT_ASCII_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_ACCENTS: Final = 200  # Unicode's combining classes from here on are marks above and below, not vowel signs


def trim(text: str) -> str:
    """The text without visible or invisible spaces at either end."""
    return _EDGES.sub("", text)


def letters_and_digits(tokens: Sequence[str]) -> str:
    """The letters and digits of a sentence, ignoring double encoding, accents, case, punctuation and spacing."""
    text = "".join(repair_tokens(tokens)).casefold()
    if text.isascii():
        return _NOT_ASCII_LETTERS.sub("", text)
    pieces = unicodedata.normalize("NFKD", text)
    return "".join(c for c in pieces if unicodedata.category(c)[0] in "LNM" and unicodedata.combining(c) < _ACCENTS)


def exact_key(document: Document) -> bytes:
    """Equal for sentences with the same tokens; 12 bytes, so a collision among a million sentences has probability < 1e-16."""
    return _digest(document.tokens)


def near_key(document: Document) -> bytes:
    """Equal for sentences with the same letters and digits; a sentence without any equals only its exact copies."""
    letters = letters_and_digits(document.tokens)
    return _digest(("letters", letters)) if letters else exact_key(document)


def annotation_key(document: Document) -> bytes:
    """Equal for documents with the same entities and the same relations between them, in any order."""
    spans = [(e.token_start, e.token_end, e.type or "") for e in document.entities]
    triples = {(spans[r.head], r.type, spans[r.tail]) for r in document.relations}
    return _digest((repr(sorted(set(spans))), repr(sorted(triples))))


def _digest(parts: Sequence[str]) -> bytes:
    return blake2b("".join(f"{len(part)}:{part}" for part in parts).encode(), digest_size=12).digest()
