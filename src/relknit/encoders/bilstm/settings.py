"""Settings of the BiLSTM encoder."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from relknit.settings import EncoderSettings, FilePath, Fraction


class BiLSTMSettings(EncoderSettings):
    """The BiLSTM encoder and what a word looks like to it. Widths are per word; 0 leaves a part out."""

    not_stored: ClassVar[frozenset[str]] = frozenset({"vectors"})

    name: Literal["bilstm"] = "bilstm"
    word_dim: int = Field(default=100, ge=0, le=4096, description="width of a word vector")
    vectors: FilePath | None = Field(
        default=None, description="pretrained word vectors (GloVe-style text, plain or .gz, or .npz)"
    )
    max_vectors: int = Field(
        default=20_000, ge=0, description="how many pretrained words outside train are kept, commonest first"
    )
    vector_scale: float | None = Field(
        default=None, gt=0, description="standard deviation the pretrained vectors are rescaled to"
    )
    min_count: int = Field(default=1, ge=1, description="train words rarer than this have no vector of their own")
    repair: bool = Field(default=True, description="undo double-encoded letters before look-up")
    pos_dim: int = Field(default=0, ge=0, le=4096, description="width of a part-of-speech tag; needs `pos` in the data")
    char_dim: int = Field(
        default=30, ge=0, le=4096, description="width of a character; 0 = no characters, never-seen words are UNK"
    )
    char_filters: int = Field(
        default=50, ge=1, le=4096, description="width of what a convolution over the characters gives"
    )
    shape_dim: int = Field(default=10, ge=0, le=4096, description="width of the shape: capitals, digits, punctuation")
    hidden: int = Field(default=128, ge=1, le=4096, description="LSTM units a direction")
    num_layers: int = Field(default=2, ge=1, le=16, description="LSTM layers")
    input_dropout: Fraction = Field(default=0.3, description="on the input of the first LSTM layer")
    layer_dropout: Fraction = Field(
        default=0.3, description="on the output of every LSTM layer, where there are several"
    )
    word_dropout: Fraction = Field(default=0.04, description="fraction of training words read as unknown ones")

    @model_validator(mode="after")
    def _sees_something(self) -> BiLSTMSettings:
        if not (self.word_dim or self.char_dim or self.shape_dim or self.pos_dim):
            raise ValueError("word_dim, char_dim, shape_dim and pos_dim are all 0; give at least one of them a width")
        return self

    def source_files(self) -> dict[str, Path]:
        """The pretrained vectors."""
        return {} if self.vectors is None else {"vectors": self.vectors}
