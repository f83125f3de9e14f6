"""Settings of CopyRE, and those that all systems with a copy decoder share."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from pydantic import Field

from relknit.settings import ModelSettings

Order: TypeAlias = Literal["random", "given", "alphabetical", "frequency"]


class CopySettings(ModelSettings):
    """What all of them share."""

    order: Order = Field(
        default="random",
        description="of the triples of a sentence in training: drawn once for each sentence, as in the data, or by relation: "
        "alphabetical, or the most frequent of train first",
    )
    feed: Literal["own", "gold"] = Field(
        default="own", description="what a training step reads of the step before: its own prediction, or the gold one"
    )

    @property
    def suited_training(self) -> dict[str, Any]:
        """Sentences are not joined to paragraphs, which have more triples than the decoder can write."""
        return {"join": 0.0}


class CopyRESettings(CopySettings):
    """CopyRE (ACL 2018)."""

    name: Literal["copy_re"] = "copy_re"
    decoder: Literal["one", "multi"] = Field(
        default="one", description="one for all triples (OneDecoder), or one for each of the five (MultiDecoder)"
    )
    attention: bool = Field(
        default=True, description="false: the decoder reads nothing of the sentence but what it copies"
    )
