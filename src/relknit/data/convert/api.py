"""The one way in: pick the format, then turn record after record into Documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from relknit.data.convert.assemble import Anchor, Tokeniser
from relknit.data.convert.brat import read_brat
from relknit.data.convert.docbin import read_docbin
from relknit.data.convert.marked import Tally
from relknit.data.convert.rin import rin_document
from relknit.data.convert.spert import spert_document
from relknit.data.convert.table import read_table, table_document
from relknit.data.convert.triples import guess_anchor, triples_document
from relknit.data.readers.documents import read_documents
from relknit.data.readers.records import OnError, Record, raise_error, read_records, require_file, sniff_format
from relknit.document import Document
from relknit.errors import ConfigError, DataError
from relknit.text.tokenise import tokenise

Source = Literal["rin", "triples", "spert", "csv", "brat", "docbin", "relknit"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The format a file is read as, how its names are taken (None where the format says), and why, in words."""

    source: Source
    anchor: Anchor | None
    note: str


def choose(
    path: str | Path, *, source: Source | Literal["auto"] = "auto", anchor: Anchor | Literal["auto"] = "auto"
) -> Choice:
    """Settle what is "auto": the format by name or first record, the anchor of `triples` by whether any name has two words.

    Raises DataError for a file that is empty or of no known format, ConfigError for an unknown name.
    """
    path = Path(path)
    _expect("source", source, ("auto", *get_args(Source)))
    _expect("anchor", anchor, ("auto", *get_args(Anchor)))
    if source != "brat" and not (source == "auto" and path.is_dir()):
        require_file(path)
    notes: list[str] = []
    if source == "auto":
        source = _by_name(path) or sniff_format(path)
        notes.append(f'reads like the format "{source}"')
    if source != "triples":
        return Choice(source, None, "; ".join(notes))
    if anchor == "auto":
        anchor = guess_anchor(path)
        lone = "every name is one word, taken for the last word of its entity"
        notes.append(lone if anchor == "last" else "names are whole")
    return Choice(source, anchor, "; ".join(notes))


def convert(
    path: str | Path,
    *,
    source: Source | Literal["auto"] = "auto",
    anchor: Anchor | Literal["auto"] = "auto",
    tokeniser: Tokeniser = tokenise,
    whole_texts: bool = False,
    on_error: OnError | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Iterator[Document]:
    """The Documents of a file in a foreign format (for "brat" also of a folder), one after the other.

    source:    "rin", "triples", "spert", "csv", "brat", "docbin", "relknit" (its own, as it is), or "auto" to go by the name
               or the first record
    anchor:    for "triples": names are "whole", or each entity's "last" word (then several words are refused)
    tokeniser: cuts the texts of "triples", "csv", "brat" and "docbin" into (word, start, end); `split_at_spaces` keeps the
               tokens of a benchmark that comes tokenised
    whole_texts: for "brat": one Document a text, also where it has several lines
    on_error:  called with each bad record, which is left out; without it the first raises
    on_note:   called at the end with each thing that was left out or changed on purpose, and how often

    Raises DataError that names file, line (or record of an array), value and mend, also when no record is left.
    """
    path = Path(path)
    choice = choose(path, source=source, anchor=anchor)
    report = on_error or raise_error
    tally: Tally = Counter()
    if choice.source == "brat":
        documents = read_brat(path, report, tokeniser=tokeniser, whole_texts=whole_texts, tally=tally)
    elif choice.source == "docbin":
        documents = read_docbin(path, report, tokeniser=tokeniser, tally=tally)
    elif choice.source == "relknit":
        documents = _own(path, on_error)
    else:
        documents = _built(path, choice, tokeniser, report)
    count = 0
    for document in documents:
        yield document
        count += 1
    if not count:
        raise DataError("no record could be converted; check the format that --from names", path=path)
    if on_note is not None:
        for what, often in sorted((+tally).items()):
            on_note(f"{what}: {often}")


def _own(path: Path, on_error: OnError | None) -> Iterator[Document]:
    read = read_documents(path, skip_bad=on_error is not None)
    if on_error is not None:
        for error in read.skipped:
            on_error(error)
    yield from read.documents


def _by_name(path: Path) -> Literal["brat", "docbin"] | None:
    """What holds no records: a folder, a .spacy file, or a file of a .txt and .ann pair."""
    if path.suffix == ".spacy":
        return "docbin"
    is_pair = path.suffix in (".txt", ".ann") and path.with_suffix(".ann").is_file()
    return "brat" if path.is_dir() or is_pair else None


def _built(path: Path, choice: Choice, tokeniser: Tokeniser, report: OnError) -> Iterator[Document]:
    build = _builder(choice, tokeniser)
    for record in read_table(path, report) if choice.source == "csv" else read_records(path, report):
        try:
            document = build(record)
        except DataError as error:
            report(error)
            continue
        yield document


def _builder(choice: Choice, tokeniser: Tokeniser) -> Callable[[Record], Document]:
    if choice.source == "rin":
        return rin_document
    if choice.source == "spert":
        return spert_document
    if choice.source == "csv":
        return partial(table_document, tokeniser=tokeniser)
    return partial(triples_document, tokeniser=tokeniser, anchor=choice.anchor or "whole")


def _expect(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{what} {value!r} is unknown, expected one of {', '.join(known)}")
