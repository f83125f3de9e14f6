"""The standoff format of BRAT: for every text a .txt file and an .ann file that marks it by characters.

    T1	Person 0 12	Ada Lovelace
    T2	Place 22 28	London
    R1	residence Arg1:T1 Arg2:T2

T and R lines are read; events, attributes, modifications, notes, normalisations and equivalences are counted and left
out. Offsets count code points of the text in the file, including its line breaks. A text of several lines becomes a
Document for each sentence, or for several if an entity or a relation extends over their border; its id is the file name
and the position of its first character ("paper:120"). As in BRAT's own view, a line break ends a sentence; here not before
a small letter, because some texts have lines of a fixed width. Type "Untyped" is an entity without a type.

An entity in several pieces is joined if only white space lies between them, as BRAT itself writes an entity that spans a
line break. Any other discontinuous entity is an error, and its sentences are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relknit.data.convert.base import Format, ReadOptions
from relknit.data.convert.brat_export import write_brat
from relknit.data.convert.marked_text import (
    TRIMMED,
    MarkedSpan,
    MarkedText,
    Tally,
    sentence_ranges,
    trimmed,
    type_of_label,
)
from relknit.document import Document, Relation
from relknit.document.jsonl import DEFAULT_LIMITS, Limits, read_lines
from relknit.errors import DataError

LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {"E": "event", "A": "attribute", "M": "modification", "N": "normalisation", "#": "note", "*": "equivalence"}
)
_PIECES_FIX: Final = "mark one piece, or leave its sentence out (--skip-bad)"
_TEXT_BOUND: Final = re.compile(r"(T\S*)\t(\S+) (\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*)\t(.*)", re.ASCII)
_RELATION: Final = re.compile(r"R\S*\t(\S+) ([^\s:]+):(\S+) ([^\s:]+):(\S+)\s*", re.ASCII)


def brat_pairs(path: Path) -> Iterator[tuple[str, Path, Path]]:
    """(id, .txt, .ann) of every annotated text in a folder and its subfolders, or of the pair that a file belongs to.

    Raises DataError when there is none, when a .txt file is missing, or when a name is not UTF-8.
    """
    if path.is_dir():
        found = [(ann, ann.relative_to(path)) for ann in sorted(path.rglob("*.ann"))]
    else:
        ann = path.with_suffix(".ann")
        found = [(ann, Path(ann.name))] if ann.is_file() else []
    if not found:
        fix = "name a folder with pairs of .txt and .ann, or for another format one file"
        raise DataError(f"no .ann file here; {fix}", path=path)
    for ann, name in found:
        text = ann.with_suffix(".txt")
        if not text.is_file():
            raise DataError(f"no {text.name} beside it; BRAT keeps the text there", path=ann)
        identity = name.with_suffix("").as_posix()
        if not identity.isascii() and any("\ud800" <= c <= "\udfff" for c in identity):
            raise DataError("its name is not UTF-8, and it becomes the id; rename the file", path=ann)
        yield identity, text, ann


class BratFormat(Format):
    """A folder of .txt and .ann pairs, or one pair."""

    about = "a folder of .txt and .ann pairs"
    can_write = True
    splits_texts = True

    def is_named(self, path: Path) -> bool:
        """Whether it is a folder, or a file of a pair."""
        return path.is_dir() or (path.suffix in (".txt", ".ann") and path.with_suffix(".ann").is_file())

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """The Documents of a folder or a pair, in the order of names and texts.

        A text with an invalid line goes to `on_error` as a whole, an entity in pieces with its sentences.
        """
        tally = options.tally
        for identity, text_path, ann_path in brat_pairs(path):
            try:
                text = read_raw(text_path, limits=options.limits)
                marked, in_pieces = read_annotations(ann_path, text, tally, limits=options.limits)
            except DataError as error:
                options.on_error(error)
                continue
            several = "\n" in marked.text.strip() and not options.whole_texts
            for start, end in (marked.parts(sentence_ranges(text)) if several else ()) or [(0, len(text))]:
                broken = [error for k, error in in_pieces.items() if start <= marked.spans[k].start < end]
                if broken:
                    options.on_error(broken[0])
                    continue
                name = f"{identity}:{start}" if several else identity
                yield marked.part(start, end).to_document(identity=name, tokeniser=options.tokeniser, tally=tally)

    def check_target(self, path: Path, *, overwrite: bool) -> None:
        """The folder must not exist."""
        if path.exists():
            raise DataError("exists already; name a folder that does not", path=path)

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write the folder, which must not exist."""
        return write_brat(path, documents)


