"""The known name that a mistyped one probably means."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`, None where none is much like it. Case and punctuation count little."""
    plain: dict[str, str] = {}
    for candidate in known:
        plain.setdefault(_plain(candidate), candidate)
    found = get_close_matches(_plain(name), plain, n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """ "; did you mean 'birthPlace'?", or an empty text where no known name is like it."""
    found = nearest(name, known)
    return "" if found is None else f"; did you mean {found!r:.80}?"


def _plain(name: str) -> str:
    letters = "".join(c for c in name.casefold() if c.isalnum())
    return letters or name
