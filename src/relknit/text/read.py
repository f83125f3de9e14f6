"""A raw text as tokens, and as a Document."""

from __future__ import annotations

from relknit.document import Document
from relknit.document.clean import clean
from relknit.text.tokenise import Token, TokenRule, tokenise


def read_tokens(text: str, rule: TokenRule = "fine") -> list[Token]:
    """The tokens of the clean text (see `relknit.document.clean`), with their offsets (code points) in the text as it is.

    A word broken at a line end is one token. rule: see `relknit.text.tokenise`.
    """
    readable = clean(text)
    tokens = tokenise(readable.text, rule)
    if readable.starts is None:
        return tokens
    return [Token(token.text, *readable.original(token.start, token.end)) for token in tokens]


def read_text(text: str, *, identity: str = "1", rule: TokenRule = "fine") -> Document:
    """A text as a Document of the tokens of `read_tokens`, without entities.

    rule: that of the data a model was trained on, see `relknit.text.tokenise`.
    """
    tokens = read_tokens(text, rule)
    offsets = tuple((token.start, token.end) for token in tokens)
    return Document(identity, tuple(token.text for token in tokens), text=text, offsets=offsets)
