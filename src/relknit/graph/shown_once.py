"""Facts that say the same shown once: symmetric relations, and a relation and its inverse."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace

from relknit.graph.entity_resolution import fact_id
from relknit.graph.graph_records import Fact

_BOTH = """SELECT combined(e.confidence, e.passage, e.sentence_hash), max(e.confidence), count(*),
    count(DISTINCT e.sentence_hash), count(DISTINCT p.document), min(e.inferred)
    FROM evidence e JOIN passages p ON p.id = e.passage WHERE e.fact IN (?, ?)"""


def shown_once(facts: Iterable[Fact], sql: sqlite3.Connection) -> Iterator[Fact]:
    """Of two facts that say the same the one that is shown, with the evidence of both; all others as they are.

    Of a symmetric relation that is the one whose head has the smaller name, type and id; of two inverse relations the one that
    names the other as its inverse (of two that name each other, the first in the alphabet).
    """
    opposite = _opposites(sql)
    for fact in facts:
        relation = opposite.get(fact.relation)
        other = None if relation is None else fact_id(fact.tail.id, relation, fact.head.id)
        if other is None or other == fact.id or not _exists(sql, other):
            yield fact
        elif _is_shown(fact, relation or "", sql):
            numbers = sql.execute(_BOTH, (fact.id, other)).fetchone()
            confidence, most, evidence, sentences, documents, inferred = numbers
            yield replace(
                fact,
                confidence=confidence,
                max_confidence=most,
                evidence=evidence,
                sentences=sentences,
                documents=documents,
                inferred=bool(inferred),
                same_as=other,
            )


def _opposites(sql: sqlite3.Connection) -> dict[str, str]:
    """Relation -> the one that says the same with head and tail exchanged; itself where it is symmetric."""
    rows = sql.execute("SELECT name, inverse, symmetric FROM relations ORDER BY name").fetchall()
    found = {inverse: name for name, inverse, _ in reversed(rows) if inverse is not None}
    found |= {name: inverse for name, inverse, _ in rows if inverse is not None}
    return found | {name: name for name, _, symmetric in rows if symmetric}


def _exists(sql: sqlite3.Connection, fact: str) -> bool:
    return sql.execute("SELECT 1 FROM facts WHERE id = ?", (fact,)).fetchone() is not None


def _is_shown(fact: Fact, opposite: str, sql: sqlite3.Connection) -> bool:
    if fact.relation == opposite:
        head, tail = ((end.name, end.type or "", end.id) for end in (fact.head, fact.tail))
        return head < tail
    named = dict(sql.execute("SELECT name, inverse FROM relations WHERE name IN (?, ?)", (fact.relation, opposite)))
    here, there = named.get(fact.relation) == opposite, named.get(opposite) == fact.relation
    return fact.relation < opposite if here == there else here
