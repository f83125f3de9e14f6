"""Settings of GraphRel."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relknit.settings import Fraction, ModelSettings


class GraphRelSettings(ModelSettings):
    """GraphRel with one phase (1p) or two (2p). Widths are those of the authors' code."""

    name: Literal["graphrel"] = "graphrel"
    phases: Literal[1, 2] = Field(default=1, description="2: predict again from graphs of the predicted relations")
    graph: Literal["auto", "dependency", "chain", "none"] = Field(
        default="auto",
        description="edges between words: to the head that a spaCy pipeline finds, or to the word before; none: no edges; "
        "auto: dependency where the pipeline is installed, else chain. A trained model has what was chosen",
    )
    pipeline: str = Field(
        default="en_core_web_sm", min_length=1, description="name or folder of the spaCy pipeline that parses"
    )
    graph_layers: int = Field(default=2, ge=0, le=16, description="graph convolutions")
    hidden: int = Field(default=256, ge=1, le=4096, description="of each direction, the tagger and each word's half")
    dropout: Fraction = Field(default=0.5, description="on what every graph convolution computes")
    alpha: float = Field(
        default=3.0, gt=0, description="weight of the relation loss; with two phases, of both losses of the second"
    )
    label_weight: float = Field(
        default=2.0, gt=0, description="weight of words inside entities and of pairs with a relation; of others it is 1"
    )
    typed_entities: Literal["auto", "yes", "no"] = Field(
        default="auto", description="auto: where at least half of the entities have a type"
    )
