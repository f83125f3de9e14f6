"""Whether a text is unlike the data that a model was trained on: in another letter case, or in another language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

Unlike = Literal["lower case", "capitals", "language"]

SHORTEST: Final = 5
"""Words; a shorter text says too little."""
CAPITALS: Final = 0.8
"""A text is in capitals where this fraction of its words is. Of WebNLG's 500 dev texts none is noticed; in lower case and in
capitals 498 of them are, the other two being too short."""
UNKNOWN: Final = 0.45
"""A text is in another language where the model has never seen this fraction of its words without capitals. For the shipped model
the median is 0.64 to 0.80 on German, French and Spanish sentences; 2 of 1,306 English sentences of the dev sets of CoNLL04,
SciERC and NYT, and of negative sentences, are noticed."""


def unlike_training(
    tokens: Sequence[str], *, knows: Callable[[str], bool | None], has_capitals: bool
) -> tuple[Unlike, ...]:
    """In what a text differs from the training data, as far as that can be told from its tokens.

    knows: whether the model has seen a word; None where it cannot tell. has_capitals: whether it was trained on texts in
    upper and lower case.
    """
    words = [token for token in tokens if any(map(str.isalpha, token))]
    if len(words) < SHORTEST:
        return ()
    found: list[Unlike] = []
    if has_capitals and all(word == word.lower() for word in words) and any(word != word.upper() for word in words):
        found.append("lower case")
    upper = sum(word == word.upper() != word.lower() for word in words)
    if has_capitals and upper >= CAPITALS * len(words):
        found.append("capitals")
    plain = [word for word in words if word == word.lower()]
    unknown = [knows(word) for word in plain].count(False)
    if not found and len(plain) >= SHORTEST - 1 and unknown >= UNKNOWN * len(plain):
        found.append("language")
    return tuple(found)
