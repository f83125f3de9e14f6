"""Write docs/relations.md from corpus/everyday: every relation with its definition and an example of the train split.

python experiments/everyday/relations_page.py
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

sys.path.append(str(Path(__file__).parent))

from corpus import CORPUS, read_relations, read_texts

from relknit.data.convert.marked_text import sentence_ranges

PAGE: Final = CORPUS.parents[1] / "docs" / "relations.md"
_LENGTH: Final = 80  # characters of a sentence that shows a fact and little else
_SPECIAL: Final = re.compile(r"([\\`*_|<>\[\]])")
_INTRODUCTION: Final = """\
# Relations of everyday text

The inventory of the [everyday corpus](../corpus/everyday/README.md) and of models that are trained on it: {relations}
relations between {types} types of entities. Labels and ids are those of Wikidata where it has the relation.

- *symmetric*: it holds in both directions and is annotated once
- *inverse*: the name of the other direction, which has no label of its own: "Bo's parent is Ada" is (Ada, child, Bo)
- *one value*: a head has at most one such tail at a time

The examples are from the train split: invented people, companies and places. "Facts" counts those of the train split.
[The annotation guide](../corpus/everyday/GUIDE.md) has the rules, and [the benchmark](benchmark.md) scores by relation.

This page is made by `experiments/everyday/relations_page.py` from `corpus/everyday/relations.toml`.
"""


class Example(NamedTuple):
    """A sentence, and head and tail of a fact that it states."""

    sentence: str
    head: str
    tail: str

    @property
    def order(self) -> tuple[int, str]:
        """What to choose by, the least first."""
        return abs(len(self.sentence) - _LENGTH), self.sentence


def groups(lines: Iterable[str]) -> dict[str, list[str]]:
    """The names of the relations under each heading: a comment line of relations.toml before the first of them."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in lines:
        if line.startswith("# "):
            heading = line.removeprefix("# ")
        elif line.startswith("["):
            found.setdefault(heading, []).append(line.strip("[]"))
    return found


def examples(text: Any) -> Iterator[tuple[str, Example]]:
    """(name of the relation, example) for every fact of a text that a sentence in one line states between names."""
    sentences = [(start, end) for start, end in sentence_ranges(text.plain) if "\n" not in text.plain[start:end]]
    for head, name, tail in text.facts:
        spans = text.mentions[head], text.mentions[tail]
        if any(refers_to is not None for *_, refers_to in spans):
            continue
        first, last = min(span[0] for span in spans), max(span[1] for span in spans)
        for start, end in sentences:
            if start <= first and last <= end:
                yield name, Example(text.plain[start:end], text.surface(head), text.surface(tail))


def shown(words: str) -> str:
    """The words as Markdown that looks the same."""
    return _SPECIAL.sub(r"\\\1", words)


def row(about: dict[str, Any], facts: int, example: Example) -> str:
    """The line of a relation in the table of its group."""
    identity = about.get("wikidata")
    link = f" [{identity}](https://www.wikidata.org/wiki/Property:{identity})" if identity else ""
    flags = [flag for key, flag in (("symmetric", "symmetric"), ("functional", "one value")) if about.get(key)]
    flags += [f"inverse: {about['inverse']}"] if "inverse" in about else []
    meaning = "; ".join([shown(about["definition"]), *(f"*{flag}*" for flag in flags)])
    ends = " → ".join(", ".join(about[side]) for side in ("head", "tail"))
    fact = f"({example.head}, {about['label']}, {example.tail})"
    return (
        f"| **{about['label']}**{link} | {ends} | {meaning} | {shown(example.sentence)} **{shown(fact)}** | {facts} |"
    )


def page() -> str:
    """The whole page."""
    relations = read_relations()
    texts = list(read_texts("train"))
    counts = Counter(name for text in texts for _, name, _ in text.facts)
    chosen: dict[str, Example] = {}
    for name, example in (found for text in texts for found in examples(text)):
        chosen[name] = min(example, chosen.get(name, example), key=lambda one: one.order)
    types = {kind for about in relations.values() for side in ("head", "tail") for kind in about[side]}
    parts = [_INTRODUCTION.format(relations=len(relations), types=len(types))]
    lines = (CORPUS / "relations.toml").read_text(encoding="utf-8").splitlines()
    for heading, names in groups(lines[1:]).items():
        rows = [row(relations[name], counts[name], chosen[name]) for name in names]
        header = ["| relation | head → tail | meaning | example | facts |", "|---|---|---|---|---:|"]
        parts.append("\n".join([f"## {heading.capitalize()}\n", *header, *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
