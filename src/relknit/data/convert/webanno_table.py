"""The rows and layers of a WebAnno TSV file, before they become entities and relations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from relknit.data.convert.marked_text import Tally
from relknit.data.readers.records import NumberedLine
from relknit.errors import DataError, short

_ROW: Final = re.compile(r"(\d{1,9}-\d{1,9})(\.\d{1,9})?\t\d{1,12}-\d{1,12}\t([^\t]*)(?:\t(.*))?", re.ASCII)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_LINGUISTIC: Final = "de.tudarmstadt.ukp.dkpro.core.api."
_TYPE_FEATURES: Final = ("value", "label", "type", "entity", "relation")
_BREAKS: Final[Mapping[str, str]] = MappingProxyType({"n": "\n", "t": "\t", "r": "\r"})


class WebAnnoLayer(NamedTuple):
    """A layer: its name, the column of its label (None without features), and for relations that of the head."""

    name: str
    label: int | None
    head: int | None = None
    base: str = ""


class WebAnnoCell(NamedTuple):
    """The cells of all layers in the row of a token, with the number of its line."""

    line: int
    token: str
    columns: tuple[str, ...]


@dataclass(slots=True)
class WebAnnoTable:
    """The sentences of a file, the characters of sentences and tokens in their joined text, and the cells of the layers."""

    lines: list[str] = field(default_factory=list)
    sentences: list[tuple[int, int]] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    cells: list[WebAnnoCell] = field(default_factory=list)
    position: int = 0
    is_open: bool = False

    @property
    def text(self) -> str:
        """The sentences, a line each."""
        return "\n".join(self.lines)

    def add_line(self, line: str) -> None:
        """Begin a sentence, or go on with one of several lines that has no token yet."""
        if self.is_open:
            start, _ = self.sentences.pop()
            line = f"{self.lines.pop()}\n{line}"
        else:
            start = self.sentences[-1][1] + 1 if self.sentences else 0
        self.lines.append(line)
        self.sentences.append((start, start + len(line)))
        self.position, self.is_open = start, True

    def find(self, word: str, start: int, end: int) -> int:
        """Where a word of the last sentence is between two characters of the text, or -1."""
        first = self.sentences[-1][0]
        at = self.lines[-1].find(word, max(0, start - first), max(0, end - first))
        return at if at < 0 else first + at


def read_table(lines: Iterable[NumberedLine], tally: Tally) -> tuple[list[WebAnnoLayer], WebAnnoTable]:
    """The layers that are read and the rows of a file; other layers are counted. Raises DataError with its line."""
    layers: list[WebAnnoLayer] = []
    width = 0
    table = WebAnnoTable()
    for number, line in lines:
        if line.startswith(("#T_SP=", "#T_RL=", "#T_CH=")):
            if table.cells:
                raise DataError("a layer is declared after the first token, expected it at the head", line=number)
            kind, _, declared = line.rstrip().partition("=")
            layer, columns = _layer(kind, declared.split("|"), width)
            width += columns
            layers += [layer] if layer else []
            tally[f"layer {short(declared.split('|')[0])} left out"] += layer is None
        elif line.startswith("#Text="):
            table.add_line(unescaped(line.removeprefix("#Text=")))
        elif not line.startswith("#"):
            try:
                _read_row(line, number, width, table)
            except DataError as error:
                raise DataError(error.message, line=number) from None
    if not table.sentences:
        raise DataError("no #Text= line, expected one before the tokens of each sentence; export the file again")
    return layers, table


def _layer(kind: str, declared: Sequence[str], first: int) -> tuple[WebAnnoLayer | None, int]:
    """The layer that begins in column `first`, None if it is not read; and the number of its columns."""
    name, features = declared[0], declared[1:]
    if kind == "#T_CH":
        return None, 2
    columns = max(1, len(features))
    plain = [feature for feature in features if not feature.startswith(("ROLE_", "BT_"))]
    best = next((feature for feature in _TYPE_FEATURES if feature in plain), plain[0] if plain else None)
    label = None if best is None else first + list(features).index(best)
    linguistic = name.startswith(_LINGUISTIC) and ".ner." not in name
    if linguistic:
        return None, columns
    if kind == "#T_SP":
        return WebAnnoLayer(name, first if label is None else label), columns
    return WebAnnoLayer(name, label, first + columns - 1, features[-1].removeprefix("BT_") if features else ""), columns


def _read_row(line: str, number: int, width: int, table: WebAnnoTable) -> None:
    """Add a token, or a part of one, which is numbered "1-1.1"; raises DataError."""
    found = _ROW.fullmatch(line)
    if found is None:
        raise DataError(f"{line[:60]!r} is not a token, expected: 1-1, tab, start-end, tab, the word, tab, the layers")
    if not table.sentences:
        raise DataError("a token without a sentence, expected a line #Text= before it")
    token, part, form, rest = found.groups()
    word, columns = unescaped(form), (rest or "").split("\t")
    if len(columns) < width:
        raise DataError(f"{len(columns)} columns of layers, but the head of the file declares {width}")
    whole = (table.position, table.sentences[-1][1])
    at = table.find(word, *(whole if part is None else table.places.get(token, (0, 0))))
    if at < 0 or not word:
        raise DataError(f"the word {short(word)} is not at its place in the sentence; export the file again")
    if part is None:
        table.position, table.is_open = at + len(word), False
    identity = token + (part or "")
    table.places[identity] = at, at + len(word)
    table.cells.append(WebAnnoCell(number, identity, tuple(columns[:width])))


def unescaped(value: str) -> str:
    r"""A value with "\n" as a line break, "\t" as a tab, and any other escaped character as itself."""
    return _ESCAPED.sub(lambda found: _BREAKS.get(found[1], found[1]), value)
