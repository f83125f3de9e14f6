"""Results as HTML pages to look through: one system against gold, two systems against each other. No torch here.

evaluation.py   the page of one system: scores, error kinds, confusions, plots, sentences
comparison.py   the page of two systems: differences, who has which triple right, sentences
sections.py     tables that both have
cards.py        a sentence with its triples side by side, and the filters over all of them
marked.py       a sentence with its entities marked
plots.py        precision-recall and reliability as inline SVG
"""

from relknit.report.comparison import comparison_html
from relknit.report.evaluation import evaluation_html

__all__ = ["comparison_html", "evaluation_html"]
