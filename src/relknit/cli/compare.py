"""relknit compare: several systems' predictions against gold and against each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from relknit.cli import terminal
from relknit.cli.common import HtmlTarget, JsonFlag, LimitOptions, check_page, print_json, write_page
from relknit.cli.score_table import RuleOption, ratios, warn_of_missing_types, warn_of_predictions_as_gold
from relknit.cli.show import highlighted_text
from relknit.data.readers import read_documents
from relknit.display import amount
from relknit.document import Document, Prediction
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import ConfigError, DataError

if TYPE_CHECKING:
    from relknit.metrics import Score, SystemComparison
    from relknit.metrics.system_comparison import ComparedSentence

_MOST_RELATIONS: Final = 10


def compare(
    *predictions: Annotated[Path, Parameter(help="Two or more files of predictions (JSONL, plain or .gz): A, B, ...")],
    gold: Annotated[Path, Parameter(help="The gold dataset; predictions are matched to it by id, else by position.")],
    ids: Annotated[
        list[str] | None, Parameter(consume_multiple=True, negative="", help="Show these sentences, by their ids.")
    ] = None,
    limit: Annotated[int, Parameter(help="How many sentences to print of those that differ most.")] = 3,
    as_json: JsonFlag = False,
    html: HtmlTarget = None,
    rule: RuleOption = "last",
    limits: LimitOptions = DEFAULT_LIMITS,
) -> int:
    """Compare systems' predictions: scores, how sure the differences are, and which triples only some have correct."""
    from relknit.metrics import compare_predictions

    if not 2 <= len(predictions) <= len(ascii_uppercase):
        raise ConfigError(f"{len(predictions)} files of predictions; give 2 to {len(ascii_uppercase)}")
    if limit < 0:
        raise ConfigError(f"--limit {limit}: expected 0 or more")
    check_page(html)
    documents = read_documents(gold, limits=limits).documents
    warn_of_predictions_as_gold(documents, gold)
    wanted = _known(ids or (), documents, gold)
    files = dict(zip(ascii_uppercase, predictions, strict=False))
    systems = {name: _predictions(path, documents, limits) for name, path in files.items()}
    comparison = compare_predictions(documents, systems, rule=rule)
    if html is not None:
        from relknit.report import comparison_html

        about = {name: str(path) for name, path in files.items()}
        write_page(comparison_html(comparison, title=gold.name, about=about, ids=wanted), html)
    if as_json:
        print_json(comparison.to_dict(wanted))
    else:
        _show(terminal.console(), comparison, files, wanted, limit)
    return 0


def _known(ids: Sequence[str], gold: Sequence[Document], path: Path) -> Sequence[str]:
    there = {document.id for document in gold}
    for identity in ids:
        if identity not in there:
            raise DataError(f"has no sentence with id {identity!r}; the first is {gold[0].id!r}", path=path)
    return ids


def _predictions(path: Path, gold: Sequence[Document], limits: Limits) -> list[Prediction]:
    """The file's predictions; an error says which file it is."""
    from relknit.metrics import is_typed, match_predictions

    predicted = read_documents(path, limits=limits).documents
    warn_of_missing_types(gold, typed=is_typed(predicted), who=str(path))
    try:
        return match_predictions(gold, predicted)
    except DataError as error:
        raise DataError(error.message, path=path) from None


