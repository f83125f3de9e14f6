"""Case studies: sentences of a test split, what is gold in them, and what the models of several rows find there.

questions.py    which rows, and which sentences
contenders.py   the run that stands for a row
study.py        the answer; metrics/errors.py says what is right, missed, invented in it
"""

from relknit.experiments.cases.contenders import Contender, Where
from relknit.experiments.cases.questions import CASES_FILE, FEW, Question, questions, read_cases
from relknit.experiments.cases.study import Case, Study, answer

__all__ = [
    "CASES_FILE",
    "FEW",
    "Case",
    "Contender",
    "Question",
    "Study",
    "Where",
    "answer",
    "questions",
    "read_cases",
]
