"""What the scripts that measure finished models share: their arguments, a model's answers, tables and files of results."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import relknit
from relknit.checkpoint import write_json
from relknit.cli.common import progress_bar
from relknit.data.readers import read_documents
from relknit.document import Document, Entity
from relknit.document.coreference import REFERENCE
from relknit.document.scope import Scope
from relknit.extractor import Extractor
from relknit.metrics import Score
from relknit.ops.workers import single_threaded
from relknit.runtime import Runtime

RESULTS: Final = Path(__file__).parent / "results"
RUNTIME: Final = Runtime(threads=1)
Span = tuple[int, int]
"""First character and end of a mention."""


def argument_parser(description: str | None, **paths: str) -> argparse.ArgumentParser:
    """A parser with these paths (name and help) in front, then the models to measure, and the folder of results."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    for name, about in paths.items():
        parser.add_argument(name, type=Path, help=about)
    parser.add_argument("models", nargs="+", help="model folders, or names of shipped or installed models")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the JSON results, MODEL-SCRIPT.json")
    return parser


def load(model: str) -> Extractor:
    """The model, on one thread of this process."""
    single_threaded()
    return relknit.load(model, runtime=RUNTIME)


def answers(extractor: Extractor, texts: Sequence[tuple[str, str]], *, what: str) -> list[Document]:
    """What the model finds in each text (id, text), with a progress bar."""
    with progress_bar(what, len(texts)) as progress:
        return list(extractor.batch(texts, progress=progress))


def in_scope(sources: Path, name: str, split: str) -> list[Document]:
    """Documents of a source that say what is annotated in them."""
    covered = tomllib.loads((sources / "sources.toml").read_text())["sources"][name].get("relations")
    scope = None if covered is None else Scope(relations=frozenset(covered))
    documents = read_documents(sources / name / f"{split}.jsonl").documents
    return [document if document.scope else replace(document, scope=scope) for document in documents]


def between_names(document: Document) -> Document:
    """The document with what is stated of pronouns and descriptions called unknown."""
    ends = [entity.type == REFERENCE for entity in document.entities]
    stated = [r for r in document.relations if not ends[r.head] and not ends[r.tail]]
    others = [r for r in document.relations if ends[r.head] or ends[r.tail]]
    return replace(document, relations=tuple(stated), unknown=(*document.unknown, *others))


def span_of(entity: Entity) -> Span:
    """The characters of an entity of a text with offsets."""
    assert entity.start is not None
    assert entity.end is not None
    return entity.start, entity.end


def write_result(out: Path, model: str, script: str, result: dict[str, Any]) -> None:
    """MODEL-SCRIPT.json in the folder of results."""
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / f"{Path(model).name}-{script}.json", {"model": Path(model).name} | result, indent=1)


def record(score: Score) -> dict[str, float]:
    """A score as JSON, ratios from 0 to 1."""
    return {name: round(value, 4) for name, value in score.ratios.items()} | score.counts


def cells(score: Score) -> list[str]:
    """Precision, recall and F1 in percent, and how many are predicted and gold."""
    return [*(f"{100 * value:.1f}" for value in score.ratios.values()), str(score.predicted), str(score.gold)]


SCORE_COLUMNS: Final = ("precision", "recall", "F1", "predicted", "gold")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    print("\n".join(f"| {' | '.join(line)} |" for line in lines), end="\n\n")
