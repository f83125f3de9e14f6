"""What a graph can be asked."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from relknit.errors import DataError, short
from relknit.graph.graph_records import Fact, FactEnd, FactEvidence, GraphEntity
from relknit.graph.shown_once import shown_once

T = TypeVar("T")
AnyEntity: TypeAlias = str | GraphEntity | FactEnd
"""An entity, or its id, its name in any letter case, or one of its aliases."""

_ENTITIES: Final = """SELECT e.id, e.name, e.type, e.mentions, e.documents, e.qualifier,
    (SELECT json_group_array(name) FROM (
        SELECT DISTINCT n.name FROM local_names l JOIN names n ON n.id = l.name
        WHERE l.entity = e.id AND n.name <> e.name ORDER BY n.name)) FROM entities e"""
_FACTS: Final = """SELECT f.id, f.head_id, f.head, f.head_type, f.relation, f.tail_id, f.tail, f.tail_type, f.confidence,
    f.max_confidence, f.evidence, f.sentences, f.documents, f.inferred, f.unseen_signature FROM readable_facts f"""
_ENTITY_ORDER: Final = " ORDER BY e.name, e.type, e.id"
_FACT_ORDER: Final = " ORDER BY f.head, f.head_type, f.head_id, f.relation, f.tail, f.tail_type, f.tail_id"
_EVIDENCE: Final = """SELECT e.fact = ?, p.document, p.text, p.start, e.sentence_start, e.sentence_end, e.head_start, e.head_end,
    e.tail_start, e.tail_end, e.confidence, e.inferred, m.sha256, p.fields
    FROM evidence e JOIN passages p ON p.id = e.passage LEFT JOIN models m ON m.id = p.model"""
_EVIDENCE_ORDER: Final = (
    " ORDER BY e.inferred, e.confidence DESC, p.document, e.sentence_start, e.head_start, e.tail_start"
)
_COUNTED: Final = ("documents", "sentences", "mentions", "entities", "facts", "evidence", "unseen_signatures")
_COUNTS: Final = """SELECT (SELECT count(*) FROM documents), (SELECT coalesce(sum(sentences), 0) FROM passages),
    (SELECT count(*) FROM mentions), (SELECT count(*) FROM entities), (SELECT count(*) FROM facts),
    (SELECT count(*) FROM evidence), (SELECT count(*) FROM readable_facts WHERE unseen_signature)"""
_WITH_ALIAS: Final = "SELECT l.entity FROM local_names l JOIN names n ON n.id = l.name WHERE n.name = ?"


class GraphQueries:
    """The queries of `Graph`, on the connection `sql` to the file `path`."""

    path: str | Path
    sql: sqlite3.Connection

    def entities(self, *, name: str | None = None, type: str | None = None) -> list[GraphEntity]:
        """All entities, sorted by name, type and id. name: only those of this name in any letter case, or with this alias."""
        return list(self.iter_entities(name=name, type=type))

    def iter_entities(self, *, name: str | None = None, type: str | None = None) -> Iterator[GraphEntity]:
        """The same, one at a time, for large graphs."""
        where: list[str] = []
        values: list[str] = []
        if name is not None:
            where.append(f"(e.name = ? COLLATE NOCASE OR e.id IN ({_WITH_ALIAS}))")
            values += [name, name]
        if type is not None:
            where.append("e.type = ?")
            values.append(type)
        return self._rows(_ENTITIES + _where(where) + _ENTITY_ORDER, values, _entity)

    def facts(
        self,
        *,
        entity: AnyEntity | None = None,
        relation: str | None = None,
        min_confidence: float | None = None,
        once: bool = False,
    ) -> list[Fact]:
        """All facts, sorted by the names, types and ids of head, relation and tail.

        entity: only those with this head or tail; a name, an alias or an id. min_confidence: only those of at least this
        confidence (0 to 1), and those without any. once: a symmetric relation, and a relation and its inverse, are shown once,
        with the evidence of both (see `relknit.graph.shown_once`).
        Raises DataError for an entity that the graph does not have.
        """
        return list(self.iter_facts(entity=entity, relation=relation, min_confidence=min_confidence, once=once))

    def iter_facts(
        self,
        *,
        entity: AnyEntity | None = None,
        relation: str | None = None,
        min_confidence: float | None = None,
        once: bool = False,
    ) -> Iterator[Fact]:
        """The same, one at a time, for large graphs."""
        where: list[str] = []
        values: list[str] = []
        if entity is not None:
            ids = self._ids(entity)
            one_of = _marks(ids)
            with_it = f"SELECT id FROM facts WHERE head IN {one_of} UNION SELECT id FROM facts WHERE tail IN {one_of}"
            where.append(f"f.id IN ({with_it})")
            values += [*ids, *ids]
        if relation is not None:
            where.append("f.relation = ?")
            values.append(relation)
        found = self._rows(_FACTS + _where(where) + _FACT_ORDER, values, _fact)
        for fact in shown_once(found, self.sql) if once else found:
            if min_confidence is None or fact.confidence is None or fact.confidence >= min_confidence:
                yield fact

    def find(self, entity: AnyEntity) -> list[GraphEntity]:
        """The entities of an id, or of a name or alias; raises DataError where there is none."""
        ids = self._ids(entity)
        return list(self._rows(f"{_ENTITIES} WHERE e.id IN {_marks(ids)}{_ENTITY_ORDER}", ids, _entity))

    def counts(self) -> dict[str, int]:
        """How many documents, sentences, mentions, entities, facts and places of evidence there are.

        unseen_signatures: facts with types that do not occur with the relation in the training data.
        """
        (numbers,) = self._rows(_COUNTS, (), lambda *row: row)
        return dict(zip(_COUNTED, numbers, strict=True))

    def query(self, sql: str) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """The columns and rows of one SQL query; raises DataError for one that SQLite refuses or that could change something."""
        self.sql.set_authorizer(_only_reading)
        try:
            cursor = self.sql.execute(sql)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise DataError(f"the query is refused: {error}; write one SELECT statement") from None
        finally:
            self.sql.set_authorizer(None)
        if cursor.description is None:
            raise DataError("the query has no result; write one SELECT statement")
        return [column[0] for column in cursor.description], self._fetched(cursor)

    def to_networkx(self, *, min_confidence: float | None = None, once: bool = False) -> Any:
        """A `networkx.MultiDiGraph`: ids of entities as nodes, ids of facts as keys of edges, with what is known as attributes.

        No attribute is None, so that all formats of networkx can hold them. Raises MissingExtraError without the extra `graph`.
        """
        from relknit.graph.to_libraries import networkx_graph

        return networkx_graph(self.iter_entities(), self.iter_facts(min_confidence=min_confidence, once=once))

    def to_pandas(self, *, min_confidence: float | None = None, once: bool = False) -> Any:
        """A `pandas.DataFrame` with a row for each fact. Raises MissingExtraError without the extra `graph`."""
        from relknit.graph.to_libraries import facts_frame

        return facts_frame(self.iter_facts(min_confidence=min_confidence, once=once))

    def neighbours(self, entity: AnyEntity) -> list[GraphEntity]:
        """The entities that a fact connects with this one, sorted by name, type and id."""
        own = self._ids(entity)
        one_of = _marks(own)
        found = f"SELECT tail FROM facts WHERE head IN {one_of} UNION SELECT head FROM facts WHERE tail IN {one_of}"
        where = f" WHERE e.id IN ({found}) AND e.id NOT IN {one_of}"
        return list(self._rows(_ENTITIES + where + _ENTITY_ORDER, [*own, *own, *own], _entity))

    def evidence(self, fact: str | Fact) -> list[FactEvidence]:
        """Every place that states a fact, given as it is or by id: the most confident first, names before pronouns."""
        ids = [fact] if isinstance(fact, str) else [fact.id, *([fact.same_as] if fact.same_as else ())]
        turned = [*ids, ""][1]  # states it with head and tail exchanged
        query = f"{_EVIDENCE} WHERE e.fact IN {_marks(ids)}{_EVIDENCE_ORDER}"
        return list(self._rows(query, (turned, *ids), _evidence))

    def _ids(self, entity: AnyEntity) -> list[str]:
        """The ids of the entities that are meant; raises DataError where there is none."""
        if not isinstance(entity, str):
            return [entity.id]
        if list(self._rows("SELECT id FROM entities WHERE id = ?", (entity,), str)):
            return [entity]
        found = [one.id for one in self.entities(name=entity)]
        if not found:
            raise DataError(f"the graph has no entity {short(entity)}; give a name as the graph has it, or an id")
        return found

    def _fetched(self, cursor: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
        try:
            yield from cursor
        except sqlite3.Error as error:
            raise DataError(f"the query failed: {error}") from None

    def _rows(self, query: str, values: Sequence[Any], make: Callable[..., T]) -> Iterator[T]:
        """The rows of a query as records; raises DataError where the file is damaged."""
        try:
            for row in self.sql.execute(query, values):
                yield make(*row)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise DataError(f"cannot be read: {error}; build the graph again", path=self.path) from None


def _only_reading(action: int, *_: str | None) -> int:
    """Lets a statement read, and nothing else."""
    allowed = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _marks(values: Sequence[str]) -> str:
    return f"({', '.join('?' * len(values))})"


def _entity(id: str, name: str, type: str, mentions: int, documents: int, qualifier: str, aliases: str) -> GraphEntity:
    return GraphEntity(id, name, type or None, tuple(json.loads(aliases)), mentions, documents, qualifier)


def _fact(
    id: str, head_id: str, head: str, head_type: str, relation: str, tail_id: str, tail: str, tail_type: str, *rest: Any
) -> Fact:
    confidence, most, evidence, sentences, documents, inferred, unseen = rest
    ends = FactEnd(head_id, head, head_type or None), FactEnd(tail_id, tail, tail_type or None)
    counts = (evidence, sentences, documents)
    return Fact(id, ends[0], relation, ends[1], confidence, most, *counts, bool(inferred), bool(unseen))


def _evidence(
    turned: int, document: str, text: str, passage_start: int, start: int, end: int, *rest: Any
) -> FactEvidence:
    head_start, head_end, tail_start, tail_end, confidence, inferred, model, fields = rest
    if turned:
        head_start, head_end, tail_start, tail_end = tail_start, tail_end, head_start, head_end
    return FactEvidence(
        document=document,
        sentence=text[start - passage_start : end - passage_start],
        sentence_start=start,
        sentence_end=end,
        head_start=head_start,
        head_end=head_end,
        tail_start=tail_start,
        tail_end=tail_end,
        confidence=confidence,
        inferred=bool(inferred),
        model=model,
        fields=json.loads(fields),
    )
