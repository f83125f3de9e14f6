"""Documents in lower case, in capitals, or with every word capitalised."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from relknit.document import Document


def capitalised(token: str) -> str:
    """The token with its first letter in upper case, if it begins with a letter."""
    return token[:1].upper() + token[1:]


CHANGES: Final = (str.lower, str.upper, capitalised)


def vary_case(document: Document, rng: random.Random) -> Document:
    """A copy in lower case, in capitals or with every word capitalised, each as likely; see `recased`."""
    return recased(document, rng.choice(CHANGES))


def recased(document: Document, change: Callable[[str], str]) -> Document:
    """A copy with `change` of every token, such as `str.lower`.

    A token whose length would change ("ß" in capitals is "SS") stays, so that no offset moves.
    """
    tokens = tuple(new if len(new := change(token)) == len(token) else token for token in document.tokens)
    if document.text is None or document.offsets is None:
        return replace(document, tokens=tokens)
    characters = list(document.text)
    for place, old in zip(document.offsets, document.tokens, strict=True):
        if place is not None:
            start, end = place
            new = change(document.text[start:end])
            characters[start:end] = new if len(new) == end - start == len(old) else document.text[start:end]
    return replace(document, tokens=tokens, text="".join(characters))
