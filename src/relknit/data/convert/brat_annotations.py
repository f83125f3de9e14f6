"""The lines of BRAT's .ann files: entities, relations, and the attributes that change what a relation says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from relknit.data.convert.base import ReadOptions
from relknit.data.convert.marked_text import TRIMMED, MarkedSpan, MarkedText, trimmed, type_of_label
from relknit.document import Relation
from relknit.document.jsonl import read_lines
from relknit.errors import DataError

LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {"E": "event", "A": "attribute", "M": "modification", "N": "normalisation", "#": "note", "*": "equivalence"}
)
NOT_ASSERTED: Final = "relations left out because an attribute says that they are denied or uncertain"
FIRST_PIECE: Final = "entities in several pieces, of which the first is kept"
COVERED: Final = "entities in several pieces, read with what is between them"
_DENIAL_NAMES: Final = (
    "negation negated negative neg denied speculation speculated speculative hypothetical hypothesis hedge hedged "
    "uncertain uncertainty doubt conditional condition possible question counterfactual irrealis nonfactual"
)
_GRADE_NAMES: Final = "polarity certainty factuality modality assertion veridicality"
_ASSERTED_VALUES: Final = (
    "positive pos affirmative certain asserted asserts actual fact factual realis true yes present"
)
_DENIALS: Final = frozenset(_DENIAL_NAMES.split())
_GRADES: Final = frozenset(_GRADE_NAMES.split())
_ASSERTED: Final = frozenset(_ASSERTED_VALUES.split())
_FALSE: Final = frozenset(("false", "no", "none", "0"))
_PIECES_FIX: Final = "mark one piece, choose --pieces first or --pieces cover, or leave its sentence out (--skip-bad)"
_TEXT_BOUND: Final = re.compile(r"(T\S*)\t(\S+) (\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*)\t(.*)", re.ASCII)
_RELATION: Final = re.compile(r"(R\S*)\t(\S+) ([^\s:]+):(\S+) ([^\s:]+):(\S+)\s*", re.ASCII)
_ATTRIBUTE: Final = re.compile(r"[AM]\S*\t(\S+) (\S+)(?: (.*))?")


def read_annotations(path: Path, text: str, options: ReadOptions) -> tuple[MarkedText, dict[int, DataError]]:
    """Entities and relations of an .ann file in the order of its lines, and the errors of entities in pieces, by their index.

    Raises DataError that names the line.
    """
    places: dict[str, int] = {}
    spans: list[MarkedSpan] = []
    broken: dict[int, DataError] = {}
    later: list[tuple[int, str]] = []
    doubted: set[str] = set()
    for number, line in read_lines(path, limits=options.limits):
        try:
            if line.startswith("T"):
                name, span, complaint = _text_bound(line, text, options)
                if name in places:
                    raise DataError(f"{name} is used twice; give every T line its own number")
                if complaint:
                    broken[len(spans)] = DataError(f"{name} {complaint}", path=path, line=number)
                places[name] = len(spans)
                spans.append(span)
            elif line.startswith("R"):
                later.append((number, line))  # it may come before the lines it refers to
            elif (target := _doubted(line)) is not None:
                doubted.add(target)
            elif line[0] in LEFT_OUT:
                options.tally[f"{LEFT_OUT[line[0]]} lines left out"] += 1
            else:
                raise DataError(f"begins with {line[:20]!r}, expected T1, R1 or another BRAT annotation, then a tab")
        except DataError as error:
            raise DataError(error.message, path=path, line=number) from None
    found = [_relation(line, places, path, number) for number, line in later]
    relations = tuple(relation for name, relation in found if name not in doubted)
    options.tally[NOT_ASSERTED] += len(found) - len(relations)
    return MarkedText(text, tuple(spans), relations), broken


def _doubted(line: str) -> str | None:
    """The name of the relation of which an attribute or modification says that it does not hold, or not surely."""
    found = _ATTRIBUTE.fullmatch(line)
    if found is None or not found[2].startswith("R"):
        return None
    label, value = found[1].lower(), (found[3] or "").strip().lower()
    denied = label in _DENIALS and value not in _FALSE
    graded = label in _GRADES and value not in _ASSERTED and bool(value)
    return found[2] if denied or graded else None


def _text_bound(line: str, text: str, options: ReadOptions) -> tuple[str, MarkedSpan, str]:
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
    (first, last), complaint = _whole(pieces, text, options)
    start, end = trimmed(text, first, last)
    if start == end:
        raise DataError(f"{name} marks only white space; remove the line")
    options.tally[TRIMMED] += (start, end) != (first, last)
    return name, MarkedSpan(start, end, type_of_label(label)), complaint


def _whole(pieces: list[tuple[int, int]], text: str, options: ReadOptions) -> tuple[tuple[int, int], str]:
    """One span for ascending pieces, as `options.pieces` says, and an error if more than white space is between them."""
    apart = [left for left, right in pairwise(pieces) if text[left[1] : right[0]].strip()]
    cover = pieces[0][0], max(end for _, end in pieces)
    if not apart:
        return cover, ""
    if options.pieces == "first":
        options.tally[FIRST_PIECE] += 1
        return (pieces[0][0], apart[0][1]), ""
    if options.pieces == "cover":
        options.tally[COVERED] += 1
        return cover, ""
    places = ";".join(f"{start} {end}" for start, end in pieces)
    return cover, f"is in {len(pieces)} pieces ({places}), expected one contiguous span; {_PIECES_FIX}"


def _plain(words: str) -> str:
    """Normalised white space for comparison: BRAT writes a line break as a space."""
    return " ".join(words.split())


def _relation(line: str, places: Mapping[str, int], path: Path, number: int) -> tuple[str, Relation]:
    """Name and content of an R line; raises DataError."""
    found = _RELATION.fullmatch(line)
    if found is None:
        shown = f"{line[:60]!r} is not an R line"
        raise DataError(f"{shown}, expected: R1, tab, type Arg1:T1 Arg2:T2", path=path, line=number)
    name, label, first, head, second, tail = found.groups()
    for end in (head, tail):
        if end not in places:
            message = f"points at {end}, but no T line has this name; a relation connects T lines"
            raise DataError(message, path=path, line=number)
    if (first, second) == ("Arg2", "Arg1"):
        head, tail = tail, head
    return name, Relation(places[head], places[tail], label)
