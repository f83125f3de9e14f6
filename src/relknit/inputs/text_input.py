"""One text to read, and how inputs are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from relknit.document import Document

InputFormat = Literal["auto", "text", "lines", "jsonl", "csv", "html"]


@dataclass(frozen=True, slots=True)
class TextInput:
    """A text with its id.

    file: the name of the file it is from. start: the position of its first character in that file (code points); None where
    the text is not a part of the file as it is. fields: the other fields of its record.
    part_of: the id of the document that it is a part of, such as a paragraph of a text file, and part_start the position of its
    first character there; None where it is a document of its own. annotated: the Document of a record with annotations, where
    these are read.
    """

    id: str
    text: str
    file: str | None = None
    start: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    part_of: str | None = None
    part_start: int = 0
    annotated: Document | None = None

    @property
    def is_record(self) -> bool:
        """Whether it is from a file that it is not a part of as it is: a record, or a block of HTML."""
        return self.file is not None and self.start is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: what an answer says about its source, without the id and the text."""
        found = {"file": self.file, "file_start": self.start, "fields": dict(self.fields)}
        return {key: value for key, value in found.items() if value not in (None, {})}


@dataclass(frozen=True, slots=True)
class InputOptions:
    """How inputs are read.

    Attributes
    ----------
    lines:
        Read every line as a text of its own; short for --format lines.
    format:
        The format of the inputs: text, lines, jsonl, csv (also with tabs or semicolons) or html; auto decides by name and
        content.
    text_field:
        The field or column with the text of a record. By default text, sentence, content or body.
    id_field:
        The field or column with the id of a record. By default id, _id, doc_id or uid, else file and line.
    """

    lines: bool = False
    format: InputFormat = "auto"
    text_field: str | None = None
    id_field: str | None = None
