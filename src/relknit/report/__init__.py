"""HTML pages of results: one system against gold, or several systems side by side. No torch here.

evaluation_page.py   the page of one system: scores, kinds of errors, confusions, plots, sentences
comparison_page.py   the page of several systems: differences, which system has which triple correct, sentences
cards.py             a sentence with its triples, gold and predicted side by side
plots.py             precision-recall and reliability as SVG, in the page or as a file
macros.html          tables, filters and cards that both pages have
"""

from relknit.report.comparison_page import comparison_html
from relknit.report.evaluation_page import evaluation_html
from relknit.report.plots import reliability_svg

__all__ = ["comparison_html", "evaluation_html", "reliability_svg"]
