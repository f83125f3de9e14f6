"""The small corpus shipped with relknit: sentences in the public domain (CC0).

It allows a first training, a demo and the tests to run offline. The README beside the files explains each relation type.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

from relknit.document import Document
from relknit.document.jsonl import parse_line, read_lines
from relknit.errors import DataError

Split = Literal["train", "dev", "test"]


def corpus_path() -> Path:
    """The folder with train.jsonl, dev.jsonl, test.jsonl, README.md and LICENSE, in a checkout and when installed."""
    return Path(str(files("relknit"))) / "shipped" / "corpus"


def load_corpus(split: Split) -> tuple[Document, ...]:
    """The sentences of one split in file order, with typed entities, relations, text and character offsets.

    Raises DataError for any other name of a split, and if the installed files are missing or damaged.
    """
    if split not in get_args(Split):
        raise DataError(f"split is {split!r}, expected train, dev or test; use one of these names")
    path = corpus_path() / f"{split}.jsonl"
    return tuple(parse_line(line, path=path, number=number) for number, line in read_lines(path))
