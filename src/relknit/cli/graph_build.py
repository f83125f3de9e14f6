"""relknit graph build, add and remove: which documents a graph has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from relknit.cli import terminal
from relknit.cli.common import (
    JsonFlag,
    Model,
    ReportedErrors,
    RuntimeOptions,
    print_json,
    progress_bar,
    use_this_process,
)
from relknit.cli.filters import NO_FILTERS, FilterOptions
from relknit.cli.min_precision import MinPrecision
from relknit.display import amount
from relknit.files import check_target
from relknit.inputs import InputOptions, find_inputs, read_inputs
from relknit.runtime import Runtime
from relknit.sources import DEFAULT_MODEL

if TYPE_CHECKING:
    from relknit.graph import Graph, GraphChange

Inputs = Annotated[
    list[str],
    Parameter(
        help="Files (.txt, .jsonl, .csv, .tsv, .html), folders, patterns, texts in quotes, or - for standard input."
    ),
]
ReadOptions = Annotated[InputOptions, Parameter(name="*", negative="")]
Coreference = Annotated[
    bool, Parameter(help="Put names in place of pronouns and descriptions, if the model has learned to.")
]
Rules = Annotated[
    Path | None,
    Parameter(
        help="A TOML file that says which relations are symmetric, inverse or functional; by default the inventory."
    ),
]


def build(
    texts: Inputs,
    *,
    out: Annotated[Path, Parameter(help="The graph file (.db); one that exists is brought up to date.")],
    inputs: ReadOptions = InputOptions(),
    model: Model = DEFAULT_MODEL,
    coreference: Coreference = True,
    min_precision: MinPrecision = None,
    filters: FilterOptions = NO_FILTERS,
    rules: Rules = None,
    as_json: JsonFlag = False,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Make a knowledge graph of documents: entities, facts, and the evidence of every fact.

    A text file, a record and an HTML page are a document each, and so is a line with --lines. Records in relknit's own format,
    such as those that `relknit extract --json` prints, are taken as they are; all other texts go through the model.
    A graph that exists is brought up to date: what is unchanged is kept, what is new or changed is read, and what is no longer
    there is taken out. The result is always that of building it anew, in any order. An interrupted build goes on where it was.
    A record or file that cannot be read is reported and left out, and the exit status is then 2; nothing is taken out then.
    """
    values = {"coreference": coreference, "min_precision": min_precision, "filters": filters}
    return _update(texts, out, inputs, model, values, rules, runtime, only=True, as_json=as_json)


def add(
    graph: Annotated[Path, Parameter(help="The graph file.")],
    texts: Inputs,
    *,
    inputs: ReadOptions = InputOptions(),
    model: Model = DEFAULT_MODEL,
    coreference: Coreference = True,
    min_precision: MinPrecision = None,
    filters: FilterOptions = NO_FILTERS,
    as_json: JsonFlag = False,
    runtime: RuntimeOptions = Runtime(),
) -> int:
    """Add documents to a knowledge graph, or replace those of the same id; all others stay.

    The options are those of `relknit graph build`.
    """
    from relknit.graph.graph_file import check_graph_exists

    check_graph_exists(graph)
    values = {"coreference": coreference, "min_precision": min_precision, "filters": filters}
    return _update(texts, graph, inputs, model, values, None, runtime, only=False, as_json=as_json)


def remove(
    graph: Annotated[Path, Parameter(help="The graph file.")],
    documents: Annotated[list[str], Parameter(help="Ids of documents; for a text file its name.")],
    *,
    as_json: JsonFlag = False,
) -> int:
    """Take documents out of a knowledge graph, with all that only they state."""
    from relknit.graph import Graph
    from relknit.graph.graph_file import check_graph_exists

    check_graph_exists(graph)
    with Graph(graph) as opened:
        change = opened.remove(documents)
        _report(opened, change, None, as_json)
    return 0


def _update(
    texts: list[str],
    path: Path,
    inputs: InputOptions,
    model: str,
    values: dict[str, Any],
    rules: Path | None,
    runtime: Runtime,
    *,
    only: bool,
    as_json: bool,
) -> int:
    from relknit.graph import Graph, GraphModel, RelationRules
    from relknit.graph.graph_build import GraphBuild
    from relknit.sources import find_model

    check_target(path, suffixes=("",), overwrite=True)
    found = find_inputs(texts)
    errors = ReportedErrors()
    filters = values.pop("filters")
    options = {**values, "relations": filters.relations, "types": filters.types, "signatures": filters.known_signatures}
    used = GraphModel.of_folder(find_model(model), Path(model).name, options)

    def load() -> Any:
        use_this_process()
        return filters.extractor(model, runtime=runtime, **values)

    relation_rules = None if rules is None else RelationRules.read(rules)
    with Graph(path, rules=relation_rules) as graph:
        update = GraphBuild(graph, load, used)
        with progress_bar("building", sum(source.size for source in found)) as progress:
            update.read(read_inputs(found, inputs, on_error=errors, annotations=True), progress=progress)
        change = update.finish(only=only and not errors.status)
        if errors.status and only:
            terminal.print_note("no document was taken out, as not all inputs could be read")
        _report(graph, change, update.extracted, as_json)
    return errors.status


def _report(graph: Graph, change: GraphChange, extracted: int | None, as_json: bool) -> None:
    """What changed, and how large the graph is now."""
    counts = graph.counts()
    if as_json:
        texts = {} if extracted is None else {"extracted": extracted}
        print_json({"graph": str(graph.path)} | change.to_dict() | texts | counts)
        return
    done = [f"{count} {what}" for what, count in change.to_dict().items() if count]
    terminal.print_line(f"documents: {', '.join(done) or 'none'}")
    size = (amount(counts[f"{noun}s"], noun) for noun in ("document", "sentence", "mention"))
    terminal.print_line(
        f"{graph.path}: {', '.join(size)}; {counts['entities']:,} entities, {amount(counts['facts'], 'fact')}"
    )
    if counts["unseen_signatures"]:
        unseen = amount(counts["unseen_signatures"], "fact")
        terminal.print_note(f"{unseen} with types that do not occur with the relation in the training data")
