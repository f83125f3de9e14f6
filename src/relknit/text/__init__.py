"""From raw text to tokens, sentences and windows, and from given tokens back to raw text. No torch here."""

from relknit.text.align import align, join_tokens
from relknit.text.repair import normalise_token, repair_token, repair_tokens
from relknit.text.sentences import sentence_spans
from relknit.text.tokenise import Token, tokenise
from relknit.text.windows import windows

__all__ = [
    "Token",
    "align",
    "join_tokens",
    "normalise_token",
    "repair_token",
    "repair_tokens",
    "sentence_spans",
    "tokenise",
    "windows",
]
