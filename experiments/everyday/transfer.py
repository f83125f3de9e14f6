"""A model on CrossRE without training on it: names, and the triples of relations that mean the same (crossre.toml).

    python experiments/everyday/transfer.py CROSSRE MODEL…

CROSSRE is the folder or file of its test split in relknit's JSONL, with text and a `domain` in each line. Models read the raw
text; mentions are compared by characters. CrossRE is GPL: nothing of it is stored here or used in training.

Entities are compared without types, as those of CrossRE belong to its domains. It has no dates and numbers, so predicted ones
are left out. It annotates names that matter in its domain and not every name, so precision of entities is a lower bound, and
triples are also scored where both ends are annotated. A predicted triple is correct where CrossRE has one of the labels of the
comparison between the same two mentions; recall is that of the pairs of mentions whose label and types our relations cover.
Labels in no comparison, and our relations that CrossRE does not annotate, count for nothing and are listed.
"""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from measurement import (
    SCORE_COLUMNS,
    Span,
    answers,
    argument_parser,
    cells,
    load,
    print_table,
    record,
    span_of,
    write_result,
)

from relknit.data.readers import read_documents
from relknit.data.readers.records import read_records
from relknit.document import Document
from relknit.document.coreference import REFERENCE
from relknit.metrics import Score

UNANNOTATED_TYPES: Final = ("date", "number", REFERENCE)
ALL: Final = "all"
Pair = tuple[Span, Span]


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison of crossre.toml, with groups of types written out."""

    theirs: frozenset[str]
    ours: frozenset[str]
    inverse: frozenset[str]
    head: frozenset[str]
    tail: frozenset[str]
    either: bool
    recall: bool

    def pair(self, head: Span, tail: Span) -> Pair:
        """The two ends in CrossRE's order, or in that of the text where the order says nothing."""
        return (tail, head) if self.either and tail < head else (head, tail)


def comparisons() -> dict[str, Compared]:
    """crossre.toml by name."""
    content = tomllib.loads((Path(__file__).parent / "crossre.toml").read_text(encoding="utf-8"))
    groups = content["types"]

    def types(names: Sequence[str]) -> frozenset[str]:
        return frozenset(kind for name in names for kind in (*groups.get(name, ()), name))

    return {
        name: Compared(
            frozenset(its["theirs"]),
            frozenset(its.get("ours", ())),
            frozenset(its.get("inverse", ())),
            types(its["head"]),
            types(its["tail"]),
            its.get("either", False),
            its.get("recall", True),
        )
        for name, its in content["relations"].items()
    }


