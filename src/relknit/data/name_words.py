"""Words that many names share, such as "Bridge" or "GmbH": they tell what kind of thing a name is of, also when it is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from relknit.document import Document

LEAST_NAMES: Final = 3
LEAST_FRACTION: Final = 0.05


def shared_words(documents: Iterable[Document]) -> frozenset[str]:
    """The words, in lower case, that are in at least LEAST_NAMES different names, and in LEAST_FRACTION of them.

    Numbers and punctuation are no words. A first name that several people have is in too small a fraction of the names.
    """
    names = {
        tuple(token.lower() for token in document.tokens[entity.token_start : entity.token_end])
        for document in documents
        for entity in document.entities
    }
    counts = Counter(word for name in names for word in set(name) if word.isalpha())
    least = max(LEAST_NAMES, LEAST_FRACTION * len(names))
    return frozenset(word for word, count in counts.items() if count >= least)
