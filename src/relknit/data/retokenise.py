"""Give documents of other tokens, such as those of DocRED, a readable text and the tokens that relknit splits it into.

A model meets the same words in training and in a user's text only if both are split by the same rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Final

from relknit.data.convert.marked_text import MarkedText, trimmed
from relknit.document import Document
from relknit.text.align import join_tokens
from relknit.text.tokenise import TokenRule, tokenise

_JOINTS: Final = frozenset("-‐‑/—")
_ENDINGS: Final = frozenset(("’s", "’m", "’d", "’ll", "’re", "’ve", "n’t"))
_REMAINS: Final = "(;"
"""What is left of "(pronunciation; …" in texts of Wikipedia from which the pronunciation was removed."""


def retokenised(document: Document, *, rule: TokenRule = "fine", tally: Counter[str] | None = None) -> Document:
    """The document in the tokens that `rule` makes of its text; words in which an entity begins or ends are split further.

    A document without a text gets a readable one (`readable`). `tally` counts the words split.
    """
    if document.text is None:
        tokens = tuple(token[0] if token == _REMAINS else token for token in document.tokens)
        text, offsets = readable(tokens)
        document = replace(document, tokens=tokens, text=text, offsets=offsets)
    marked = MarkedText.of_document(document)
    ends = (trimmed(marked.text, span.start, span.end) for span in marked.spans)  # a token may be white space
    spans = tuple(span._replace(start=end[0], end=end[1]) for span, end in zip(marked.spans, ends, strict=True))
    marked = replace(marked, spans=spans)
    return marked.to_document(identity=document.id, tokeniser=partial(tokenise, rule=rule), tally=tally)


def readable(tokens: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A text of the tokens as a person would write it, and the offsets of each one in it; only white space is changed.

    As `relknit.text.align.join_tokens`, but compounds whose hyphens, slashes and long dashes are tokens ("German", "-", "born")
    are written without spaces, and so are short dashes between two numbers, and apostrophes after a word.
    """
    groups: list[list[str]] = []
    for k, token in enumerate(tokens):
        if k and (_joins(tokens, k) or _joins(tokens, k - 1) or _is_ending(tokens, k)):
            groups[-1].append(token)
        else:
            groups.append([token])
    text, offsets = join_tokens(["".join(group) for group in groups])
    placed = [
        (start + shift, start + shift + len(token))
        for (start, _), group in zip(offsets, groups, strict=True)
        for token, shift in zip(group, accumulate(map(len, group), initial=0), strict=False)
    ]
    return "".join(" " if character.isspace() else character for character in text), tuple(placed)


def _joins(tokens: Sequence[str], k: int) -> bool:
    """Whether token k stands between its neighbours without spaces."""
    if tokens[k] in _JOINTS or tokens[k].isspace():
        return True
    return tokens[k] == "–" and 0 < k < len(tokens) - 1 and tokens[k - 1][-1].isdigit() and tokens[k + 1][0].isdigit()


def _is_ending(tokens: Sequence[str], k: int) -> bool:
    """Whether token k is a clitic with a curly apostrophe, or the apostrophe of "Jesus' cousin"."""
    return tokens[k] in _ENDINGS or (tokens[k] == "'" and tokens[k - 1][-1] == "s")
