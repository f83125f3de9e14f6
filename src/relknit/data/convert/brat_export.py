"""Write Documents as BRAT standoff, to be corrected in BRAT and converted back.

A folder with a pair of files for each document, named by its id, and an annotation.conf that names all types. Confidence
becomes a note, which BRAT shows beside the annotation.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from relknit.data.convert.marked_text import UNTYPED, MarkedSpan, MarkedText
from relknit.display import confidence_text
from relknit.document import Document
from relknit.errors import DataError
from relknit.files import partial_path

_LINE_BREAK: Final = re.compile(r"\s*[\r\n]\s*")
_NOT_IN_NAMES: Final = re.compile(r"[^\w.-]+")
_LONGEST_NAME: Final = 100


def write_brat(folder: Path, documents: Iterable[Document]) -> int:
    """Write the folder, which must not exist; it appears only when complete. Returns the number of documents.

    White space in the name of a type becomes "_", because BRAT allows none. Raises DataError.
    """
    if folder.exists():
        raise DataError("exists already; name a folder that does not", path=folder)
    partial = partial_path(folder)
    try:
        partial.mkdir(parents=True)
        count = _write_pairs(partial, documents)
        partial.rename(folder)
    except OSError as error:
        raise DataError(f"cannot be written: {error.strerror or error}", path=folder) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return count


def annotation_lines(marked: MarkedText) -> list[str]:
    """The lines of the .ann file, without line ends: spans, relations, then notes with their confidence."""
    lines, notes = [], []
    for number, span in enumerate(marked.spans, 1):
        pieces = list(_pieces(marked.text, span))
        places = ";".join(f"{start} {end}" for start, end in pieces)
        words = " ".join(marked.text[start:end] for start, end in pieces)
        lines.append(f"T{number}\t{_type(span.type or UNTYPED)} {places}\t{words}")
        notes.append((f"T{number}", span.confidence))
    for number, relation in enumerate(marked.relations, 1):
        lines.append(f"R{number}\t{_type(relation.type)} Arg1:T{relation.head + 1} Arg2:T{relation.tail + 1}")
        notes.append((f"R{number}", relation.confidence))
    known = [(name, confidence) for name, confidence in notes if confidence is not None]
    return lines + [
        f"#{k}\tAnnotatorNotes {name}\tconfidence {confidence_text(p)}" for k, (name, p) in enumerate(known, 1)
    ]


def _write_pairs(folder: Path, documents: Iterable[Document]) -> int:
    taken: set[str] = set()
    entities: set[str] = set()
    relations: set[str] = set()
    for document in documents:
        marked = MarkedText.of_document(document)
        entities.update(_type(span.type or UNTYPED) for span in marked.spans)
        relations.update(_type(relation.type) for relation in marked.relations)
        name = _file_name(document.id, taken)
        try:
            _write(folder / f"{name}.txt", marked.text)
            _write(folder / f"{name}.ann", "".join(f"{line}\n" for line in annotation_lines(marked)))
        except UnicodeEncodeError as error:
            lone = ascii(error.object[error.start])
            message = f"{lone} is a lone surrogate, which UTF-8 cannot encode; fix the text"
            raise DataError(f"document {document.id}: {message}") from None
    _write(folder / "annotation.conf", _configuration(sorted(entities), sorted(relations)))
    return len(taken)


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())  # as bytes, so that no line break is changed


def _pieces(text: str, span: MarkedSpan) -> Iterator[tuple[int, int]]:
    """The span split at line breaks, as BRAT does, because a line of an .ann file cannot contain one."""
    start = span.start
    for gap in _LINE_BREAK.finditer(text, span.start, span.end):
        yield start, gap.start()
        start = gap.end()
    yield start, span.end


def _type(name: str) -> str:
    return "_".join(name.split()) or "_"


def _file_name(identity: str, taken: set[str]) -> str:
    """The id without characters that file names cannot contain; numbered if taken, ignoring case."""
    plain = _NOT_IN_NAMES.sub("_", identity).strip(".")[:_LONGEST_NAME] or "document"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name.casefold())
    return name


def _configuration(entities: list[str], relations: list[str]) -> str:
    declared = [f"{name}\tArg1:<ENTITY>, Arg2:<ENTITY>" for name in relations]
    return "\n".join(["[entities]", *entities, "[relations]", *declared, "[events]", "[attributes]", ""])
