"""Settings of the transformer encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from relknit.settings import EncoderSettings, Fraction

USUAL_RATE = 3e-4
"""For small transformers such as MiniLM; large ones want less."""

HIGHEST_USUAL_RATE = 5e-4
"""Above it a pretrained transformer soon forgets what it knows."""


class TransformerSettings(EncoderSettings):
    """A pretrained transformer instead of the BiLSTM; needs the extra `transformers`.

    A model folder keeps its own copy, so that `source` is read only when a training begins.
    """

    not_stored: ClassVar[frozenset[str]] = frozenset({"source"})
    least_steps: ClassVar[int] = 400

    name: Literal["transformer"] = "transformer"
    source: str | None = Field(
        default=None,
        description="a Hugging Face encoder: its folder, an installed package that holds one, or hf:NAME for one of the Hub",
    )
    words: Literal["first", "mean"] = Field(
        default="first", description="what represents a word: its first piece, or the mean of its pieces"
    )
    repair: bool = Field(default=True, description="undo double-encoded letters and treebank brackets first")
    dropout: Fraction = Field(default=0.1, description="on the features of words; the transformer keeps its own inside")
    frozen: bool = Field(default=False, description="the transformer's weights stay as they are")
    frozen_layers: int | None = Field(
        default=None,
        ge=0,
        description="the table of word pieces and so many of the lowest layers stay as they are, which takes less time; none = "
        "everything learns",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="less memory in training for a third more time; batches are computed in one shard"
    )

    @classmethod
    def anchored(cls, values: dict[str, Any], folder: Path) -> dict[str, Any]:
        """The same with `source` as a path where it names a folder beside the file."""
        source = values.get("source")
        if isinstance(source, str) and (folder / source).is_dir():
            values = values | {"source": str(folder / source)}
        return super().anchored(values, folder)

    def source_files(self) -> dict[str, Path]:
        """The weights, where `source` is a folder."""
        folder = Path(self.source or "")
        return {"encoder": folder / "model.safetensors"} if self.source and folder.is_dir() else {}

    @property
    def suited_training(self) -> dict[str, Any]:
        """A low rate for what the transformer knows, a higher one for the rest; one rate if it is frozen; fewer epochs."""
        rates = {"learning_rate": 1e-3, "warm_up": 0.1, "epochs": 12}
        return rates if self.frozen else {**rates, "encoder_learning_rate": USUAL_RATE}

    @property
    def highest_usual_rate(self) -> float | None:
        """None for a frozen transformer, which learns nothing."""
        return None if self.frozen else HIGHEST_USUAL_RATE
