"""Sentences longer than a limit, relations wider than a window, and entities in no relation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import GoodLine
from relknit.errors import ConfigError

DEFAULT_MAX_TOKENS: Final = 512
"""The maximum length of common pretrained encoders in word pieces; a word is at least one piece."""
SHORTEST_WINDOW: Final = 64
"""The window in tokens of a model trained on shorter sentences."""


class Reach:
    """Checks lengths against `max_tokens` and against the longest sentence of train (which becomes the window).

    Raises ConfigError for `max_tokens` below 1.
    """

    def __init__(self, max_tokens: int = DEFAULT_MAX_TOKENS) -> None:
        if max_tokens < 1:
            raise ConfigError(f"max_tokens is {max_tokens}, expected 1 or more; 512 suits most encoders")
        self._most = max_tokens
        self._train = 0

    def check(self, line: GoodLine) -> Iterator[DoctorFinding]:
        """Findings about one line; train must come before the other splits."""
        length = len(line.document)
        if line.file.split == "train":
            self._train = max(self._train, length)
        window = max(self._train, SHORTEST_WINDOW)
        if length > self._most:
            message = f"{length} tokens, more than {self._most}; split it into sentences"
            yield line.finding("long sentence", message)
        elif self._train and length > window:
            message = f"{length} tokens, but the longest of train has {self._train}; it is read in windows of {window}"
            yield line.finding("longer than train", message)
        if length > self._most or (self._train and length > window):
            yield from _out_of_reach(line, min(self._most, window) if self._train else self._most)
        yield from _unrelated(line)


def _out_of_reach(line: GoodLine, window: int) -> Iterator[DoctorFinding]:
    entities = line.document.entities
    for k, relation in enumerate(line.document.relations):
        ends = (entities[relation.head], entities[relation.tail])
        first, last = min(end.token_start for end in ends), max(end.token_end for end in ends)
        if last - first > window:
            message = (
                f"relation {k} ({relation.type}) reaches over {last - first} tokens, a window over {window}; split"
            )
            yield line.finding("relation out of reach", message)


def _unrelated(line: GoodLine) -> Iterator[DoctorFinding]:
    related = {end for relation in line.document.relations for end in (relation.head, relation.tail)}
    for k, entity in enumerate(line.document.entities):
        if k not in related:
            words = " ".join(line.document.tokens[entity.token_start : entity.token_end])
            kind = "" if entity.type is None else f" ({entity.type})"
            message = f'entity {k}, "{words}"{kind}, is in no relation; leave it if the tagger should learn it'
            yield line.finding("entity in no relation", message, (entity.token_start, entity.token_end))
