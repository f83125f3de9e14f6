"""Why a model finds nothing: the most likely cause, from the training data and the scores on held-out sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from relknit.display import amount
from relknit.document import Document
from relknit.errors import short

FEW_EXAMPLES: Final = 10
_SOME_ENTITIES: Final = 0.3


def cause_of_no_triple(scores: Mapping[str, float], train: Sequence[Document], held_out: Sequence[Document]) -> str:
    """One clause on why no predicted triple is correct.

    scores: F1 by score, 0 to 1, on the held-out sentences.
    """
    if not any(document.relations for document in held_out):
        return "no sentence that is scored has a triple"
    if scores.get("entities", 1.0) <= _SOME_ENTITIES:
        return (
            f"of the entities too, only {100 * scores['entities']:.0f} F1 are found: too little training yet, too few "
            f"sentences ({len(train)}), or wrong spans, which `relknit data doctor` finds"
        )
    counts = Counter(relation.type for document in train for relation in document.relations)
    fewest = min(counts, key=lambda name: counts[name])
    if counts.total() < FEW_EXAMPLES * len(counts):
        each = (
            f"{counts.total() / len(counts):.0f} examples of a relation on average, {counts[fewest]} of {short(fewest)}"
        )
        return f"entities are found, but there are only {each}; add sentences"
    return f"entities are found, but no relation between them yet in {amount(len(train), 'sentence')}; train longer"
