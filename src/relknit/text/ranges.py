"""Sentence borders of tokens with or without their text, and the ranges in which a model reads them."""

from __future__ import annotations

from relknit.document import Document
from relknit.text.align import join_tokens
from relknit.text.sentences import sentence_spans
from relknit.text.tokenise import Token
from relknit.text.windows import windows


def reading_ranges(document: Document, max_tokens: int) -> list[tuple[int, int]]:
    """[start, end) of each range of tokens that is read at once: the whole document, or windows of `max_tokens`.

    Prediction and coverage both use these. Raises ConfigError if `max_tokens` < 1.
    """
    if len(document) <= max_tokens:
        return [(0, len(document))]
    return windows(sentence_ranges(document), max_tokens)


def sentence_ranges(document: Document) -> list[tuple[int, int]]:
    """[start, end) of each sentence in the document's tokens, covering all of them.

    Borders are found in its own text if every token has an offset, else in the joined tokens.
    """
    text, offsets = document.text, [o for o in document.offsets or () if o is not None]
    if text is None or len(offsets) != len(document):
        text, placed = join_tokens(document.tokens)
        offsets = list(placed)
    return sentence_spans([Token(t, *o) for t, o in zip(document.tokens, offsets, strict=True)], text)
