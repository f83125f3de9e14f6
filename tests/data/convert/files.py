"""Files of JSON records for tests."""

from __future__ import annotations

import json


def json_lines(folder, *records, name="data.json"):
    path = folder / name
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path


def json_array(folder, *records, name="data.json"):
    path = folder / name
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return path


def triples(document):
    """(head, its type, relation, tail, its type) of every triple."""
    return [(t.head.text, t.head.type, t.relation, t.tail.text, t.tail.type) for t in document.triples]
