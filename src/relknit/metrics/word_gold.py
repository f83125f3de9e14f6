"""Gold for systems that predict one word of each entity and never its span (`JointModel.spans` is false).

Their scores are those of words: gold entities are cut to their anchors, so that verdicts, groups and calibration, which compare
spans, compare words, and the scores of spans are replaced by `NOT_APPLICABLE`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from relknit.document import AnchorRule, Document, Entity
from relknit.metrics.counts import SCORES, ScoreName
from relknit.metrics.scores import NOT_APPLICABLE, Score

WORD_SCORES: Final[tuple[ScoreName, ...]] = ("partial",)


def scores_of(*, spans: bool) -> tuple[ScoreName, ...]:
    """The scores that a system can have, which predicts spans or words alone."""
    return SCORES if spans else WORD_SCORES


def at_anchors(documents: Sequence[Document], rule: AnchorRule) -> list[Document]:
    """The documents with every entity cut to its anchor, untyped; relations keep their numbers."""
    return [
        replace(document, entities=tuple(_word(entity, rule) for entity in document.entities)) for document in documents
    ]


def words_alone(scores: Mapping[ScoreName, Score]) -> dict[ScoreName, Score]:
    """The scores, those of spans replaced by `NOT_APPLICABLE`."""
    return {name: score if name in WORD_SCORES else NOT_APPLICABLE for name, score in scores.items()}


def _word(entity: Entity, rule: AnchorRule) -> Entity:
    anchor = entity.anchor(rule)
    return Entity(anchor, anchor + 1, tagged=entity.tagged)
