"""Sentence borders of words that may come without their text."""

from __future__ import annotations

from relknit.document import Document
from relknit.text.align import join_tokens
from relknit.text.sentences import sentence_spans
from relknit.text.tokenise import Token


def sentence_ranges(document: Document) -> list[tuple[int, int]]:
    """[start, end) of each sentence in the document's tokens, covering all of them.

    Borders are found in its own text where every token is placed in it, else in the words joined to a text.
    """
    text, offsets = document.text, [o for o in document.offsets or () if o is not None]
    if text is None or len(offsets) != len(document):
        text, placed = join_tokens(document.tokens)
        offsets = list(placed)
    return sentence_spans([Token(t, *o) for t, o in zip(document.tokens, offsets, strict=True)], text)
