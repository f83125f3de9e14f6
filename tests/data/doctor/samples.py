"""Small records, files and cases that the tests of the doctor share."""

from __future__ import annotations

import json
from pathlib import Path

from relknit.data.doctor.source import DataFile, SourceLine
from relknit.document.jsonl import parse_document

TRAIN, DEV, TEST = (DataFile(Path(f"{split}.jsonl"), split) for split in ("train", "dev", "test"))
LOOSE = DataFile(Path("mine.jsonl"), None)


def record(words, entities=(), relations=(), **more):
    """A record from words split at spaces (or a list), (start, end[, type]) entities and (head, type, tail) relations."""
    tokens = words.split() if isinstance(words, str) else list(words)
    return {
        "tokens": tokens,
        "entities": [{"token_start": e[0], "token_end": e[1], "type": e[2] if len(e) > 2 else None} for e in entities],
        "relations": [{"head": head, "tail": tail, "type": label} for head, label, tail in relations],
        **more,
    }


def good_line(value, line=1, file=TRAIN):
    """The record as a line of a file."""
    return SourceLine(file, line, json.dumps(value), value, parse_document(value, line=line))


def write(path, *records):
    """A JSONL file; strings are written unchanged."""
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def read(path):
    """The records of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def kinds(findings):
    """The kinds of the findings, in their order."""
    return [finding.kind for finding in findings]


def findings_of(check, *lines):
    """The findings of a check about each line, then those about all of them."""
    found = [finding for line in lines for finding in check.check(line)]
    return [*found, *check.finish()]


LIVES = record("Ada lives in Rome", [(0, 1), (3, 4)], [(0, "lives", 1)])
WORKS = record("Bob works in Oslo", [(0, 1), (3, 4)], [(0, "works", 1)])
HEALTHY = (
    LIVES,
    WORKS,
    record("Eve lives in Bonn", [(0, 1), (3, 4)], [(0, "lives", 1)]),
    record("Max works in Kyiv", [(0, 1), (3, 4)], [(0, "works", 1)]),
)