@dataclass(slots=True)
class Tally:
    """Counts of one comparison or domain.

    correct, predicted: pairs of predicted triples; judged: those of them whose ends CrossRE annotates
    found, gold: pairs of CrossRE that the comparison covers
    """

    correct: int = 0
    predicted: int = 0
    judged: int = 0
    found: int = 0
    gold: int = 0

    def add(self, other: Tally) -> None:
        """Add the counts of another one."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def to_dict(self) -> dict[str, float]:
        """JSON-ready."""
        counts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        ratios = {"precision": (self.correct, self.predicted), "precision_judged": (self.correct, self.judged)}
        ratios |= {"recall": (self.found, self.gold)}
        return {name: round(part / whole, 4) if whole else 0.0 for name, (part, whole) in ratios.items()} | counts


@dataclass(slots=True)
class Transfer:
    """What is counted of one model, by domain ("all" for the sum) and by comparison."""

    entities: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    triples: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_comparison: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    theirs_left_out: Counter[str] = field(default_factory=Counter)
    ours_left_out: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)

    def add(self, domain: str, gold: Document, found: Document, compared: Mapping[str, Compared]) -> None:
        """Count one text."""
        spans = {span_of(entity) for entity in gold.entities}
        predicted = {span_of(e) for e in found.entities if e.tagged and e.type not in UNANNOTATED_TYPES}
        counts = (len(spans & predicted), len(predicted), len(spans))
        tallies = {name: compare(gold, found, its, spans) for name, its in compared.items()}
        for where in (domain, ALL):
            self.texts[where] += 1
            self.entities[where] = [old + new for old, new in zip(self.entities[where], counts, strict=True)]
            for tally in tallies.values():
                self.triples[where].add(tally)
        for name, tally in tallies.items():
            self.by_comparison[name].add(tally)
        self.theirs_left_out.update(
            relation.type for relation in gold.relations if not _is_covered(gold, relation, compared.values())
        )
        ours = frozenset[str]().union(*(its.ours | its.inverse for its in compared.values()))
        self.ours_left_out.update(relation.type for relation in found.relations if relation.type not in ours)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "texts": dict(self.texts),
            "entities": {name: record(Score.of(*counts)) for name, counts in self.entities.items()},
            "triples": {name: tally.to_dict() for name, tally in self.triples.items()},
            "by_comparison": {name: tally.to_dict() for name, tally in self.by_comparison.items()},
            "labels_not_compared": dict(self.theirs_left_out.most_common()),
            "relations_not_compared": dict(self.ours_left_out.most_common()),
        }


def compare(gold: Document, found: Document, its: Compared, spans: set[Span]) -> Tally:
    """One comparison in one text; `spans` are the mentions that CrossRE annotates."""
    asked: set[Pair] = set()
    stated: set[Pair] = set()
    for relation in gold.relations:
        if relation.type in its.theirs:
            head, tail = gold.entities[relation.head], gold.entities[relation.tail]
            stated.add(its.pair(span_of(head), span_of(tail)))
            if its.recall and head.type in its.head and tail.type in its.tail:
                asked.add(its.pair(span_of(head), span_of(tail)))
    predicted: set[Pair] = set()
    for relation in found.relations:
        ends = span_of(found.entities[relation.head]), span_of(found.entities[relation.tail])
        if relation.type in its.ours:
            predicted.add(its.pair(*ends))
        elif relation.type in its.inverse:
            predicted.add(its.pair(*reversed(ends)))
    judged = {pair for pair in predicted if spans.issuperset(pair)}
    return Tally(len(predicted & stated), len(predicted), len(judged), len(predicted & asked), len(asked))


def read_crossre(path: Path) -> Iterator[tuple[str, Document]]:
    """The domain and the document of every line of the test split."""
    file = path / "test.jsonl.gz" if path.is_dir() else path
    domains = [line.value["domain"] for line in read_records(file)]
    yield from zip(domains, read_documents(file).documents, strict=True)


def measure(model: str, texts: Sequence[tuple[str, Document]]) -> Transfer:
    """The scores of a model on texts with their domains."""
    raw = [(document.id, document.text or "") for _, document in texts]
    found, transfer, compared = answers(load(model), raw, what="CrossRE"), Transfer(), comparisons()
    for (domain, gold), answer in zip(texts, found, strict=True):
        transfer.add(domain, gold, answer, compared)
    return transfer


def show(transfer: Transfer) -> None:
    """Print the tables of one model."""
    names = sorted(transfer.texts, key=lambda name: (name == ALL, name))
    rows = ([name, *cells(Score.of(*transfer.entities[name]))] for name in names)
    print_table(("entities, without types", *SCORE_COLUMNS), rows)
    columns = ("precision", "of annotated ends", "recall", "predicted", "annotated ends", "gold")
    print_table(("triples", *columns), ([name, *_tally_cells(transfer.triples[name])] for name in names))
    rows = ([name, *_tally_cells(tally)] for name, tally in transfer.by_comparison.items())
    print_table(("comparison", *columns), rows)
    for what, counts in (
        ("labels of CrossRE", transfer.theirs_left_out),
        ("relations of ours", transfer.ours_left_out),
    ):
        print(f"{what} not compared: " + ", ".join(f"{name} {count}" for name, count in counts.most_common()))


def _tally_cells(tally: Tally) -> list[str]:
    ratios = [f"{100 * value:.1f}" for value in list(tally.to_dict().values())[:3]]
    counts = [str(count) for count in (tally.predicted, tally.judged, tally.gold)]
    return [*ratios, *counts] if tally.gold else [*ratios[:2], "–", *counts[:2], "–"]


def _is_covered(gold: Document, relation: Any, compared: Iterable[Compared]) -> bool:
    head, tail = gold.entities[relation.head].type, gold.entities[relation.tail].type
    covering = (its for its in compared if its.recall and relation.type in its.theirs)
    return any(head in its.head and tail in its.tail for its in covering)


def main() -> None:
    """Measure every model."""
    options = argument_parser(__doc__, crossre="CrossRE's test split, or the folder that has it").parse_args()
    texts = list(read_crossre(options.crossre))
    for model in options.models:
        transfer = measure(model, texts)
        print(f"{model}: CrossRE, {len(texts)} sentences\n")
        show(transfer)
        write_result(options.out, model, "crossre", transfer.to_dict())


if __name__ == "__main__":
    main()