def _show(
    console: Console, comparison: SystemComparison, files: Mapping[str, Path], ids: Sequence[str], limit: int
) -> None:
    for name, path in files.items():
        terminal.print_line(f"{name}: {path}")
    console.print(_scores(comparison))
    counts = ", ".join(f"{outcome} {count:,}" for outcome, count in comparison.outcomes.items())
    terminal.print_line(f"  strict triples:  {counts}")
    negatives = {name: report.negatives for name, report in comparison.reports.items()}
    if sentences := negatives["A"].sentences:
        found = ", ".join(f"{name} in {its.with_prediction}" for name, its in negatives.items())
        terminal.print_line(f"  {amount(sentences, 'negative sentence')}:  a triple is predicted by {found}")
    _show_relations(console, comparison)
    differing = comparison.chosen()
    whole = amount(len(comparison.sentences), "sentence")
    terminal.print_line(f"different triples are predicted in {len(differing):,} of {whole}")
    shown = comparison.chosen(ids) if ids else sorted(differing, key=lambda one: -one.differing)[:limit]
    for sentence in shown:
        for line in _lines(sentence):
            console.print(line, soft_wrap=True)
    if not ids and len(differing) > limit:
        console.print("(--json or --html FILE shows all)", style="dim")


def _scores(comparison: SystemComparison) -> Table:
    table = Table(
        title=amount(len(comparison.sentences), "sentence"), title_justify="left", box=None, padding=(0, 0, 0, 2)
    )
    for name in ("score", "", "precision", "recall", "F1", "A - B", "95 % interval", "p"):
        table.add_column(name, justify="right" if name not in ("score", "") else "left")
    for score in comparison.reports["A"].scores:
        for name, report in comparison.reports.items():
            difference: tuple[str, ...] = ()
            if name in comparison.differences:
                result = comparison.differences[name][score]
                interval = f"{100 * result.interval.low:+.1f} to {100 * result.interval.high:+.1f}"
                difference = (f"{100 * result.difference:+.1f}", interval, f"{result.p_value:.3f}")
            table.add_row(score if name == "A" else "", name, *ratios(report.scores[score]), *difference)
    return table


def _show_relations(console: Console, comparison: SystemComparison) -> None:
    """The relations in which the numbers of correct triples are furthest apart."""
    from relknit.metrics import Score

    nothing = Score.of(0, 0, 0)
    scores: dict[str, dict[str, Score]] = {}
    for name, report in comparison.reports.items():
        for relation, group in report.by_relation.items():
            scores.setdefault(relation, dict.fromkeys(comparison.reports, nothing))[name] = group.scores["strict"]
    spread = {r: max(s.correct for s in of.values()) - min(s.correct for s in of.values()) for r, of in scores.items()}
    apart = [relation for relation in sorted(spread, key=lambda r: (-spread[r], r)) if spread[relation]]
    title = "relations by how far correct triples are apart"
    if not apart:
        console.print(f"{title}: none", highlight=False)
        return
    title += f", {_MOST_RELATIONS} of {len(apart)}" if len(apart) > _MOST_RELATIONS else ""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 0, 0, 2))
    table.add_column("relation")
    for name in comparison.reports:
        table.add_column(f"{name}: correct / predicted", justify="right")
    for relation in apart[:_MOST_RELATIONS]:
        cells = (f"{score.correct} / {score.predicted}" for score in scores[relation].values())
        table.add_row(Text(relation), *cells)
    console.print(table)


def _lines(sentence: ComparedSentence) -> Iterator[Text]:
    """The sentence with gold entities in [brackets], its triples with their outcomes, and what systems predict near them."""
    from relknit.metrics.readable import placed

    yield Text(f"\n{sentence.gold.id}", style="bold")
    yield Text("  ").append(highlighted_text(sentence.gold))
    read = Counter(str(row.triple) for row in sentence.triples)
    for row in sentence.triples:
        if row.triple is not None:
            yield Text(f"  {row.outcome:16}  {placed(row.triple) if read[str(row.triple)] > 1 else row.triple}")
        for name, verdict in row.verdicts.items():
            if verdict is not None and verdict.gold is not None and verdict.predicted not in (None, verdict.gold):
                yield Text(f"  {'':16}    {name}, {verdict.kind}: {verdict.predicted}")
    for name, verdicts in sentence.verdicts.items():
        wrong = "; ".join(f"{entity.kind} {entity}" for entity in verdicts.entities if entity.kind != "correct")
        yield Text(f"  entities of {name}:  {wrong or 'all correct'}", style="dim")
