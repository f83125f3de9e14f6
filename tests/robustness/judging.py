"""What the tests of damaged files agree on: how a refusal reads, and what a document that was read has to be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from relknit.document import Document
from relknit.document.jsonl import parse_document
from relknit.errors import RelknitError

LONGEST_MESSAGE = 600
T = TypeVar("T")


def unless_refused(call: Callable[[Path], T], folder: Path) -> T | None:
    """What the call gives, None where it refuses the folder in one line that names the folder or a file of it."""
    try:
        return call(folder)
    except RelknitError as error:
        assert_one_line(error, Path(str(error).partition(": ")[0]))
        assert str(error).startswith(str(folder))
        return None


def laid_out(files: dict[str, bytes], folder: Path) -> Path:
    """The files, by their names, in the folder."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def assert_one_line(error: RelknitError, path: Path) -> None:
    """The message is one short line that begins with the file or its folder."""
    message = str(error)
    assert message.splitlines() == [message], ascii(message)
    assert message.isprintable(), ascii(message)
    assert len(message) - len(str(path)) < LONGEST_MESSAGE, message[:LONGEST_MESSAGE]
    assert message.startswith((f"{path}: ", f"{path}:")), message


def names_line(error: RelknitError, path: Path) -> bool:
    """Whether the message begins with the file and one of its lines."""
    return re.match(re.escape(str(path)) + r":\d+: ", str(error)) is not None


def assert_whole(document: Document) -> None:
    """Everything that code which takes a Document may rely on."""
    length = len(document.tokens)
    assert all(isinstance(token, str) and token for token in document.tokens)
    assert isinstance(document.id, str)
    for entity in document.entities:
        assert 0 <= entity.token_start < entity.token_end <= length
        assert entity.type is None or entity.type
        assert entity.confidence is None or 0 <= entity.confidence <= 1
    for relation in document.relations:
        assert 0 <= relation.head < len(document.entities)
        assert 0 <= relation.tail < len(document.entities)
        assert relation.type
        assert relation.confidence is None or 0 <= relation.confidence <= 1
    assert document.pos is None or len(document.pos) == length
    for anchor in document.anchors or ():
        assert 0 <= anchor.head < length
        assert 0 <= anchor.tail < length
    if document.offsets is not None:
        assert document.text is not None
        assert len(document.offsets) == length
        places = [place for pair in document.offsets if pair is not None for place in pair]
        assert places == sorted(places)
        assert all(0 <= place <= len(document.text) for place in places)
        assert all(start < end for start, end in (pair for pair in document.offsets if pair is not None))
    assert len(document.triples) == len(document.relations)
    record = document.to_dict()
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    text.encode()
    assert parse_document(json.loads(text)).to_dict() == record
