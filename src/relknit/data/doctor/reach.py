"""Sentences longer than a limit or than a model's window, relations wider than it, and entities in no relation."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from relknit.data.doctor.findings import DoctorFinding
from relknit.data.doctor.source import LineCheck, SourceLine
from relknit.errors import ConfigError
from relknit.text.windows import usual_window

DEFAULT_MAX_TOKENS: Final = 512
"""The maximum length of common pretrained encoders in word pieces; a word is at least one piece."""


class Reach(LineCheck):
    """Checks lengths against `max_tokens`, and those of dev and test against the window of a model trained on train.

    Raises ConfigError for `max_tokens` below 1.
    """

    def __init__(self, max_tokens: int = DEFAULT_MAX_TOKENS) -> None:
        if max_tokens < 1:
            raise ConfigError(f"max_tokens is {max_tokens}, expected 1 or more; 512 suits most encoders")
        self._most = max_tokens
        self._train = array("q")

    @cached_property
    def _window(self) -> int:
        """The window, once all of train is read; without train, the limit."""
        return min(self._most, usual_window(self._train)) if self._train else self._most

    def check(self, line: SourceLine) -> Iterator[DoctorFinding]:
        """Findings about one line; train must come before the other splits."""
        length, most = len(line.document), self._most
        if line.file.split == "train":
            self._train.append(length)
        else:
            most = self._window
        if length > self._most:
            yield line.finding("long sentence", f"{length} tokens, more than {self._most}; split it into sentences")
        elif length > most:
            message = (
                f"{length} tokens, more than the window of {most} of a model trained on train; it is read in several"
            )
            yield line.finding("longer than train", message)
        if length > most:
            yield from _out_of_reach(line, most)
        yield from _unrelated(line)


def _out_of_reach(line: SourceLine, window: int) -> Iterator[DoctorFinding]:
    entities = line.document.entities
    for k, relation in enumerate(line.document.relations):
        ends = (entities[relation.head], entities[relation.tail])
        width = max(end.token_end for end in ends) - min(end.token_start for end in ends)
        if width > window:
            message = f"relation {k} ({relation.type}) reaches over {width} tokens, a window over {window}; split"
            yield line.finding("relation out of reach", message)


def _unrelated(line: SourceLine) -> Iterator[DoctorFinding]:
    related = {end for relation in line.document.relations for end in (relation.head, relation.tail)}
    for k, entity in enumerate(line.document.entities):
        if k not in related:
            words = " ".join(line.document.tokens[entity.token_start : entity.token_end])
            kind = "" if entity.type is None else f" ({entity.type})"
            message = f'entity {k}, "{words}"{kind}, is in no relation; leave it if the tagger should learn it'
            yield line.finding("entity in no relation", message, (entity.token_start, entity.token_end))
