"""The shipped test split of the everyday corpus: texts with their entities and facts, and facts they do not assert.

The README beside the files says how the texts were written, and what is annotated.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from relknit.document import Document, Relation
from relknit.document.jsonl import decode_line, parse_document, read_lines
from relknit.errors import DataError


@dataclass(frozen=True, slots=True)
class NotAssertedFact:
    """A fact between two entities of a document that its text names and does not assert.

    kind: why not: denied, question, condition, wish, hearsay, plan, attempt or fiction
    """

    fact: Relation
    kind: str


@dataclass(frozen=True, slots=True)
class EverydayText:
    """A text of the test split.

    document: with the facts that the text asserts. An entity of the type `reference` is a pronoun or a description, and has the
        relation `refers to` to a name.
    """

    document: Document
    not_asserted: tuple[NotAssertedFact, ...]

    @property
    def genre(self) -> str:
        """The kind of text, such as "news": the first part of the id."""
        return self.document.id.partition(":")[0]


def everyday_path() -> Path:
    """The folder with test.jsonl.gz, relations.toml, README.md and LICENSE, in a checkout and when installed."""
    return Path(str(files("relknit"))) / "shipped" / "everyday"


def load_everyday_test() -> tuple[EverydayText, ...]:
    """The texts of the test split in the order of the corpus; raises DataError if the installed file is missing or damaged."""
    path = everyday_path() / "test.jsonl.gz"
    return tuple(_text(decode_line(line, path=path, number=n), path, n) for n, line in read_lines(path))


def load_relations() -> dict[str, dict[str, Any]]:
    """The inventory of relations by name; each has a label, the types of head and tail and a definition.

    Some have a Wikidata id, the label of their `inverse`, or the flags `symmetric` and `functional`.
    """
    return tomllib.loads((everyday_path() / "relations.toml").read_text(encoding="utf-8"))


def _text(record: Any, path: Path, number: int) -> EverydayText:
    document = parse_document(record, path=path, line=number)
    try:
        facts = [NotAssertedFact(Relation(f["head"], f["tail"], f["type"]), f["kind"]) for f in record["not_asserted"]]
    except (KeyError, TypeError):
        message = "not_asserted is not a list of {head, tail, type, kind}; install relknit again"
        raise DataError(message, path=path, line=number) from None
    return EverydayText(document, tuple(facts))
