"""Settings of CasRel."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relknit.settings import ModelSettings


class CasRelSettings(ModelSettings):
    """The cascade of binary taggers (Wei et al., ACL 2020)."""

    name: Literal["casrel"] = "casrel"
    subjects: Literal["one", "all"] = Field(
        default="one",
        description="whose objects a step learns: those of one subject of each sentence, drawn; or of all",
    )
    targets: Literal["spans", "words"] = Field(
        default="spans", description="whole entities, or the last word of each, as the authors train on WebNLG and NYT"
    )
    subject_map: bool = Field(
        default=True,
        description="a matrix maps the vector of a subject; false: as printed, which cannot tag chains of one-word entities",
    )
    tagger_bias: float | None = Field(default=-4.0, description="initial bias of every tagger; none = torch's own")
    typed_entities: Literal["auto", "yes", "no"] = Field(
        default="auto", description="auto: where at least half of the entities have a type"
    )
