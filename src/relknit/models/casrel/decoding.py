"""How the probabilities of CasRel become triples."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

_PROBABILITY = Annotated[float, Field(gt=0, lt=1)]
_THRESHOLDS: Final = ((0.5, 0.5), (0.4, 0.4), (0.3, 0.3), (0.3, 0.5), (0.5, 0.3), (0.6, 0.6))


@dataclass(frozen=True)
class CasRelDecoding:
    """Chosen on dev and stored with the model.

    subject_threshold, object_threshold: a start or an end counts above this probability. mentions: where a span is placed whose
    words occur more than once in the sentence: "all": where it was found; "first": where they occur first.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    subject_threshold: _PROBABILITY = 0.5
    object_threshold: _PROBABILITY = 0.5
    mentions: Literal["all", "first"] = "all"

    def alternatives(self, *, thresholds: bool) -> list[CasRelDecoding]:
        """The decodings to try on dev, this one first; `thresholds` false keeps its thresholds."""
        own = (self.subject_threshold, self.object_threshold)
        pairs = dict.fromkeys((own, *_THRESHOLDS)) if thresholds else {own: None}
        mentions: tuple[Literal["all", "first"], ...] = ("all", "first")
        found = (CasRelDecoding(subject, object_, where) for (subject, object_), where in product(pairs, mentions))
        return list(dict.fromkeys((self, *found)))