def read_raw(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> str:
    """A text with its line breaks unchanged; raises DataError if it is not UTF-8, too large or cannot be read."""
    try:
        limits.check_file(path.stat().st_size, path)
        raw = path.read_bytes()
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"not UTF-8 text ({error.reason}); save the file as UTF-8", path=path, line=line) from None
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror or error}", path=path) from None


def read_annotations(
    path: Path, text: str, tally: Tally, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[MarkedText, dict[int, DataError]]:
    """Entities and relations of an .ann file in the order of its lines, and the errors of entities in pieces, by their index.

    Raises DataError that names the line.
    """
    places: dict[str, int] = {}
    spans: list[MarkedSpan] = []
    broken: dict[int, DataError] = {}
    later: list[tuple[int, str]] = []
    for number, line in read_lines(path, limits=limits):
        try:
            if line.startswith("T"):
                name, span, complaint = _text_bound(line, text, tally)
                if name in places:
                    raise DataError(f"{name} is used twice; give every T line its own number")
                if complaint:
                    broken[len(spans)] = DataError(f"{name} {complaint}", path=path, line=number)
                places[name] = len(spans)
                spans.append(span)
            elif line.startswith("R"):
                later.append((number, line))  # it may come before the lines it refers to
            elif line[0] in LEFT_OUT:
                tally[f"{LEFT_OUT[line[0]]} lines left out"] += 1
            else:
                raise DataError(f"begins with {line[:20]!r}, expected T1, R1 or another BRAT annotation, then a tab")
        except DataError as error:
            raise DataError(error.message, path=path, line=number) from None
    relations = tuple(_relation(line, places, path, number) for number, line in later)
    return MarkedText(text, tuple(spans), relations), broken


def _text_bound(line: str, text: str, tally: Tally) -> tuple[str, MarkedSpan, str]:
    """Name and span of a T line, and the error if the span is not what the line marks; raises DataError."""
    found = _TEXT_BOUND.fullmatch(line)
    if found is None:
        raise DataError(f"{line[:60]!r} is not a T line, expected: T1, tab, type start end, tab, the words")
    name, label, places, words = found.groups()
    pieces = sorted((int(a), int(b)) for a, b in (piece.split() for piece in places.split(";")))
    for start, end in pieces:
        if not start < end <= len(text):
            shown = f"{name} marks {start} to {end}, but the text has {len(text)} characters"
            raise DataError(f"{shown}; save both files again")
    there = _plain(" ".join(text[start:end] for start, end in pieces))
    if there not in (_plain(words), _plain(words.split("\t")[0])):  # a comment may follow after a tab
        fix = "both files must be of one version, with the same line breaks, and offsets count code points"
        raise DataError(f"{name} has {words[:40]!r}, but characters {places} are {there[:40]!r}; {fix}")
    first, last = pieces[0][0], max(end for _, end in pieces)
    start, end = trimmed(text, first, last)
    if start == end:
        raise DataError(f"{name} marks only white space; remove the line")
    tally[TRIMMED] += (start, end) != (first, last)
    apart = any(text[left[1] : right[0]].strip() for left, right in pairwise(pieces))
    complaint = f"is in {len(pieces)} pieces ({places}), expected one contiguous span; {_PIECES_FIX}" if apart else ""
    return name, MarkedSpan(start, end, type_of_label(label)), complaint


def _plain(words: str) -> str:
    """Normalised white space for comparison: BRAT writes a line break as a space."""
    return " ".join(words.split())


def _relation(line: str, places: Mapping[str, int], path: Path, number: int) -> Relation:
    found = _RELATION.fullmatch(line)
    if found is None:
        shown = f"{line[:60]!r} is not an R line"
        raise DataError(f"{shown}, expected: R1, tab, type Arg1:T1 Arg2:T2", path=path, line=number)
    label, first, head, second, tail = found.groups()
    for end in (head, tail):
        if end not in places:
            message = f"points at {end}, but no T line has this name; a relation connects T lines"
            raise DataError(message, path=path, line=number)
    if (first, second) == ("Arg2", "Arg1"):
        head, tail = tail, head
    return Relation(places[head], places[tail], label)
