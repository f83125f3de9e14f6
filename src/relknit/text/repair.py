"""Undo double encoding, and normalise quotes and brackets for looking words up."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import ftfy

_TREEBANK: Final = MappingProxyType(
    {"``": '"', "''": '"', "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}"}
)
_LONGEST_WORD: Final = 200
_FIRST, _LAST = "À", "ſ"  # Latin-1 letters and Latin Extended-A: in UTF-8 they begin with the bytes of Ã, Ä and Å
PLAIN_QUOTES: Final = MappingProxyType({ord(mark): '"' for mark in "“”„‟«»"} | {ord(mark): "'" for mark in "‘’‚‛"})
"""Typographic quotes and their plain counterparts, character by character (for str.translate)."""


def repair_token(token: str) -> str:
    """The token with double encoding undone ("StÃ¶ger" -> "Stöger"); any other is returned unchanged.

    Also unchanged is a token that ftfy does not recognise, that lost a byte, or that has more than 200 characters: that is
    not a word and would fill the cache.
    """
    return token if token.isascii() or len(token) > _LONGEST_WORD else _repair(token)


def repair_tokens(tokens: Iterable[str]) -> tuple[str, ...]:
    """Every token repaired, one for one and in order."""
    return tuple(map(repair_token, tokens))


def normalise_token(token: str) -> str:
    """The spelling under which a word is looked up: repaired, with plain quotes and brackets.

    Treebank tokens (``, '', -LRB-, ...) and typed text (“, ”, ’, (, ...) so find the same word. Never empty for a
    token that is not, and normalising twice changes nothing.
    """
    if token.isascii():
        return _TREEBANK.get(token, token)
    plain = repair_token(token).translate(PLAIN_QUOTES)
    # a plain quote can change what ftfy does with the letters beside it, so one pass is not always enough
    return _TREEBANK.get(plain, plain) if plain == token else normalise_token(plain)


def _by_bytes(token: str) -> str:
    """What the token's cp1252 bytes spell as UTF-8, where all of that are letters of European languages.

    ftfy leaves words alone whose broken form could be one ("DavutoÄŸlu"), to be safe in any text; in a single word two
    such characters in a row, the first of them Ã, Ä or Å, are next to always one letter that was encoded twice.
    """
    if "\ufffd" in token:
        return token  # the codec has a byte for it
    try:
        spelt = token.encode("sloppy-windows-1252").decode("utf-8")
    except UnicodeError:
        return token
    return spelt if all(c.isascii() or (c.isalpha() and _FIRST <= c <= _LAST) for c in spelt) else token


@lru_cache(maxsize=16_384)
def _repair(token: str) -> str:
    repaired = token
    for _ in token:  # text encoded three times takes two passes
        before, repaired = repaired, _by_bytes(ftfy.fix_encoding(repaired))
        if not repaired or "\ufffd" in repaired:
            # a letter that lost a byte ("Ã\ufffdcolo") can't be restored; ftfy would drop the rest of it
            return token
        if repaired == before:
            break
    return repaired
