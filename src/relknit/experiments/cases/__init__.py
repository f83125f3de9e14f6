"""Case studies: sentences of a test split, what is gold in them, and what the models of several rows find there.

questions.py    which rows, and which sentences
contenders.py   the run that stands for a row
findings.py     one model in one sentence: right, missed, invented
study.py        the answer
"""

from relknit.experiments.cases.contenders import Contender, Where
from relknit.experiments.cases.findings import Extraction, Fact, Finding, Mention, Verdict
from relknit.experiments.cases.questions import CASES_FILE, FEW, Question, questions, read_cases
from relknit.experiments.cases.study import Case, Study, answer

__all__ = [
    "CASES_FILE",
    "FEW",
    "Case",
    "Contender",
    "Extraction",
    "Fact",
    "Finding",
    "Mention",
    "Question",
    "Study",
    "Verdict",
    "Where",
    "answer",
    "questions",
    "read_cases",
]
