"""Long texts are read in windows of whole sentences that overlap; nothing is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from relknit.document import Document
from relknit.errors import ConfigError, DataError
from relknit.text.align import join_tokens
from relknit.text.sentences import sentence_spans
from relknit.text.tokenise import Token

SHORTEST_WINDOW: Final = 64
"""Tokens. Where all training sentences are shorter, whole sentences of this length are still read in one piece."""


def usual_window(lengths: Iterable[int]) -> int:
    """The window, in tokens, of a model trained on sentences of these lengths (at least one), in tokens.

    That of the longest sentence, but at most three times that of all but the longest tenth, so a few lines that contain
    whole texts do not make every text be read in windows as long as they are.
    """
    ordered = sorted(lengths)
    usual = ordered[int(0.9 * (len(ordered) - 1))]
    return max(SHORTEST_WINDOW, min(ordered[-1], 3 * usual))


def reading_ranges(document: Document, max_tokens: int) -> list[tuple[int, int]]:
    """[start, end) of each range of tokens that is read at once: the whole document, or windows of `max_tokens`.

    A sentence longer than `max_tokens` is still read whole up to SHORTEST_WINDOW tokens: with `max_tokens` = 1 a text is read
    sentence by sentence. Prediction and coverage both use these. Raises ConfigError if `max_tokens` < 1.
    """
    if len(document) <= max_tokens:
        return [(0, len(document))]
    return windows(sentence_ranges(document), max_tokens, longest=longest_range(max_tokens))


def longest_range(max_tokens: int) -> int:
    """The most tokens of a range that `reading_ranges` gives."""
    return max(max_tokens, SHORTEST_WINDOW)


def sentence_ranges(document: Document) -> list[tuple[int, int]]:
    """[start, end) of each sentence in the document's tokens, covering all of them.

    Borders are found in its own text if every token has an offset, else in the joined tokens.
    """
    text, offsets = document.text, [o for o in document.offsets or () if o is not None]
    if text is None or len(offsets) != len(document):
        text, placed = join_tokens(document.tokens)
        offsets = list(placed)
    return sentence_spans([Token(t, *o) for t, o in zip(document.tokens, offsets, strict=True)], text)


def windows(
    sentences: Sequence[tuple[int, int]], max_tokens: int, *, longest: int | None = None
) -> list[tuple[int, int]]:
    """Half-open token ranges of at most `max_tokens` tokens that together contain every token of the sentences.

    `sentences` are half-open token ranges that follow each other without gaps, as `sentence_spans` gives them.
    A window takes as many whole sentences as fit; the next one begins with the last sentence of the one before, where
    that sentence and its successor fit together, else with the successor. So every two neighbouring sentences that fit
    in a window together are together in one, and no sentence is in more than two. A sentence that is longer than
    `longest` (None: `max_tokens`) is cut into windows of so many tokens, each sharing at least a quarter with the one before;
    one that is longer than `max_tokens` alone is a window of its own.
    Raises ConfigError if `max_tokens` is less than 1, DataError if the sentences don't follow each other.
    """
    if max_tokens < 1:
        raise ConfigError(f"max_tokens is {max_tokens}, expected 1 or more; raise it, for example to 128")
    for (start, end), (following, _) in pairwise(sentences):
        if not start <= end == following:
            raise DataError(f"sentence [{start}, {end}) is followed by one that begins at {following}; leave no gaps")
    return list(_windows([span for span in sentences if span[0] < span[1]], max_tokens, longest or max_tokens))


def _windows(sentences: list[tuple[int, int]], max_tokens: int, longest: int) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(sentences):
        start, end = sentences[first]
        if end - start > longest:
            yield from _pieces(start, end, longest)
            first += 1
            continue
        after = first + 1
        while after < len(sentences) and sentences[after][1] - start <= max_tokens:
            after += 1
        yield start, sentences[after - 1][1]
        overlaps = after < len(sentences) and sentences[after][1] - sentences[after - 1][0] <= max_tokens
        first = after - 1 if overlaps else after


def _pieces(start: int, end: int, max_tokens: int) -> Iterator[tuple[int, int]]:
    """Cuts one long sentence; the last piece reaches back so that it is as long as the others."""
    step = max_tokens - max_tokens // 4
    for begin in range(start, end - max_tokens, step):
        yield begin, begin + max_tokens
    yield end - max_tokens, end
