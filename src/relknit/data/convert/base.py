"""What a file format is: it recognises, reads and writes its files.

The formats of relknit are listed in `FORMATS`. An installed package adds one as a subclass of `Format`, in its
pyproject.toml:

    [project.entry-points."relknit.formats"]
    conll = "my_package.conll:ConllFormat"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Literal

from relknit.data.convert.assemble import Anchor, Tokeniser
from relknit.data.readers.records import Head, OnError, RawRecord, raise_error, read_records
from relknit.document import Document
from relknit.document.jsonl import DEFAULT_LIMITS, Limits
from relknit.errors import DataError
from relknit.files import check_target
from relknit.registry import Registry
from relknit.text.read import read_tokens

MentionRule = Literal["auto", "nearest", "first"]
PieceRule = Literal["error", "first", "cover"]

FORMATS: Final = Registry(
    "relknit.formats",
    {
        "docbin": "relknit.data.convert.docbin:DocBinFormat",
        "brat": "relknit.data.convert.brat:BratFormat",
        "relknit": "relknit.data.convert.own:OwnFormat",
        "rin": "relknit.data.convert.rin_json:RinFormat",
        "triples": "relknit.data.convert.triples:TriplesFormat",
        "spert": "relknit.data.convert.spert:SpertFormat",
        "labelstudio": "relknit.data.convert.label_studio:LabelStudioFormat",
        "prodigy": "relknit.data.convert.prodigy:ProdigyFormat",
        "doccano": "relknit.data.convert.doccano:DoccanoFormat",
        "docred": "relknit.data.convert.docred:DocRedFormat",
        "docred-sentences": "relknit.data.convert.docred:DocRedSentencesFormat",
        "dygie": "relknit.data.convert.dygie:DygieFormat",
        "knowledgenet": "relknit.data.convert.knowledgenet:KnowledgeNetFormat",
        "gliner": "relknit.data.convert.gliner:GlinerFormat",
        "tacred": "relknit.data.convert.tacred:TacredFormat",
        "opennre": "relknit.data.convert.open_nre:OpenNreFormat",
        "webanno": "relknit.data.convert.webanno_tsv:WebAnnoFormat",
        "multihead": "relknit.data.convert.multi_head:MultiHeadFormat",
        "tplinker": "relknit.data.convert.tplinker:TpLinkerFormat",
        "duie": "relknit.data.convert.duie:DuieFormat",
        "hrl": "relknit.data.convert.hrl:HrlFormat",
        "csv": "relknit.data.convert.csv_table:CsvFormat",
    },
)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file; each format uses what concerns it.

    anchor:      whether the names of triples are whole, or each the last word of its entity
    tokeniser:   splits texts into (word, start, end)
    whole_texts: one Document for each text, even if it has several sentences
    mentions:    of several equally good mentions of a name, take the "nearest" to the other name of its triple, or the
                 "first", by which benchmarks are scored; "auto" is "first" for `split_at_spaces`, else "nearest"
    pieces:      an entity in several pieces is an "error", or its "first" piece, or all that the pieces "cover"
    limits:      how much to read at once
    on_error:    called with each invalid record, which is left out; the default raises the error
    tally:       counts everything that was left out or changed on purpose
    """

    anchor: Anchor | Literal["auto"] = "auto"
    tokeniser: Tokeniser = read_tokens
    whole_texts: bool = False
    mentions: MentionRule = "auto"
    pieces: PieceRule = "error"
    limits: Limits = DEFAULT_LIMITS
    on_error: OnError = raise_error
    tally: Counter[str] = field(default_factory=Counter)


class Format:
    """One file format.

    about:     what its files contain, in a few words
    suffixes:  how the names of its files end
    can_write: whether it has a `write`
    splits_texts: whether it makes several Documents of one text, with ids such as "text:120"
    """

    about: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ()
    can_write: ClassVar[bool] = False
    splits_texts: ClassVar[bool] = False

    def is_named(self, path: Path) -> bool:
        """Whether the name of a file or folder alone identifies this format."""
        return path.name.endswith(self.suffixes)

    def recognises(self, head: Head) -> bool:
        """Whether a file that begins like this has this format."""
        return False

    def settle(self, path: Path, options: ReadOptions) -> tuple[ReadOptions, str]:
        """The options with "auto" decided by the file, and a note on the decision."""
        return options, ""

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """The Documents of a file; raises DataError that names file, line and value."""
        raise NotImplementedError

    def check_target(self, path: Path, *, overwrite: bool) -> None:
        """Check, before any work, that a file can be written to `path`; raises DataError."""
        check_target(path, suffixes=self.suffixes or ("",), overwrite=overwrite)

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write the documents, completely or not at all, and return their count; raises DataError."""
        raise NotImplementedError


class RecordFormat(Format):
    """A format whose files consist of one record for each Document.

    keys: those that every JSON record has
    """

    keys: ClassVar[frozenset[str]] = frozenset()

    def recognises(self, head: Head) -> bool:
        """Whether the first record has the keys; never without any."""
        value = None if head.record is None else head.record.value
        return bool(self.keys) and isinstance(value, dict) and self.keys <= value.keys()

    def records(self, path: Path, options: ReadOptions) -> Iterator[RawRecord]:
        """The records of a file: JSON, one a line or all in an array."""
        return read_records(path, options.on_error, limits=options.limits)

    def build(self, record: RawRecord, options: ReadOptions) -> Document:
        """The Document of a record; raises DataError, to which `read` adds file and line if it names none."""
        raise NotImplementedError

    def documents(self, record: RawRecord, options: ReadOptions) -> Iterable[Document]:
        """The Documents of a record, usually one; none for a record that is left out on purpose. Raises as `build`."""
        return (self.build(record, options),)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """The Documents of each record; a record that breaks the format goes to `options.on_error` as a whole."""
        for record in self.records(path, options):
            try:
                documents = tuple(self.documents(record, options))
            except DataError as error:
                options.on_error(error if error.path is not None else record.error(error.message))
                continue
            yield from documents


def format_named(name: str) -> Format:
    """The format of that name; raises ConfigError that lists the known ones."""
    found: Format = FORMATS.get(name)()
    return found
