"""Training: the loop, its saved state, and what is chosen on dev."""

from relknit.training.cross_validation import train
from relknit.training.loop import Observer
from relknit.training.plan import Plan, make_plan
from relknit.training.result import TrainingResult
from relknit.training.state import TrainingState

__all__ = ["Observer", "Plan", "TrainingResult", "TrainingState", "make_plan", "train"]
