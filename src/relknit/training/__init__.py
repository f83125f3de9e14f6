"""Training: the loop, its saved state, and what is chosen on dev."""

from relknit.training.loop import Observer, train
from relknit.training.plan import Plan, make_plan
from relknit.training.result import TrainingResult
from relknit.training.state import TrainingState

__all__ = ["Observer", "Plan", "TrainingResult", "TrainingState", "make_plan", "train"]
