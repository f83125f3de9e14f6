"""The standoff format of BRAT: for every text a .txt file and an .ann file that marks it by characters.

    T1	Person 0 12	Ada Lovelace
    T2	Place 22 28	London
    R1	residence Arg1:T1 Arg2:T2

T and R lines are read; events, attributes, modifications, notes, normalisations and equivalences are counted and left
out. A relation with an attribute or modification that denies or doubts it (Negation, Speculation, Polarity with a value
other than positive, and the like) is left out too, and counted. Offsets count code points of the text in the file,
including its line breaks. A text of several lines becomes a Document for each sentence, or for several if an entity or a
relation extends over their border; its id is the file name and the position of its first character ("paper:120"). As in
BRAT's own view, a line break ends a sentence; here not before a small letter, because some texts have lines of a fixed
width. Type "Untyped" is an entity without a type.

An entity in several pieces is joined if only white space is between them, as BRAT itself writes an entity that spans a
line break. Any other discontinuous entity is an error, and its sentences are left out, unless `pieces` keeps the first piece
or everything from the first to the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from relknit.data.convert.base import Format, ReadOptions
from relknit.data.convert.brat_annotations import read_annotations
from relknit.data.convert.brat_export import write_brat
from relknit.data.convert.marked_text import sentence_ranges
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import DataError


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
                marked, in_pieces = read_annotations(ann_path, text, options)
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
