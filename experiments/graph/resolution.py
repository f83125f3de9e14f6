"""B-cubed and pairwise F1 of entity resolution on Re-DocRED's clusters, beside two baselines.

    python experiments/graph/resolution.py FOLDER SPLIT

FOLDER has SPLIT.jsonl.gz and SPLIT.clusters.jsonl.gz (see LOG.md). Each document is resolved by itself, as its clusters are.
rapidfuzz is needed for one of the baselines only (`pip install rapidfuzz`).
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from relknit.document.clean import clean_name
from relknit.graph.entity_resolution import LocalName, Resolver, SameNames
from relknit.graph.resolution import RuleResolver

Mention = tuple[str, str]
"""Name and type."""
Labels = list[int]
"""The number of the cluster of each mention."""


def documents(folder: Path, split: str) -> Iterable[tuple[list[Mention], Labels]]:
    """The mentions of each document, and their clusters."""
    with gzip.open(folder / f"{split}.clusters.jsonl.gz", "rt", encoding="utf-8") as lines:
        clusters = {record["id"]: record["clusters"] for record in map(json.loads, lines)}
    with gzip.open(folder / f"{split}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            text, offsets = record["text"], record["offsets"]
            mentions = [
                (clean_name(text[offsets[e["start"]][0] : offsets[e["end"] - 1][1]]), e["type"])
                for e in record["entities"]
            ]
            labels = [0] * len(mentions)
            for number, members in enumerate(clusters[record["id"]]):
                for mention in members:
                    labels[mention] = number
            yield mentions, labels


def by_resolver(resolver: Resolver) -> Callable[[Sequence[Mention]], Labels]:
    """Clusters of a resolver, document by document."""

    def labels(mentions: Sequence[Mention]) -> Labels:
        counts = Counter(mentions)
        found = resolver.resolve([LocalName(*mention, "document", count) for mention, count in counts.items()])
        number = {
            (member.local.name, member.local.type): k
            for k, group in enumerate(found.groups)
            for member in group.members
        }
        return [number[mention] for mention in mentions]

    return labels


def by_rapidfuzz(mentions: Sequence[Mention]) -> Labels:
    """Connected names of one type with WRatio of at least 0.8, as the fuzzy resolvers of graph tools join them."""
    from rapidfuzz.fuzz import WRatio

    label = list(range(len(mentions)))
    for k, (name, type) in enumerate(mentions):
        for j in range(k):
            if mentions[j][1] == type and label[j] != label[k] and WRatio(name, mentions[j][0]) >= 80:
                label = [label[j] if one == label[k] else one for one in label]
    return label


class Scores:
    """Sums over documents: pairs of mentions, and B-cubed precision and recall of every mention."""

    def __init__(self) -> None:
        self.common = self.predicted = self.gold = self.mentions = 0
        self.precision = self.recall = 0.0

    def add(self, predicted: Labels, gold: Labels) -> None:
        """One document."""
        both = Counter(zip(predicted, gold, strict=True))
        first, second = Counter(predicted), Counter(gold)
        self.common += _pairs(both.values())
        self.predicted += _pairs(first.values())
        self.gold += _pairs(second.values())
        self.mentions += len(gold)
        self.precision += sum(n * n / first[a] for (a, _), n in both.items())
        self.recall += sum(n * n / second[b] for (_, b), n in both.items())

    def row(self) -> list[float]:
        """Pairwise precision, recall and F1, then B-cubed ones, in %."""
        pairs = self.common / max(1, self.predicted), self.common / max(1, self.gold)
        b_cubed = self.precision / self.mentions, self.recall / self.mentions
        return [100 * value for p, r in (pairs, b_cubed) for value in (p, r, 2 * p * r / (p + r) if p + r else 0.0)]


def _pairs(counts: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts)


def main(folder: str, split: str) -> None:
    """Print the table."""
    systems: dict[str, Callable[[Sequence[Mention]], Labels]] = {
        "exact names": by_resolver(SameNames()),
        "rapidfuzz 0.8": by_rapidfuzz,
        "rules": by_resolver(RuleResolver()),
    }
    scores: dict[str, Scores] = defaultdict(Scores)
    for mentions, gold in documents(Path(folder), split):
        for name, system in systems.items():
            scores[name].add(system(mentions), gold)
    print("| system | pairs P | pairs R | pairs F1 | B³ P | B³ R | B³ F1 |\n|---|---|---|---|---|---|---|")
    for name in systems:
        print(f"| {name} | " + " | ".join(f"{value:.1f}" for value in scores[name].row()) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
