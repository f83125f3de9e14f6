"""Turn the texts of corpus/everyday into the project's JSONL.

    python experiments/everyday/corpus.py data/everyday

A mention that refers to a name by a pronoun or a description ("she", "the company") becomes an entity of type `reference`
with the relation `refers to` to the name; a short form of a name ("Boateng") has the type of the name. Relations that a
text names without asserting them are left out: their pairs are negative examples. In train and dev the facts of a pronoun
are also those of its name.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from relknit.data.convert.marked_text import MarkedSpan, MarkedText
from relknit.document import Document, Relation
from relknit.document.coreference import REFERENCE, REFERS_TO, resolve_references
from relknit.document.jsonl import write_jsonl

CORPUS: Final = Path(__file__).parents[2] / "corpus" / "everyday"
_WORDS: Final = frozenset(
    """
    a all an another both each every he her here hers herself him himself his i it its itself me mine my
    myself one our ours she some that the their theirs them themselves there these they this those us we which
    who whom whose you your yours
    """.split()  # noqa: SIM905  (fifty quoted words are harder to read)
)


def read_checker() -> ModuleType:
    """The corpus's own parser, corpus/everyday/check.py."""
    spec = importlib.util.spec_from_file_location("everyday_check", CORPUS / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_reference(surface: str) -> bool:
    """Whether a mention that refers to another one is a pronoun or a description rather than a short form of the name."""
    return surface.split()[0].lower().removesuffix("'s") in _WORDS or surface[0].islower()


def ordered_keys(text: Any) -> list[str]:
    """The keys of the mentions in the order of the text, which is that of the document's entities."""
    return sorted(text.mentions, key=lambda key: text.mentions[key][0])


def with_names(document: Document) -> Document:
    """The document with the facts of pronouns and descriptions stated of the names that they refer to, too.

    Otherwise training would call these facts of the names false, which the texts imply.
    """
    stated = {(r.head, r.type, r.tail) for r in document.relations}
    resolved = resolve_references(document.prediction, given=True).relations
    implied = [r for r in resolved if (r.head, r.type, r.tail) not in stated]
    return replace(document, relations=(*document.relations, *(Relation(r.head, r.tail, r.type) for r in implied)))


def to_document(text: Any, identity: str, labels: dict[str, str]) -> Document:
    """One text of the corpus; facts stay at the mentions at which the text states them."""
    keys = ordered_keys(text)
    spans, relations = [], []
    for key in keys:
        start, end, kind, other = text.mentions[key]
        name = text.entity(key)
        if other is not None and is_reference(text.surface(key)):
            kind = REFERENCE
            relations.append(Relation(keys.index(key), keys.index(name), REFERS_TO))
        spans.append(MarkedSpan(start, end, kind or text.mentions[name][2]))
    relations += [Relation(keys.index(head), keys.index(tail), labels[name]) for head, name, tail in text.facts]
    return MarkedText(text.plain, tuple(spans), tuple(relations)).to_document(identity=identity)


@cache
def read_relations() -> dict[str, dict[str, Any]]:
    """The inventory of relations, by their names in the markup."""
    return tomllib.loads((CORPUS / "relations.toml").read_text(encoding="utf-8"))


def relation_labels() -> dict[str, str]:
    """The label of every relation by its name in the markup: "date of birth" for `date_of_birth`."""
    return {name: about["label"] for name, about in read_relations().items()}


def read_texts(split: str) -> Iterator[Any]:
    """The texts of a split as the checker parses them."""
    checker = read_checker()
    errors: list[str] = []
    for path in sorted((CORPUS / split).glob("*.txt")):
        yield from checker.read(path, read_relations(), errors)


def read_split(split: str) -> Iterator[Document]:
    """The documents of a split; ids are GENRE:FILE:LINE."""
    labels = relation_labels()
    for text in read_texts(split):
        yield to_document(text, f"{text.genre}:{text.where}", labels)


def main() -> None:
    """Write train.jsonl, dev.jsonl and test.jsonl."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev", "test"):
        documents = read_split(split)
        write_jsonl(out / f"{split}.jsonl", list(map(with_names, documents) if split != "test" else documents))


if __name__ == "__main__":
    main()
