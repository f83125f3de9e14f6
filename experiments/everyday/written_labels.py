"""Facts that a language model wrote down for sentences with marked entities, one line for each sentence.

    python experiments/everyday/written_labels.py show data/sources/docred-entities > sentences.tsv
    python experiments/everyday/written_labels.py check data/sources/docred-entities labels.tsv
    python experiments/everyday/written_labels.py build data/sources/docred-entities data/sources

`show` prints sentences with their ids, each entity followed by its number and type: `Ada Holm[1 person]`. A line of labels has
the id of a sentence, a tab, and its facts by the names in corpus/everyday/relations.toml, separated by semicolons:

    Ada Holm:0 -> 1 place_of_birth 2; 1 occupation "poet"; 4=work; "She"=1; "She" date_of_death 3; "the band"#2=organisation; !5

Words in quotation marks are a further entity; `#2` is its second occurrence. `4=work` is a type (of an entity of type MISC, or of
words), `"She"=1` a pronoun or description that refers to entity 1, and `!5` an entity that is none. A line may have no facts.
`build` writes the sentences of written_labels.tsv beside this file to written/, and the others to unlabelled/.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from corpus import is_reference, read_relations, relation_labels, with_names

from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.data.readers import read_documents
from relknit.document import Document, Relation
from relknit.document.coreference import REFERENCE, REFERS_TO
from relknit.document.jsonl import write_jsonl

TYPES: Final = ("person", "organisation", "location", "date", "number", "work", "event", "product", "other")
LABELS: Final = Path(__file__).with_name("written_labels.tsv")
MOST_TOKENS, FEWEST, MOST = 50, 2, 9
_END: Final = r'(?:\d+|"[^"]+"(?:#\d)?)'
_FACT: Final = re.compile(rf"({_END}) ([a-z_]+) ({_END})")
_IS: Final = re.compile(rf"({_END})=({_END}|[a-z]+)")
_NOT: Final = re.compile(r"!(\d+)")


@dataclass
class _Marks:
    """The entities of one sentence while its labels are read: of numbers and of words in quotation marks."""

    document: Document
    spans: list[MarkedSpan] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.spans = list(MarkedText.of_document(self.document).spans)

    def place(self, end: str) -> int:
        """The index of the entity that a number or words in quotation marks mean. Raises ValueError for neither."""
        if end.isdigit():
            if not 1 <= int(end) <= len(self.document.entities):
                raise ValueError(f"entity {end}: the sentence has {len(self.document.entities)}")
            return int(end) - 1
        if end not in self.numbers:
            words, _, which = end[1:].partition('"')
            found = list(re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", self.document.text or ""))
            number = int(which[1:] or 1)
            if number > len(found):
                raise ValueError(f"{words!r} occurs {len(found)} times")
            span = MarkedSpan(*found[number - 1].span())
            inside = [s for s in self.spans if s.start < span.end and span.start < s.end]
            if inside:
                raise ValueError(f"{words!r} overlaps an entity")
            self.numbers[end] = len(self.spans)
            self.spans.append(span)
        return self.numbers[end]


def labelled(document: Document, line: str) -> Document:
    """The document with the facts of a line, all of the inventory annotated. Raises ValueError for a line that is wrong."""
    marks, facts, links = _Marks(document), [], []
    for part in filter(None, map(str.strip, line.split(";"))):
        if match := _NOT.fullmatch(part):
            marks.dropped.add(marks.place(match[1]))
        elif match := _IS.fullmatch(part):
            at = marks.place(match[1])
            if match[2] in TYPES:
                marks.spans[at] = marks.spans[at]._replace(type=match[2])
            else:
                marks.spans[at] = marks.spans[at]._replace(type=REFERENCE)
                links.append(Relation(at, marks.place(match[2]), REFERS_TO))
        elif match := _FACT.fullmatch(part):
            facts.append((marks.place(match[1]), match[2], marks.place(match[3])))
        else:
            raise ValueError(f"{part!r} is not a fact, a type or a reference")
    _type_words(marks, document, facts)
    relations = [*links, *(Relation(head, tail, relation_labels()[name]) for head, name, tail in facts)]
    if used := marks.dropped & {end for r in relations for end in (r.head, r.tail)}:
        raise ValueError(f"entity {used.pop() + 1} is dropped and used")
    kept = [k for k in sorted(range(len(marks.spans)), key=lambda k: marks.spans[k].start) if k not in marks.dropped]
    place = {k: number for number, k in enumerate(kept)}
    moved = tuple(replace(r, head=place[r.head], tail=place[r.tail]) for r in dict.fromkeys(relations))
    spans = tuple(marks.spans[k] for k in kept)
    return MarkedText(document.text or "", spans, moved).to_document(identity=document.id)


def _type_words(marks: _Marks, document: Document, facts: Sequence[tuple[int, str, int]]) -> None:
    """Check the signatures of facts, and give words without a type the first one that a signature allows."""
    for head, name, tail in facts:
        relation = read_relations().get(name)
        if relation is None:
            raise ValueError(f"{name!r} is not a relation")
        if head == tail:
            raise ValueError(f"{name} relates an entity to itself")
        for end, allowed in ((head, relation["head"]), (tail, relation["tail"])):
            span = marks.spans[end]
            if span.type is None:
                pronoun = end == head and is_reference((document.text or "")[span.start : span.end])
                marks.spans[end] = span._replace(type=REFERENCE if pronoun and allowed != ["other"] else allowed[0])
            elif span.type not in (*allowed, REFERENCE, "MISC"):
                raise ValueError(f"{name}: entity {end + 1} is a {span.type}, expected {' or '.join(allowed)}")


def read_labels(path: Path, sentences: Mapping[str, Document]) -> tuple[dict[str, Document], list[str]]:
    """The labelled sentences by their ids, and what is wrong with the others."""
    found, errors = {}, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        identity, _, labels = line.partition("\t")
        try:
            if identity not in sentences:
                raise ValueError("there is no such sentence")
            found[identity] = labelled(sentences[identity], labels)
        except ValueError as error:
            errors.append(f"{path}:{number}: {identity}: {error}")
    return found, errors


def to_label(document: Document) -> bool:
    """Whether a sentence has a few entities and is not too long."""
    return FEWEST <= len(document.entities) <= MOST and len(document.tokens) <= MOST_TOKENS


def shown(document: Document) -> str:
    """The text with every entity's number and type behind it."""
    text = document.text or ""
    for k in reversed(range(len(document.entities))):
        span = document.span(document.entities[k])
        at = span.end or 0
        text = f"{text[:at]}[{k + 1} {document.entities[k].type}]{text[at:]}"
    return " ".join(text.split())


def main() -> None:
    """Show, check or build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("show", "check", "build"))
    parser.add_argument("source", type=Path)
    parser.add_argument("path", type=Path, nargs="?", default=LABELS)
    options = parser.parse_args()
    sentences = {document.id: document for document in read_documents(options.source / "train.jsonl").documents}
    if options.action == "show":
        print("\n".join(f"{key}\t{shown(document)}" for key, document in sentences.items() if to_label(document)))
        return
    labels = LABELS if options.action == "build" else options.path
    found, errors = read_labels(labels, sentences)
    print("\n".join(errors), file=sys.stderr)
    facts = sum(len(document.relations) for document in found.values())
    print(f"{len(found)} sentences, {facts} relations, {len(errors)} errors")
    if options.action == "build":
        rest = [document for document in sentences.values() if document.id not in found]
        for name, documents in (("written", map(with_names, found.values())), ("unlabelled", rest)):
            (options.path / name).mkdir(parents=True, exist_ok=True)
            write_jsonl(options.path / name / "train.jsonl", list(documents))
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
