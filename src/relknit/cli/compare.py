"""relknit compare: two systems' predictions against gold and against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from relknit.cli import terminal
from relknit.cli.common import HtmlTarget, JsonTarget, check_report_target, write_page, write_report
from relknit.cli.scores import warn_of_predictions_as_gold
from relknit.data.readers import read_documents
from relknit.document import Document, Prediction
from relknit.errors import DataError
from relknit.metrics import SCORES, Score, match_predictions
from relknit.metrics.versus import Row, SentencePair, Versus, compare_predictions
from relknit.page import amount

_MOST_RELATIONS: Final = 10
_MOST_SENTENCES: Final = 3


def compare(
    a: Annotated[Path, Parameter(help="Predictions of system A (JSONL, plain or .gz).")],
    b: Annotated[Path, Parameter(help="Predictions of system B for the same sentences.")],
    *,
    gold: Annotated[Path, Parameter(help="The gold dataset; both are matched to it by id, else by position.")],
    json: JsonTarget = None,
    html: HtmlTarget = None,
    anchor: Annotated[
        Literal["last", "first"], Parameter(help="Which word stands for an entity in partial and exact.")
    ] = "last",
) -> int:
    """Compare two systems' predictions: scores, how sure the difference is, and which triples only one has right."""
    check_report_target(json, html)
    documents = read_documents(gold).documents
    warn_of_predictions_as_gold(documents, gold)
    of_a, of_b = (_predictions(path, documents) for path in (a, b))
    versus = compare_predictions(documents, of_a, of_b, rule=anchor)
    if html is not None:
        from relknit.report import comparison_html

        write_page(comparison_html(versus, title=gold.name, a=str(a), b=str(b)), html)
    if json is not None:
        write_report(versus.to_dict(), json)
    if json != "-":
        _show(terminal.console(), versus, a, b)
    return 0


def _predictions(path: Path, gold: Sequence[Document]) -> list[Prediction]:
    """Of the two files, an error says which."""
    predicted = read_documents(path).documents
    try:
        return match_predictions(gold, predicted)
    except DataError as error:
        raise DataError(error.message, path=path) from None


def _show(console: Console, versus: Versus, a: Path, b: Path) -> None:
    console.print(f"A: {a}\nB: {b}", markup=False, highlight=False, soft_wrap=True)
    console.print(_scores(versus))
    counts = ", ".join(f"{outcome} {count:,}" for outcome, count in versus.outcomes.items())
    console.print(f"  strict triples:  {counts}", highlight=False, soft_wrap=True)
    if (nothing := versus.a.no_fact).sentences:
        found = f"A finds a triple in {nothing.with_prediction}, B in {versus.b.no_fact.with_prediction}"
        console.print(f"  sentences without a fact, {nothing.sentences:,}:  {found}", highlight=False, soft_wrap=True)
    _show_relations(console, versus)
    differing = [sentence for sentence in versus.sentences if sentence.differ]
    share = f"{len(differing):,} of {amount(len(versus.sentences), 'sentence')}"
    console.print(f"A and B find different triples in {share}", highlight=False)
    ordered = sorted(differing, key=lambda sentence: -len(_apart(sentence)))
    for sentence in ordered[:_MOST_SENTENCES]:
        _show_sentence(console, sentence)
    if len(differing) > _MOST_SENTENCES:
        console.print("(--json or --html FILE has them all)", style="dim")


def _scores(versus: Versus) -> Table:
    table = Table(title=amount(len(versus.sentences), "sentence"), title_justify="left", box=None, padding=(0, 0, 0, 1))
    for name in ("score", "A: P", "R", "F1", "B: P", "R", "F1", "A - B", "95 % interval", "p"):
        table.add_column(name, justify="left" if name == "score" else "right")
    for name in SCORES:
        result = versus.differences[name]
        scores = [report.scores[name] for report in (versus.a, versus.b)]
        ratios = (shown for score in scores for shown in _ratios(score))
        interval = f"{100 * result.interval.low:+.1f} to {100 * result.interval.high:+.1f}"
        table.add_row(name, *ratios, f"{100 * result.difference:+.1f}", interval, f"{result.p_value:.3f}")
    return table


def _ratios(score: Score) -> tuple[str, str, str]:
    if score.of_nothing:
        return "–", "–", "–"
    precision, recall, f1 = (f"{100 * ratio:.1f}" for ratio in (score.precision, score.recall, score.f1))
    return precision, recall, f1


def _show_relations(console: Console, versus: Versus) -> None:
    counts = versus.by_relation
    ahead = {name: count["only A right"] - count["only B right"] for name, count in counts.items()}
    apart = [name for name in sorted(counts, key=lambda name: (-abs(ahead[name]), name)) if ahead[name]]
    title = "relations in which one has more right"
    if not apart:
        console.print(f"{title}: none", highlight=False)
        return
    title += f", {_MOST_RELATIONS} of {len(apart)}" if len(apart) > _MOST_RELATIONS else ""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 0, 0, 2))
    for name in ("relation", "only A right", "only B right", "A invents", "B invents"):
        table.add_column(name, justify="left" if name == "relation" else "right")
    for name in apart[:_MOST_RELATIONS]:
        of = counts[name]
        shown = (of["only A right"], of["only B right"], of["A invents"], of["B invents"])
        table.add_row(escape(name), *(str(count) for count in shown))
    console.print(table)


def _show_sentence(console: Console, sentence: SentencePair) -> None:
    console.print(f"\n{sentence.gold.id}", style="bold", markup=False, highlight=False, soft_wrap=True)
    text = sentence.gold.text or " ".join(sentence.gold.tokens)
    console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)
    rows = [(row.outcome, fact) for row in _apart(sentence) if (fact := row.fact) is not None]
    read = Counter(str(fact) for _, fact in rows)
    for outcome, fact in rows:
        shown = fact.placed if read[str(fact)] > 1 else fact
        console.print(f"  {outcome:13}  {shown}", markup=False, highlight=False, soft_wrap=True)


def _apart(sentence: SentencePair) -> list[Row]:
    """The triples that one of the two has, rightly or not, and the other has not."""
    alike = ("both right", "neither right", "both invent")
    return [row for row in sentence.rows if row.outcome not in alike]
