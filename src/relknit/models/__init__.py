"""Models: each reads documents, has a loss to train by, and owns its decoding."""

from relknit.models.base import Batch, Decoding, Example, JointModel, Labels, LossParts
from relknit.models.build import build_model
from relknit.models.confidence import Calibration
from relknit.models.rin import RIN
from relknit.models.rin_v1 import RINv1

__all__ = [
    "RIN",
    "Batch",
    "Calibration",
    "Decoding",
    "Example",
    "JointModel",
    "Labels",
    "LossParts",
    "RINv1",
    "build_model",
]
