"""A raw text as a Document."""

from __future__ import annotations

from relknit.document import Document
from relknit.document.clean import clean
from relknit.text.tokenise import TokenRule, tokenise


def read_text(text: str, *, identity: str = "1", rule: TokenRule = "fine") -> Document:
    """A text as a Document of tokens with exact offsets (code points), without entities.

    The tokens are those of the clean text (see `relknit.document.clean`), their offsets those of the text as it is: a word
    broken at a line end is one token. rule: that of the data a model was trained on, see `relknit.text.tokenise`.
    """
    readable = clean(text)
    tokens = tokenise(readable.text, rule)
    offsets = tuple(readable.original(token.start, token.end) for token in tokens)
    return Document(identity, tuple(token.text for token in tokens), text=text, offsets=offsets)
