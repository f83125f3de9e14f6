"""What an argument of the command line refers to: a file, the files of a folder or a pattern, standard input, or a text."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from relknit.errors import DataError

TEXT_SUFFIXES: Final = (".txt", ".text", ".md", ".markdown", ".rst")
RECORD_SUFFIXES: Final = (".jsonl", ".jsonl.gz", ".ndjson", ".json")
TABLE_SUFFIXES: Final = (".csv", ".tsv")
HTML_SUFFIXES: Final = (".html", ".htm", ".xhtml")
SUFFIXES: Final = (*TEXT_SUFFIXES, *RECORD_SUFFIXES, *TABLE_SUFFIXES, *HTML_SUFFIXES)

_OTHER: Final = "pdf docx? odt rtf xlsx? xml ya?ml log tex epub gz zip"
_FILE_NAME: Final = re.compile(
    rf"[^\s/\\]+\.[A-Za-z]\w{{1,4}}"  # one word with an ending
    rf"|.*\w\.(?:{'|'.join([*(suffix[1:] for suffix in SUFFIXES), *_OTHER.split()])})",  # words, then a known ending
    re.IGNORECASE,
)
_PATH: Final = re.compile(r"\S*[^\W\d]\S*[/\\]\S*|(?:~|\.{1,2})?[/\\].*|[A-Za-z]:[/\\].*|\S*\*\S*")
_OPTION: Final = re.compile(r"--?[^\W\d][\w-]*(?:=.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class InputSource:
    """A file (`path`), a text given as an argument (`text`), or standard input (neither).

    name: as ids and errors name it; empty for a text.
    """

    name: str
    path: Path | None = None
    text: str | None = None

    @property
    def size(self) -> int:
        """In bytes; 0 where it is not known."""
        if self.path is not None:
            return self.path.stat().st_size
        return len((self.text or "").encode())


def find_inputs(arguments: Sequence[str]) -> list[InputSource]:
    """The sources that the arguments name, in order; those of a folder or a pattern are sorted.

    A file keeps its name without the folders, or the path as given where two files would have the same name. Raises
    DataError for an argument that looks like a path or an option and is neither, and for a folder without a file to read.
    """
    found = [source for argument in arguments for source in _sources(argument)]
    names = Counter(source.name for source in found)
    return [
        replace(source, name=source.path.as_posix()) if source.path is not None and names[source.name] > 1 else source
        for source in found
    ]


def _sources(argument: str) -> Iterator[InputSource]:
    if argument == "-":
        yield InputSource("stdin")
    elif os.path.isdir(argument):  # unlike Path's, false for names that no file can have, and for ""
        yield from _folder(Path(argument))
    elif os.path.exists(argument):
        yield InputSource(Path(argument).name, path=Path(argument))
    elif _FILE_NAME.fullmatch(argument) or _PATH.fullmatch(argument):
        yield from _pattern(argument)
    elif _OPTION.fullmatch(argument):
        raise DataError(
            "no such option; see `relknit extract --help`, or add a space to read it as a text", path=argument
        )
    else:
        argument.encode()  # a lone surrogate is refused here, before any output
        yield InputSource("", text=argument)


def _folder(folder: Path) -> Iterator[InputSource]:
    inside = (path for path in sorted(folder.rglob("*")) if path.name.lower().endswith(SUFFIXES) and path.is_file())
    shown = [path for path in inside if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    if not shown:
        raise DataError(f"is a folder without a file that ends in {', '.join(SUFFIXES)}; name the files", path=folder)
    for path in shown:
        yield InputSource(path.relative_to(folder).as_posix(), path=path)


def _pattern(argument: str) -> Iterator[InputSource]:
    try:
        found = sorted(glob.glob(argument, recursive=True))
    except (OSError, ValueError, re.error):  # such as a null character
        found = []
    files = [Path(path) for path in found if os.path.isfile(path)]
    if not files:
        raise DataError("no such file; to read it as a text, add a space to it", path=argument)
    for path in files:
        yield InputSource(path.name, path=path)
