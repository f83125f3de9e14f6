"""A new model from settings and documents, as training makes one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from relknit.document import Document
from relknit.encoders import ENCODERS
from relknit.models import MODELS
from relknit.models.base import JointModel, Labels
from relknit.settings import EncoderSettings, ModelSettings


def build_model(
    encoder: EncoderSettings, model: ModelSettings, documents: Sequence[Document], *, typed: bool | None = None
) -> JointModel:
    """Its labels and words are those of the documents; its weights come from torch's random state."""
    made = ENCODERS.get(encoder.name).from_documents(encoder, documents)
    return MODELS.get(model.name)(model, made, Labels.of(documents, typed=typed))


def total(loss: dict[str, Tensor]) -> Tensor:
    """What is minimised of the parts of a loss."""
    return sum(loss.values(), start=torch.zeros(()))
