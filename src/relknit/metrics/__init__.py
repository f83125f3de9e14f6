"""Scores of any system's predictions: partial, exact, strict, text and entities, with breakdowns and intervals.

report = evaluate_predictions(gold, predictions, rule="last")
report.scores["partial"].f1, report.to_dict()
"""

from relknit.metrics.bootstrap import Interval, PairedResult, bootstrap_interval, paired_bootstrap
from relknit.metrics.breakdown import Group, NoFact, no_fact
from relknit.metrics.counts import SCORES, Comparison, Counts, ScoreName, compare_sentences, is_typed, tabulate
from relknit.metrics.match import match_predictions
from relknit.metrics.reliability import Reliability, equal_mass
from relknit.metrics.report import Report, evaluate_predictions
from relknit.metrics.scores import Score, micro_score

__all__ = [
    "SCORES",
    "Comparison",
    "Counts",
    "Group",
    "Interval",
    "NoFact",
    "PairedResult",
    "Reliability",
    "Report",
    "Score",
    "ScoreName",
    "bootstrap_interval",
    "compare_sentences",
    "equal_mass",
    "evaluate_predictions",
    "is_typed",
    "match_predictions",
    "micro_score",
    "no_fact",
    "paired_bootstrap",
    "tabulate",
]
