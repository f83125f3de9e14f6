"""Settings of RIN and of its first version."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from relknit.settings import ModelSettings


class WordPairSettings(ModelSettings):
    """What both models share."""

    num_rounds: int = Field(default=2, ge=0, le=64, description="K; 0 is RIN without interaction")
    pair_hidden: int = Field(default=100, ge=1, le=4096, description="with scorer additive: of each word's half")
    relation_bias: float | None = Field(default=-6.0, description="initial bias of every relation; none = torch's own")
    anchor: Literal["last", "first"] = Field(
        default="last", description="the word that represents an entity in the pair table"
    )
    typed_entities: Literal["auto", "yes", "no"] = Field(
        default="auto", description="auto: where at least half of the entities have a type"
    )
    threshold: float = Field(default=0.5, gt=0, lt=1, description="least probability of a pair; tuned on dev")
    pair_words: Literal["all", "entities"] = Field(
        default="all",
        description="whose pairs C_r learns and judges in the end: all words, or those in entities (learning: gold ones)",
    )


class RINSettings(WordPairSettings):
    """RIN as EMNLP 2020 prints it (equations 1 to 9), and its ablations as values."""

    name: Literal["rin"] = "rin"
    gru: Literal["torch", "paper"] = Field(default="torch", description="torch's cell with biases, or eq. 4 as printed")
    entity_feedback: bool = Field(default=True, description="false: w/o ER, H_e is left out of H^k")
    relation_feedback: bool = Field(default=True, description="false: w/o RC, H_r is left out of H^k")


class RINv1Settings(WordPairSettings):
    """The first version of the paper (section 4), and its ablations as values."""

    name: Literal["rin_v1"] = "rin_v1"
    scorer: Literal["additive", "emnlp"] = Field(
        default="additive", description="eqs. 9 and 10 as printed, or EMNLP's 7"
    )
    cell: Literal["gru", "paper_gru", "rnn", "linear"] = Field(
        default="gru", description="torch's, eqs. 4 to 7 as printed, vanilla; linear: −γ, two linear maps instead"
    )
    task_features: bool = Field(default=True, description="false: no f_r and f_g, H itself is used")
    int_relations: bool = Field(default=True, description="false: −ỹ, INT does not see the strongest relations")
    int_entities: bool = Field(default=True, description="false: −ȳ, INT does not see the tags")
    int_words: bool = Field(default=True, description="false: −H, INT does not see the words")

    @model_validator(mode="after")
    def _sees_something(self) -> RINv1Settings:
        if not (self.int_relations or self.int_entities or self.int_words):
            raise ValueError("int_relations, int_entities and int_words are all false; leave INT at least one of them")
        return self
