"""Recall by the culture of names: the test texts with the names of their persons replaced by those of one culture at a time.

    python experiments/everyday/cultures.py MODEL… [--every N]

The 893 texts are those of `relknit benchmark everyday`, less those without a person; the names are in cultures.toml, how they are
replaced is in person_names.py. Only persons are renamed, and the text around them stays, so a pronoun may be one of another
gender and a firm keeps the name of its founder, in every culture alike. Cultures whose names have marks on letters are also
measured without them ("Wojcik").

Recall is that of persons (characters and type), and of the strict facts between names of which one end is a person. Intervals are
95 % bootstrap intervals over texts; the difference is that of the highest and the lowest recall, on the same resamples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from measurement import answers, argument_parser, load, print_table, write_result
from numpy.typing import NDArray
from person_names import Culture, read_cultures, with_names_of

from relknit.benchmark.label_mapping import LabelMapping, mapping_for
from relknit.benchmark.matching import match_texts
from relknit.benchmark.scored_text import ScoredText
from relknit.data.everyday import EverydayText, load_everyday_test
from relknit.document import AnchorRule, Document
from relknit.extractor import Extractor
from relknit.metrics.bootstrap import Interval, percentile_interval
from relknit.metrics.counts import Item, compare_sentence

SAMPLES: Final = 1000
AS_WRITTEN: Final = "as written"
KINDS: Final = ("persons", "facts")
Counts = NDArray[np.int64]
"""(texts, 2) how many are found and asked for."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall of one culture, 0 to 1, and its values on resamples of the texts."""

    value: float
    samples: NDArray[np.float64]

    @property
    def interval(self) -> Interval:
        """The 95 % interval."""
        return percentile_interval(self.samples)


def renamed(texts: Sequence[EverydayText], culture: Culture | None) -> list[EverydayText]:
    """The texts with names of a culture, None for those that they have."""
    if culture is None:
        return list(texts)
    return [replace(text, document=with_names_of(text.document, culture)) for text in texts]


def found_and_asked(texts: Sequence[EverydayText], found: Sequence[Document], model: LabelMapping) -> dict[str, Counts]:
    """For every text how many persons and facts with a person the answer has, and how many there are."""
    rule: AnchorRule = "last"
    placed = match_texts([text.document for text in texts], found, rule=rule)
    rows: dict[str, list[tuple[int, int]]] = {kind: [] for kind in KINDS}
    for text, answer in zip(texts, placed, strict=True):
        one = ScoredText.of(text, answer, model, rule)
        compared = compare_sentence(one.named, one.answer_between_names.prediction, rule=rule, typed=True)
        for kind, score in zip(KINDS, (compared["entities"], compared["strict"]), strict=True):
            asked = {item for item in score.gold if _has_person(item)}
            rows[kind].append((len(asked & score.correct), len(asked)))
    return {kind: np.array(counts, dtype=np.int64) for kind, counts in rows.items()}


def _has_person(item: Item) -> bool:
    """Whether an entity (start, end, type), or an end of a triple of two of them, is a person."""
    ends = (item[0], item[2]) if isinstance(item[0], tuple) else (item,)
    return any(end[2] == "person" for end in ends)


def recalls(tables: Mapping[str, Counts]) -> dict[str, Recall]:
    """The recall of each table, all on the same resamples of the texts."""
    size = len(next(iter(tables.values())))
    weights = np.random.default_rng(0).multinomial(size, np.full(size, 1 / size), size=SAMPLES)
    found: dict[str, Recall] = {}
    for name, table in tables.items():
        sums = weights @ table
        found[name] = Recall(float(table[:, 0].sum() / table[:, 1].sum()), sums[:, 0] / np.maximum(sums[:, 1], 1))
    return found


def largest_difference(found: Mapping[str, Recall]) -> dict[str, Any]:
    """Highest and lowest recall of the cultures, and their difference with its interval."""
    cultures = {name: recall for name, recall in found.items() if name != AS_WRITTEN}
    highest = max(cultures, key=lambda name: cultures[name].value)
    lowest = min(cultures, key=lambda name: cultures[name].value)
    high, low = cultures[highest], cultures[lowest]
    interval = percentile_interval(high.samples - low.samples)
    difference = {"highest": highest, "lowest": lowest, "difference": round(high.value - low.value, 4)}
    return difference | {"interval": [round(interval.low, 4), round(interval.high, 4)]}


def measure(
    extractor: Extractor, texts: Sequence[EverydayText], cultures: Mapping[str, Culture]
) -> dict[str, dict[str, Recall]]:
    """Recall of persons and of facts by culture."""
    model = mapping_for(extractor.relations)
    tables: dict[str, dict[str, Counts]] = {kind: {} for kind in KINDS}
    for name, culture in {AS_WRITTEN: None, **cultures}.items():
        these = renamed(texts, culture)
        raw = [(text.document.id, text.document.text or "") for text in these]
        counts = found_and_asked(these, answers(extractor, raw, what=name), model)
        for kind in KINDS:
            tables[kind][name] = counts[kind]
    return {kind: recalls(its) for kind, its in tables.items()}


def to_dict(found: Mapping[str, Mapping[str, Recall]], texts: int) -> dict[str, Any]:
    """JSON-ready; recall runs from 0 to 1."""
    return {"texts": texts} | {
        kind: {
            "largest_difference": largest_difference(its),
            "recall": {
                name: {
                    "value": round(one.value, 4),
                    "interval": [round(one.interval.low, 4), round(one.interval.high, 4)],
                }
                for name, one in its.items()
            },
        }
        for kind, its in found.items()
    }


def _cell(recall: Recall) -> str:
    interval = recall.interval
    return f"{100 * recall.value:.1f} ({100 * interval.low:.1f}–{100 * interval.high:.1f})"


def main() -> None:
    """Measure every model."""
    parser = argument_parser(__doc__)
    parser.add_argument("--every", type=int, default=1, help="take only every Nth text, for a slow model")
    options = parser.parse_args()
    texts = [text for text in load_everyday_test() if any(e.type == "person" for e in text.document.entities)]
    texts = texts[:: options.every]
    for model in options.models:
        found = measure(load(model), texts, read_cultures())
        result = to_dict(found, len(texts))
        print(f"{model}: recall in %, {len(texts)} texts\n")
        print_table(
            ("names", *KINDS),
            ([name, *(_cell(found[kind][name]) for kind in KINDS)] for name in found["persons"]),
        )
        for kind in KINDS:
            its = result[kind]["largest_difference"]
            low, high = (100 * end for end in its["interval"])
            between = f"{its['highest']} and {its['lowest']}"
            print(f"{kind}: {100 * its['difference']:.1f} points between {between} ({low:.1f} to {high:.1f})")
        write_result(options.out, model, "cultures", result)


if __name__ == "__main__":
    main()
