"""A raw text as a Document."""

from __future__ import annotations

from relknit.document import Document
from relknit.text.tokenise import tokenise


def read_text(text: str, *, identity: str = "1") -> Document:
    """A text as a Document of tokens with exact offsets (code points), without entities."""
    tokens = tokenise(text)
    return Document(identity, tuple(t.text for t in tokens), text=text, offsets=tuple((t.start, t.end) for t in tokens))
