"""Measure how the confidence of a fact follows from those of the sentences that state it.

    python experiments/graph/combined_confidence.py predict REDOCRED/dev.jsonl.gz REDOCRED/dev.clusters.jsonl.gz dev.json
    python experiments/graph/combined_confidence.py webnlg WEBNLG/dev.jsonl.gz webnlg-dev.json
    python experiments/graph/combined_confidence.py compare dev.json [more.json ...]

`predict` reads every sentence of Re-DocRED's texts by itself, as if each were a document, with the model `everyday`, and keeps
for every fact (the same two names and relation in one text) the confidences of its sentences and whether the text's facts have
it. `webnlg` does the same for WebNLG's sentences with the model `webnlg`; many of these state the same facts. `compare` prints,
for facts of one sentence and of several, how many are correct beside what each rule expects.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import exp, log
from pathlib import Path
from typing import Any, Final

import relknit
from relknit.data.readers.documents import read_documents
from relknit.document import Document
from relknit.document.jsonl import read_lines
from relknit.graph.combined_confidence import combined_confidence
from relknit.graph.graph_rows import placed_document
from relknit.text.windows import sentence_ranges

sys.path.append(str(Path(__file__).parents[1] / "everyday"))
from mapping import Target, read_mapping

Fact = tuple[str, str, str]
CLIP: Final = 1e-4


def sentences(document: Document) -> Iterator[str]:
    """The text of each sentence."""
    placed = placed_document(document)
    for start, end in sentence_ranges(placed):
        yield (placed.text or "")[placed.offsets[start][0] : placed.offsets[end - 1][1]]  # type: ignore[index]


def gold_facts(document: Document, clusters: Sequence[Sequence[int]]) -> set[Fact]:
    """The facts of a text in labels of the everyday corpus, for every name of both entities; also those that are uncertain."""
    names: dict[int, set[str]] = {}
    for members in clusters:
        known = {document.span(document.entities[k]).name.casefold() for k in members}
        names |= dict.fromkeys(members, known)
    mapping = read_mapping()["redocred"]["relations"]
    return {
        (head, label, tail)
        for relation in document.relations
        for h, label, t in Target.of(mapping.get(relation.type, {})).keys(relation)
        for head in names[h]
        for tail in names[t]
    }


def predict(data: Path, clusters: Path, out: Path) -> None:
    """Write [relation, confidences of different sentences, correct] of every predicted fact."""
    extractor = relknit.load()
    annotated = set(read_mapping()["redocred"]["annotated"])
    rows: list[tuple[str, list[float], bool]] = []
    groups = [json.loads(line)["clusters"] for _, line in read_lines(clusters)]
    for document, members in zip(read_documents(data).documents, groups, strict=True):
        found: dict[Fact, list[float]] = defaultdict(list)
        for answer in extractor.batch(sentences(document)):
            best: dict[Fact, float] = {}
            for triple in answer.triples:
                key = triple.head.name.casefold(), triple.relation, triple.tail.name.casefold()
                best[key] = max(best.get(key, 0.0), triple.confidence or 0.0)
            for key, confidence in best.items():
                found[key].append(round(confidence, 4))
        gold = gold_facts(document, members)
        rows += [(fact[1], sorted(found[fact]), fact in gold) for fact in found if fact[1] in annotated]
    out.write_text(json.dumps(rows), encoding="utf-8")


def predict_webnlg(data: Path, out: Path) -> None:
    """Write the same for sentences that state facts of the world: correct is what any of them states."""
    documents = read_documents(data).documents
    gold = {_key(triple) for document in documents for triple in document.triples}
    found: dict[Fact, dict[str, float]] = defaultdict(dict)
    texts = [placed_document(document).text or "" for document in documents]
    for text, answer in zip(texts, relknit.load("webnlg").batch(texts), strict=True):
        for triple in answer.triples:
            best = found[_key(triple)]
            best[text] = max(best.get(text, 0.0), round(triple.confidence or 0.0, 4))
    rows = [(fact[1], sorted(best.values()), fact in gold) for fact, best in found.items()]
    out.write_text(json.dumps(rows), encoding="utf-8")


def _key(triple: relknit.Triple) -> Fact:
    return triple.head.name.casefold(), triple.relation, triple.tail.name.casefold()


Rule = Callable[[Sequence[float]], float]


def _logit(p: float) -> float:
    p = min(max(p, CLIP), 1 - CLIP)
    return log(p / (1 - p))


RULES: Final[dict[str, Rule]] = {
    "max": max,
    "mean": lambda p: sum(p) / len(p),
    "noisy-or": lambda p: combined_confidence(p) or 0.0,
    "sum of log-odds": lambda p: 1 / (1 + exp(-sum(map(_logit, p)))),
}


def compare(files: Sequence[Path]) -> None:
    """Print a table of rules by number of sentences."""
    rows: list[Any] = [row for path in files for row in json.loads(path.read_text(encoding="utf-8"))]
    for low, high in ((1, 1), (2, 2), (3, 99), (2, 99)):
        some = [(p, correct) for _, p, correct in rows if low <= len(p) <= high]
        if not some:
            continue
        share = sum(correct for _, correct in some) / len(some)
        print(f"{low} to {high} sentences: {len(some)} facts, {share:.3f} correct")
        for name, rule in RULES.items():
            expected = [min(max(rule(p), CLIP), 1 - CLIP) for p, _ in some]
            loss = -sum(log(e if c else 1 - e) for e, (_, c) in zip(expected, some, strict=True)) / len(some)
            print(f"    {name:16} expects {sum(expected) / len(some):.3f}, log loss {loss:.4f}")


def main() -> None:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("predict")
    for name in ("data", "clusters", "out"):
        one.add_argument(name, type=Path)
    another = commands.add_parser("webnlg")
    for name in ("data", "out"):
        another.add_argument(name, type=Path)
    commands.add_parser("compare").add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    if options.command == "predict":
        predict(options.data, options.clusters, options.out)
    elif options.command == "webnlg":
        predict_webnlg(options.data, options.out)
    else:
        compare(options.files)


if __name__ == "__main__":
    main()
