"""Sentences longer than a budget, relations wider than a window, and entities that no relation reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relknit.data.doctor.findings import Finding
from relknit.data.doctor.source import Case
from relknit.errors import ConfigError

DEFAULT_MAX_TOKENS: Final = 512
"""Tokens that the longest of the usual pretrained encoders read at once; a word is at least one of their pieces."""
SHORTEST_WINDOW: Final = 64
"""Tokens of the window of a model that was trained on sentences no longer than that."""


class Reach:
    """Lengths against a budget in tokens, and against the longest sentence of train (which becomes the window).

    Raises ConfigError for a budget below 1.
    """

    def __init__(self, max_tokens: int = DEFAULT_MAX_TOKENS) -> None:
        if max_tokens < 1:
            raise ConfigError(f"max_tokens is {max_tokens}, expected 1 or more; 512 suits most encoders")
        self._most = max_tokens
        self._train = 0

    def look(self, case: Case) -> Iterator[Finding]:
        """Findings about one line; train has to come before the other splits."""
        length = len(case.document)
        if case.file.split == "train":
            self._train = max(self._train, length)
        window = max(self._train, SHORTEST_WINDOW)
        if length > self._most:
            message = f"{length} tokens, above the budget of {self._most}; split it into sentences"
            yield case.finding("long sentence", message)
        elif self._train and length > window:
            message = f"{length} tokens, but the longest of train has {self._train}; it is read in windows of {window}"
            yield case.finding("longer than train", message)
        if length > self._most or (self._train and length > window):
            yield from _out_of_reach(case, min(self._most, window) if self._train else self._most)
        yield from _unrelated(case)


def _out_of_reach(case: Case, window: int) -> Iterator[Finding]:
    entities = case.document.entities
    for k, relation in enumerate(case.document.relations):
        ends = (entities[relation.head], entities[relation.tail])
        first, last = min(end.start for end in ends), max(end.end for end in ends)
        if last - first > window:
            message = (
                f"relation {k} ({relation.type}) reaches over {last - first} tokens, a window over {window}; split"
            )
            yield case.finding("relation out of reach", message)


def _unrelated(case: Case) -> Iterator[Finding]:
    related = {end for relation in case.document.relations for end in (relation.head, relation.tail)}
    for k, entity in enumerate(case.document.entities):
        if k not in related:
            words = " ".join(case.document.tokens[entity.start : entity.end])
            kind = "" if entity.type is None else f" ({entity.type})"
            message = f'entity {k}, "{words}"{kind}, is in no relation; leave it if the tagger should learn it'
            yield case.finding("entity in no relation", message, (entity.start, entity.end))
