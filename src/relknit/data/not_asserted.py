"""The shipped test of facts that are not asserted: texts that mention a fact, and whether they assert it.

The README beside the files explains the families of constructions and how the texts were written.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from relknit.document import Document, Entity, Relation, Triple
from relknit.document.jsonl import decode_line, read_lines
from relknit.errors import DataError, short
from relknit.text.read import read_text

_STRINGS = ("id", "text", "family", "relation", "head", "tail")


@dataclass(frozen=True, slots=True)
class MentionedFact:
    """A text, the one fact in it that is annotated, and whether the text asserts this fact.

    document: the text in tokens; its two entities are head and tail, and its relation is the fact where it is asserted
    triple: the fact, asserted or not
    family: the construction, such as "denial"; of a look-alike, the construction that it resembles
    """

    document: Document
    triple: Triple
    family: str
    asserted: bool


def not_asserted_path() -> Path:
    """The folder with test.jsonl, families.toml, README.md and LICENSE, in a checkout and when installed."""
    return Path(str(files("relknit"))) / "shipped" / "not_asserted"


def load_not_asserted(path: str | Path | None = None) -> tuple[MentionedFact, ...]:
    """The texts of the shipped test, or of another file in its format, in file order.

    Raises DataError, with the line, for a file that breaks the format (see `read_mentioned_fact`) or repeats an id, and
    in the shipped test for a family that families.toml does not give to the test.
    """
    families = covered_families() if path is None else None
    path = not_asserted_path() / "test.jsonl" if path is None else path
    facts: dict[str, MentionedFact] = {}
    for number, line in read_lines(path):
        record = decode_line(line, path=path, number=number)
        try:
            fact = read_mentioned_fact(record, families)
            if fact.document.id in facts:
                raise DataError(f"id {fact.document.id!r} is repeated; give each text its own")
        except DataError as error:
            raise DataError(error.message, path=path, line=number) from None
        facts[fact.document.id] = fact
    return tuple(facts.values())


def covered_families() -> frozenset[str]:
    """The families that the shipped test covers."""
    families = tomllib.loads((not_asserted_path() / "families.toml").read_text(encoding="utf-8"))
    return frozenset(name for name, family in families.items() if family["test"])


def read_mentioned_fact(record: Any, families: Collection[str] | None = None) -> MentionedFact:
    """The fact of one decoded record {"id", "text", "family", "relation", "head", "tail", "asserted"}.

    families: those that are allowed; None allows all.
    Raises DataError for a key that is missing, unknown or of another kind, and unless head and tail occur in the text
    exactly once, do not overlap, and begin and end where tokens do.
    """
    if not isinstance(record, dict) or record.keys() != {*_STRINGS, "asserted"}:
        expected = ", ".join((*_STRINGS, "asserted"))
        raise DataError(f"found {short(record)}, expected an object with exactly the keys {expected}")
    for key in _STRINGS:
        if not isinstance(record[key], str) or not record[key].strip():
            raise DataError(f"{key} is {short(record[key])}, expected a string that is not empty")
    if not isinstance(record["asserted"], bool):
        raise DataError(f"asserted is {short(record['asserted'])}, expected true or false")
    if families is not None and record["family"] not in families:
        raise DataError(f"family is {short(record['family'])}, expected one of {', '.join(sorted(families))}")
    document = read_text(record["text"], identity=record["id"])
    head, tail = (_entity(document, key, record[key]) for key in ("head", "tail"))
    if head.token_start < tail.token_end and tail.token_start < head.token_end:
        raise DataError(f"head {short(record['head'])} and tail {short(record['tail'])} overlap; separate them")
    stated = replace(document, entities=(head, tail), relations=(Relation(0, 1, record["relation"]),))
    (triple,) = stated.triples
    kept = stated if record["asserted"] else replace(stated, relations=())
    return MentionedFact(kept, triple, record["family"], record["asserted"])


def _entity(document: Document, key: str, name: str) -> Entity:
    """The tokens of a name that occurs once in the text."""
    text, offsets = document.text or "", document.offsets or ()
    start = text.find(name)
    if start < 0 or text.find(name, start + 1) >= 0:
        times = "not" if start < 0 else "more than once"
        raise DataError(f"{key} {short(name)} occurs {times} in the text, expected exactly once; copy it from the text")
    starts = [None if offset is None else offset[0] for offset in offsets]
    ends = [None if offset is None else offset[1] for offset in offsets]
    if start not in starts or start + len(name) not in ends:
        raise DataError(f"{key} {short(name)} begins or ends inside a word of the text; write whole words")
    return Entity(starts.index(start), ends.index(start + len(name)) + 1)
