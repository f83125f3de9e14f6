"""Places with their demonyms and other names: "U.S." is the United States; "Canadian" may mean Canada or not."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from relknit.graph.resolution.folding import folded_words


class PlaceName(NamedTuple):
    """The place that a name means. reason: why; empty for the place's own name. is_demonym: people, language or citizenship."""

    place: tuple[str, ...]
    reason: str = ""
    is_demonym: bool = False


def place_name(words: tuple[str, ...]) -> PlaceName | None:
    """What a name means, by its folded words; None for a name that the table does not have."""
    return place_names().get(words)


@cache
def place_names() -> MappingProxyType[tuple[str, ...], PlaceName]:
    """What each name in the table means, by its folded words; names of two places are left out."""
    table = tomllib.loads(files(__package__).joinpath("places.toml").read_text(encoding="utf-8"))
    found: dict[tuple[str, ...], set[PlaceName]] = defaultdict(set)
    for name, others in table.items():
        place = folded_words(name)
        found[place].add(PlaceName(place))
        for demonym in others["demonyms"]:
            found[folded_words(demonym)].add(PlaceName(place, f"demonym of {name}", True))
        for other in others["names"]:
            found[folded_words(other)].add(PlaceName(place, f"other name of {name}"))
    return MappingProxyType({words: next(iter(places)) for words, places in found.items() if len(places) == 1})
