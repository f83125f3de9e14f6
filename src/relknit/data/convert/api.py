"""Read and write files of any format: choose the format, then convert record after record to Documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from relknit.data.convert.assemble import Anchor, Tokeniser
from relknit.data.convert.base import FORMATS, Format, MentionRule, PieceRule, ReadOptions, format_named
from relknit.data.readers.records import OnError, raise_error, read_head
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import ConfigError, DataError
from relknit.text.read import read_tokens


@dataclass(frozen=True, slots=True)
class Choice:
    """The format of a file, whether its names are whole (None if the format defines it), and the reasons."""

    source: str
    anchor: Anchor | None
    note: str


def choose(
    path: str | Path,
    *,
    source: str = "auto",
    anchor: Anchor | Literal["auto"] = "auto",
    limits: Limits = DEFAULT_LIMITS,
) -> Choice:
    """Decide what is "auto": the format by name or first record, the anchor of `triples` by whether any name has two words.

    Raises DataError for a file that is empty or of no known format, ConfigError for an unknown name.
    """
    path = Path(path)
    if anchor not in ("auto", *get_args(Anchor)):
        raise ConfigError(f"anchor {anchor!r} is unknown, expected one of auto, {', '.join(get_args(Anchor))}")
    notes = []
    if source == "auto":
        source = _recognised(path, limits)
        notes.append(f'detected format "{source}"')
    options, note = format_named(source).settle(path, ReadOptions(anchor=anchor, limits=limits))
    notes += [note] if note else []
    return Choice(source, None if options.anchor == "auto" else options.anchor, "; ".join(notes))


def convert(
    path: str | Path,
    *,
    source: str = "auto",
    anchor: Anchor | Literal["auto"] = "auto",
    tokeniser: Tokeniser = read_tokens,
    whole_texts: bool = False,
    mentions: MentionRule = "auto",
    pieces: PieceRule = "error",
    limits: Limits = DEFAULT_LIMITS,
    on_error: OnError | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Iterator[Document]:
    """The Documents of a file in another format (for "brat" also of a folder), one after the other.

    source:    name of a format in `FORMATS`, such as "csv" or "labelstudio" (docs/data-format.md has the table), one that
               an installed package adds, or "auto" to decide by the name or the first record
    anchor:    for "triples": names are "whole", or each is its entity's "last" word (then several words are refused)
    tokeniser: splits texts that come without tokens into (word, start, end); `split_at_spaces` keeps the tokens of a
               benchmark that is already tokenised
    whole_texts: for "brat", "webanno" and "dygie": one Document for each text instead of one for each sentence
    mentions:  for "csv", "triples" and "duie": which of several equally good mentions a name means, the "nearest" to the
               other name or the "first", by which benchmarks are scored; "auto" is "first" for `split_at_spaces`
    pieces:    for "brat": an entity in several pieces is an "error", or its "first" piece, or all that the pieces "cover"
    limits:    how much to read at once
    on_error:  called with each invalid record, which is left out; without it the first one raises
    on_note:   called at the end with each thing that was left out or changed on purpose, and how often

    Raises DataError that names file, line (or record of an array), value and fix, also when no record is left.
    """
    path = Path(path)
    choice = choose(path, source=source, anchor=anchor, limits=limits)
    for name, value, known in (("mentions", mentions, MentionRule), ("pieces", pieces, PieceRule)):
        if value not in get_args(known):
            raise ConfigError(f"{name} {value!r} is unknown, expected one of {', '.join(get_args(known))}")
    options = ReadOptions(
        anchor=choice.anchor or "auto",
        tokeniser=tokeniser,
        whole_texts=whole_texts,
        mentions=mentions,
        pieces=pieces,
        limits=limits,
        on_error=on_error or raise_error,
    )
    count = 0
    for document in format_named(choice.source).read(path, options):
        yield document
        count += 1
    if not count:
        raise DataError("no record could be converted; check the format that --from names", path=path)
    if on_note is not None:
        for what, often in sorted((+options.tally).items()):
            on_note(f"{what}: {often}")


def target_format(out: str | Path, target: str = "auto", *, default: str | None = None) -> Format:
    """The format to write a file in: by the end of its name, or the one called `target`, or else `default`.

    Raises DataError if the name has no known ending and there is no default, ConfigError for a format that cannot be written.
    """
    if target != "auto":
        found = format_named(target)
        if not found.can_write:
            raise ConfigError(f"the format {target} can only be read; name one that can be written")
        return found
    writable = [found for found in map(format_named, FORMATS.names()) if found.can_write]
    for found in writable:
        if found.suffixes and str(out).endswith(found.suffixes):
            return found
    if default is None:
        suffixes = ", ".join(suffix for found in writable for suffix in found.suffixes)
        raise DataError(f"expected a name that ends in one of {suffixes}, or a format named with --to", path=out)
    return format_named(default)


def export(out: str | Path, documents: Iterable[Document], *, target: str = "auto") -> int:
    """Write documents, such as predictions, in the format of the name of `out`; a folder for BRAT if it has no known ending.

    target: name of a format that is written, such as "labelstudio", "doccano", "prodigy", "docred", "dygie" or "gliner"

    Texts and character offsets are kept by the formats that count characters; a document without a text gets its tokens
    joined. Returns the number of documents. Raises DataError, and MissingExtraError for a spaCy DocBin without spaCy.
    """
    return target_format(out, target, default="brat").write(Path(out), documents)


def _recognised(path: Path, limits: Limits) -> str:
    """The first format that claims the name or, failing that, the head of the file; those of other packages first."""
    names = sorted(FORMATS.names(), key=lambda name: name in FORMATS.builtin)
    formats = {name: format_named(name) for name in names}
    for name, candidate in formats.items():
        if candidate.is_named(path):
            return name
    head = read_head(path, limits=limits)
    for name, candidate in formats.items():
        if candidate.recognises(head):
            return name
    fix = f"name its format with --from: {', '.join(FORMATS.names())}"
    if head.record is None:
        raise DataError(f"unknown format; {fix}", path=path)
    value = head.record.value
    keys = f"keys {', '.join(sorted(value)[:8])}" if isinstance(value, dict) and value else "no keys"
    found = keys if isinstance(value, dict) else type(value).__name__
    raise head.record.error(f"unknown format with {found:.120}; {fix}")
