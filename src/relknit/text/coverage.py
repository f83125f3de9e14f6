"""Which characters of a text a model reads, and in which window: evidence that nothing is truncated."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final

from relknit.document import Document
from relknit.document.clean import is_blank
from relknit.errors import DataError
from relknit.text.windows import reading_ranges

_WINDOWS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Window:
    """A range read at once: characters [start, end) from its first token to its last, and its range of tokens."""

    start: int
    end: int
    token_start: int
    token_end: int

    def to_dict(self) -> dict[str, int]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of a text of `characters` code points, in windows of at most `max_tokens` tokens.

    skipped: ranges [start, end) of characters in no token that was read; usually white space, which no model sees.
    unread: those of them that contain anything else; a text tokenised by relknit has none.
    read_again: characters read in more than one window, as neighbouring windows overlap.
    """

    characters: int
    max_tokens: int
    windows: tuple[Window, ...]
    skipped: tuple[tuple[int, int], ...]
    unread: tuple[tuple[int, int], ...]
    read_again: int

    @property
    def read(self) -> int:
        """The number of characters in tokens that were read."""
        return self.characters - sum(end - start for start, end in self.skipped)

    @property
    def is_complete(self) -> bool:
        """Whether every character that is not white space was read."""
        return not self.unread

    def __str__(self) -> str:
        """One readable line: how much of the text was read, the windows, and whether anything is missing."""
        if not self.windows:
            return "read: nothing, there is only white space"
        shown = ", ".join(f"{w.start}-{w.end}" for w in self.windows[:_WINDOWS_SHOWN])
        more = len(self.windows) - _WINDOWS_SHOWN
        windows = "one window" if len(self.windows) == 1 else f"{len(self.windows)} windows"
        missing = ", ".join(f"{start}-{end}" for start, end in self.unread)
        rest = f"not read: {missing}" if missing else "all but white space"
        return (
            f"read: {self.read:,} of {self.characters:,} characters ({rest}) in {windows} of at most {self.max_tokens} tokens: "
            f"{shown}{f' and {more:,} more' if more > 0 else ''}"
        )

    def windows_of(self, start: int, end: int) -> tuple[Window, ...]:
        """The windows that contain all characters of [start, end), such as those of an entity."""
        return tuple(window for window in self.windows if window.start <= start and end <= window.end)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; the ranges are [start, end)."""
        return {
            "characters": self.characters,
            "read": self.read,
            "read_again": self.read_again,
            "max_tokens": self.max_tokens,
            "windows": [window.to_dict() for window in self.windows],
            "skipped": [list(gap) for gap in self.skipped],
            "unread": [list(gap) for gap in self.unread],
        }


def coverage(document: Document, max_tokens: int) -> Coverage:
    """What a model with windows of `max_tokens` tokens reads of a document.

    Raises DataError for a document without text or with a token that has no offset, ConfigError for
    `max_tokens` < 1.
    """
    text, offsets = _placed(document)
    ranges = [(start, end) for start, end in reading_ranges(document, max_tokens) if start < end]
    times = Counter(token for start, end in ranges for token in range(start, end))
    read = [offsets[token] for token in sorted(times)]
    gaps = [(end, start) for (_, end), (start, _) in pairwise([(0, 0), *read, (len(text), len(text))]) if end < start]
    return Coverage(
        characters=len(text),
        max_tokens=max_tokens,
        windows=tuple(Window(offsets[start][0], offsets[end - 1][1], start, end) for start, end in ranges),
        skipped=tuple(gaps),
        unread=tuple((start, end) for start, end in gaps if not is_blank(text[start:end])),
        read_again=sum(offsets[token][1] - offsets[token][0] for token, count in times.items() if count > 1),
    )


def _placed(document: Document) -> tuple[str, list[tuple[int, int]]]:
    """The text and every token's offsets."""
    fix = "coverage counts characters, so give the text itself"
    if document.text is None or document.offsets is None:
        raise DataError(f"document {document.id} has no text with offsets; {fix}")
    offsets: list[tuple[int, int]] = []
    for token, span in zip(document.tokens, document.offsets, strict=True):
        if span is None:
            token = f"token {len(offsets)} ({token!r})"
            raise DataError(f"document {document.id}: {token} has no offset in its text; {fix}")
        offsets.append(span)
    return document.text, offsets
