"""relknit's own JSONL as a format among others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from relknit.data.convert.base import Format, ReadOptions
from relknit.data.readers.documents import parsed_lines
from relknit.data.readers.records import Head
from relknit.document import Document
from relknit.document.jsonl import write_jsonl
from relknit.errors import DataError


class OwnFormat(Format):
    """JSON Lines with tokens, entities and relations, plain or gzip."""

    about = "JSON Lines with tokens and entities"
    suffixes = (".jsonl", ".jsonl.gz")
    can_write = True

    def is_named(self, path: Path) -> bool:
        """Never: other formats are kept in .jsonl files too."""
        return False

    def recognises(self, head: Head) -> bool:
        """Whether the first record is relknit's, which is not in an array and has no `orig_id`."""
        record = head.record
        keys = record.value.keys() if record is not None and isinstance(record.value, dict) else set()
        return record is not None and not record.in_array and {"tokens", "entities"} <= keys and "orig_id" not in keys

    def read(self, path: Path, options: ReadOptions) -> Iterator[Document]:
        """The documents, unchanged."""
        for line in parsed_lines(path, limits=options.limits):
            if isinstance(line.parsed, DataError):
                options.on_error(line.parsed)
            else:
                yield line.parsed

    def write(self, path: Path, documents: Iterable[Document]) -> int:
        """Write the file; a name that ends in .gz is compressed."""
        return write_jsonl(path, documents)
