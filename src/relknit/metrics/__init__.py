"""Scores of any system's predictions: partial, exact, strict, text and entities, with breakdowns and intervals.

report = evaluate_predictions(gold, predictions, rule="last")
report.scores["partial"].f1, report.to_dict()
"""

from relknit.metrics.assertion import AssertionScore, assertion_score, predicted_relation
from relknit.metrics.bootstrap import paired_bootstrap
from relknit.metrics.breakdown import negatives
from relknit.metrics.counts import SCORES, ScoreName, compare_sentences, is_typed, tabulate
from relknit.metrics.evaluation_report import EvaluationReport, evaluate_predictions
from relknit.metrics.match import match_predictions
from relknit.metrics.reliability import Reliability
from relknit.metrics.scores import Score, micro_score
from relknit.metrics.system_comparison import SystemComparison, compare_predictions

__all__ = [
    "SCORES",
    "AssertionScore",
    "EvaluationReport",
    "Reliability",
    "Score",
    "ScoreName",
    "SystemComparison",
    "assertion_score",
    "compare_predictions",
    "compare_sentences",
    "evaluate_predictions",
    "is_typed",
    "match_predictions",
    "micro_score",
    "negatives",
    "paired_bootstrap",
    "predicted_relation",
    "tabulate",
]
