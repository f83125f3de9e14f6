"""The standoff format of BRAT: for every text a .txt file and an .ann file that marks it by characters.

    T1	Person 0 12	Ada Lovelace
    T2	Place 22 28	London
    R1	residence Arg1:T1 Arg2:T2

T and R lines are read; events, attributes, modifications, notes, normalisations and equivalences are counted and left
out. Offsets count code points of the text as it stands in the file, its line breaks included. A text of several lines
becomes a Document for each sentence, or for several where an entity or a relation crosses from one to the next; its id is
the file's name and the first character's place ("paper:120"). Type "Untyped" is an entity without a type.

An entity in several pieces is joined where only white space lies between them, as BRAT itself writes an entity that runs
over a line break. Any other is an error, for an entity here is one stretch of words: it takes its sentences along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relknit.data.convert.assemble import Tokeniser
from relknit.data.convert.marked import TRIMMED, MarkedText, Mention, Tally, trimmed
from relknit.data.readers.records import OnError, raise_error
from relknit.document import Document, Relation
from relknit.document.jsonl import read_lines
from relknit.errors import DataError
from relknit.text.tokenise import tokenise

UNTYPED: Final = "Untyped"
LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "E": "event",
        "A": "attribute",
        "M": "modification",
        "N": "normalisation",
        "#": "note",
        "*": "equivalence",
    }
)
_PIECES_MEND: Final = "mark one piece, or leave its sentence out (--skip-bad)"
_TEXT_BOUND: Final = re.compile(r"(T\S*)\t(\S+) (\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*)\t(.*)", re.ASCII)
_RELATION: Final = re.compile(r"R\S*\t(\S+) ([^\s:]+):(\S+) ([^\s:]+):(\S+)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Annotations:
    """What an .ann file says of its text; `broken` has the complaint about each mention that cannot be kept, by its place."""

    marked: MarkedText
    broken: Mapping[int, DataError]


def brat_pairs(path: Path) -> Iterator[tuple[str, Path, Path]]:
    """(id, .txt, .ann) of every annotated text in a folder and those in it, or of the one pair that a file belongs to.

    Raises DataError when there is none, or when a .txt file is missing.
    """
    if path.is_dir():
        found = [(ann, ann.relative_to(path)) for ann in sorted(path.rglob("*.ann"))]
    else:
        ann = path.with_suffix(".ann")
        found = [(ann, Path(ann.name))] if ann.is_file() else []
    if not found:
        raise DataError(
            "no .ann file here; name a folder with pairs of .txt and .ann, or for another format one file", path=path
        )
    for ann, name in found:
        text = ann.with_suffix(".txt")
        if not text.is_file():
            raise DataError(f"no {text.name} beside it; BRAT keeps the text there", path=ann)
        yield name.with_suffix("").as_posix(), text, ann


def read_brat(
    path: Path,
    on_error: OnError = raise_error,
    *,
    tokeniser: Tokeniser = tokenise,
    whole_texts: bool = False,
    tally: Tally | None = None,
) -> Iterator[Document]:
    """The Documents of a folder or a pair, in the order of names and texts.

    whole_texts: one Document a text, also where it has several lines. tally: counts what was left out or changed.
    A text with a line that cannot be read goes to `on_error` as a whole, an entity in pieces with its sentences.
    """
    tally = Counter() if tally is None else tally
    for identity, text_path, ann_path in brat_pairs(path):
        try:
            found = read_annotations(ann_path, read_raw(text_path), tally)
        except DataError as error:
            on_error(error)
            continue
        marked = found.marked
        several = "\n" in marked.text.strip() and not whole_texts
        for start, end in (marked.parts() if several else ()) or [(0, len(marked.text))]:
            spoiled = [error for k, error in found.broken.items() if start <= marked.mentions[k].start < end]
            if spoiled:
                on_error(spoiled[0])
                continue
            name = f"{identity}:{start}" if several else identity
            yield marked.part(start, end).to_document(identity=name, tokeniser=tokeniser, tally=tally)


def read_raw(path: Path) -> str:
    """A text with its line breaks as they are; raises DataError where it is not UTF-8 or cannot be read."""
    try:
        raw = path.read_bytes()
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"not UTF-8 text ({error.reason}); save the file as UTF-8", path=path, line=line) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=path) from None


def read_annotations(path: Path, text: str, tally: Tally) -> Annotations:
    """Mentions and relations of an .ann file in the order of its lines; raises DataError that names the line."""
    places: dict[str, int] = {}
    mentions: list[Mention] = []
    broken: dict[int, DataError] = {}
    later: list[tuple[int, str]] = []
    for number, line in read_lines(path):
        try:
            if line.startswith("T"):
                name, mention, complaint = _mention(line, text, tally)
                if name in places:
                    raise DataError(f"{name} is used twice; give every T line a number of its own")
                if complaint:
                    broken[len(mentions)] = DataError(f"{name} {complaint}", path=path, line=number)
                places[name] = len(mentions)
                mentions.append(mention)
            elif line.startswith("R"):
                later.append((number, line))  # it may stand before the lines it points at
            elif line[0] in LEFT_OUT:
                tally[f"{LEFT_OUT[line[0]]} lines left out"] += 1
            else:
                raise DataError(f"begins with {line[:20]!r}, expected T1, R1 or another kind of BRAT's, then a tab")
        except DataError as error:
            raise DataError(error.message, path=path, line=number) from None
    relations = tuple(_relation(line, places, path, number) for number, line in later)
    return Annotations(MarkedText(text, tuple(mentions), relations), broken)


def _mention(line: str, text: str, tally: Tally) -> tuple[str, Mention, str]:
    """Name, mention and, where that is not what the line marks, the complaint of a T line; raises DataError."""
    found = _TEXT_BOUND.fullmatch(line)
    if found is None:
        raise DataError(f"{line[:60]!r} is no T line, expected: T1, tab, type start end, tab, the words")
    name, label, places, words = found.groups()
    pieces = sorted((int(a), int(b)) for a, b in (piece.split() for piece in places.split(";")))
    for start, end in pieces:
        if not start < end <= len(text):
            raise DataError(
                f"{name} marks {start} to {end}, but the text has {len(text)} characters; save both files again"
            )
    there = _plain(" ".join(text[start:end] for start, end in pieces))
    if there not in (_plain(words), _plain(words.split("\t")[0])):  # a comment may follow after a tab
        mend = "both files should be of one version, with the same line breaks, and offsets count code points"
        raise DataError(f"{name} says {words[:40]!r}, but characters {places} are {there[:40]!r}; {mend}")
    first, last = pieces[0][0], max(end for _, end in pieces)
    start, end = trimmed(text, first, last)
    if start == end:
        raise DataError(f"{name} marks white space alone; remove the line")
    tally[TRIMMED] += (start, end) != (first, last)
    apart = any(text[left[1] : right[0]].strip() for left, right in pairwise(pieces))
    complaint = f"is in {len(pieces)} pieces ({places}), expected one stretch of words; {_PIECES_MEND}" if apart else ""
    return name, Mention(start, end, None if label == UNTYPED else label), complaint


def _plain(words: str) -> str:
    """For comparing: BRAT writes a line break as a space."""
    return " ".join(words.split())


def _relation(line: str, places: Mapping[str, int], path: Path, number: int) -> Relation:
    found = _RELATION.fullmatch(line)
    if found is None:
        shown = f"{line[:60]!r} is no R line"
        raise DataError(f"{shown}, expected: R1, tab, type Arg1:T1 Arg2:T2", path=path, line=number)
    label, first, head, second, tail = found.groups()
    for end in (head, tail):
        if end not in places:
            message = f"points at {end}, but no T line has this name; relations hold between T lines"
            raise DataError(message, path=path, line=number)
    if (first, second) == ("Arg2", "Arg1"):
        head, tail = tail, head
    return Relation(places[head], places[tail], label)
