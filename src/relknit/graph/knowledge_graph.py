"""A knowledge graph in a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from relknit.document import Document
from relknit.errors import DataError, short
from relknit.graph.entity_resolution import Resolver, SameNames
from relknit.graph.graph_file import MEMORY, graph_file_error, open_graph_file
from relknit.graph.graph_records import Fact, FactEnd, FactEvidence, GraphChange, GraphEntity
from relknit.graph.graph_rows import Passage, PassageRows, passage_rows, placed_document
from relknit.graph.graph_update import GraphUpdate

_ENTITIES = """SELECT e.id, e.name, e.type, e.mentions, e.documents, e.qualifier,
    (SELECT json_group_array(name) FROM (
        SELECT DISTINCT n.name FROM local_names l JOIN names n ON n.id = l.name
        WHERE l.entity = e.id AND n.name <> e.name ORDER BY n.name)) FROM entities e"""
_FACTS = """SELECT f.id, f.head_id, f.head, f.head_type, f.relation, f.tail_id, f.tail, f.tail_type, f.confidence,
    f.max_confidence, f.evidence, f.sentences, f.documents, f.inferred, f.unseen_signature FROM readable_facts f"""
_ENTITY_ORDER = " ORDER BY e.name, e.type, e.id"
_FACT_ORDER = " ORDER BY f.head, f.head_type, f.head_id, f.relation, f.tail, f.tail_type, f.tail_id"
_WITH_ALIAS = "SELECT l.entity FROM local_names l JOIN names n ON n.id = l.name WHERE n.name = ?"


class Graph:
    """Entities and facts of documents, with all evidence, in one SQLite file.

        with Graph("graph.db") as graph:
            graph.add(extractor.batch([("a7", "Ada was born in London.")]))
            for fact in graph.facts(entity="Ada"):
                print(fact.head, fact.relation, fact.tail, fact.confidence)

    path: the file, which is made where there is none; ":memory:" keeps the graph in memory. read_only: refuse changes; the file
    must exist. resolver: which names mean the same entity; by default equal names of equal types.

    The graph depends on the documents it has, not on the order in which they came. Raises DataError for what is not a graph file.
    """

    def __init__(self, path: str | Path = MEMORY, *, read_only: bool = False, resolver: Resolver | None = None) -> None:
        self.path = path
        self.resolver: Resolver = SameNames() if resolver is None else resolver
        self.sql = open_graph_file(path, create=not read_only, read_only=read_only)

    @classmethod
    def build(
        cls, documents: Iterable[Document], path: str | Path = MEMORY, *, resolver: Resolver | None = None
    ) -> Self:
        """A graph of exactly these documents. A file that exists is updated: it keeps what is unchanged, and loses all others."""
        graph = cls(path, resolver=resolver)
        graph.add(documents, only=True)
        return graph

    def add(self, documents: Iterable[Document], *, only: bool = False, model: str | None = None) -> GraphChange:
        """Add documents with their entities and relations; one with an id that the graph has replaces the earlier one.

        only: take out all other documents. model: SHA-256 of the model that found the relations.
        Raises DataError for two documents of one id, and for what is no Document; the graph is then unchanged.
        """
        return self.add_passages(
            (
                passage_rows(placed, Passage(document.id, placed.text or ""))
                for document in documents
                for placed in [placed_document(_checked(document))]
            ),
            only=only,
            model=model,
        )

    def add_passages(
        self, passages: Iterable[PassageRows], *, only: bool = False, model: str | None = None
    ) -> GraphChange:
        """The same for documents in parts: those given replace all parts of the documents that they belong to."""
        with self._transaction():
            self.sql.execute("DELETE FROM staged")
            for rows in passages:
                self._stage(rows, model)
            return self._apply(only)

    def remove(self, documents: Iterable[str]) -> GraphChange:
        """Take documents out, by id. Raises DataError for one that the graph does not have; it is then unchanged."""
        names = [documents] if isinstance(documents, str) else list(documents)
        with self._transaction():
            update = GraphUpdate(self.sql, self.resolver)
            for name in dict.fromkeys(names):
                found = self.sql.execute("SELECT id FROM passages WHERE document = ?", (name,)).fetchall()
                if not found:
                    raise DataError(f"the graph has no document {short(name)}; `relknit graph query` can list them")
                for (passage,) in found:
                    update.remove(passage)
            update.derive()
        return GraphChange(removed=len(set(names)))

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
        return (_entity(*row) for row in self.sql.execute(_ENTITIES + _where(where) + _ENTITY_ORDER, values))

    def facts(
        self,
        *,
        entity: str | GraphEntity | FactEnd | None = None,
        relation: str | None = None,
        min_confidence: float | None = None,
    ) -> list[Fact]:
        """All facts, sorted by the names, types and ids of head, relation and tail.

        entity: only those with this head or tail; a name, an alias or an id. min_confidence: only those of at least this
        confidence (0 to 1), and those without any. Raises DataError for an entity that the graph does not have.
        """
        return list(self.iter_facts(entity=entity, relation=relation, min_confidence=min_confidence))

    def iter_facts(
        self,
        *,
        entity: str | GraphEntity | FactEnd | None = None,
        relation: str | None = None,
        min_confidence: float | None = None,
    ) -> Iterator[Fact]:
        """The same, one at a time, for large graphs."""
        where: list[str] = []
        values: list[str | float] = []
        if entity is not None:
            ids = self._ids(entity)
            one_of = _marks(ids)
            with_it = f"SELECT id FROM facts WHERE head IN {one_of} UNION SELECT id FROM facts WHERE tail IN {one_of}"
            where.append(f"f.id IN ({with_it})")
            values += [*ids, *ids]
        if relation is not None:
            where.append("f.relation = ?")
            values.append(relation)
        if min_confidence is not None:
            where.append("(f.confidence IS NULL OR f.confidence >= ?)")
            values.append(min_confidence)
        return (_fact(*row) for row in self.sql.execute(_FACTS + _where(where) + _FACT_ORDER, values))

    def neighbours(self, entity: str | GraphEntity | FactEnd) -> list[GraphEntity]:
        """The entities that a fact connects with this one, sorted by name, type and id."""
        own = self._ids(entity)
        one_of = _marks(own)
        found = f"SELECT tail FROM facts WHERE head IN {one_of} UNION SELECT head FROM facts WHERE tail IN {one_of}"
        where = f" WHERE e.id IN ({found}) AND e.id NOT IN {one_of}"
        rows = self.sql.execute(_ENTITIES + where + _ENTITY_ORDER, [*own, *own, *own])
        return [_entity(*row) for row in rows]

    def evidence(self, fact: str | Fact) -> list[FactEvidence]:
        """Every place that states a fact, given as it is or by id: the most confident first, names before pronouns."""
        identity = fact.id if isinstance(fact, Fact) else fact
        rows = self.sql.execute(
            """SELECT p.document, p.text, p.start, e.sentence_start, e.sentence_end, e.head_start, e.head_end, e.tail_start,
                e.tail_end, e.confidence, e.inferred, p.model, p.fields
            FROM evidence e JOIN passages p ON p.id = e.passage WHERE e.fact = ?
            ORDER BY e.inferred, e.confidence DESC, p.document, e.sentence_start, e.head_start, e.tail_start""",
            (identity,),
        ).fetchall()
        return [_evidence(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self.sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ids(self, entity: str | GraphEntity | FactEnd) -> list[str]:
        """The ids of the entities that are meant; raises DataError where there is none."""
        if not isinstance(entity, str):
            return [entity.id]
        if self.sql.execute("SELECT 1 FROM entities WHERE id = ?", (entity,)).fetchone():
            return [entity]
        found = [one.id for one in self.entities(name=entity)]
        if not found:
            raise DataError(f"the graph has no entity {short(entity)}; give a name as the graph has it, or an id")
        return found

    def _stage(self, rows: PassageRows, model: str | None) -> None:
        passage = rows.passage
        values = (
            passage.document,
            passage.start,
            passage.sha256,
            "" if model else rows.annotations,
            model,
            rows.to_json(),
        )
        try:
            self.sql.execute("INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?)", values)
        except sqlite3.IntegrityError:
            before = self.sql.execute("SELECT rows FROM staged WHERE document = ? AND start = ?", values[:2]).fetchone()
            if before != (values[5],):
                raise DataError(
                    f"two documents have the id {short(passage.document)}; give each an id of its own"
                ) from None

    def _apply(self, only: bool) -> GraphChange:
        """Make the staged passages part of the graph."""
        run = self.sql.execute
        before = dict(run("SELECT id, sha256 FROM documents"))
        given = {document for (document,) in run("SELECT DISTINCT document FROM staged")}
        update = GraphUpdate(self.sql, self.resolver)
        same = """SELECT 1 FROM staged s WHERE s.document = p.document AND s.start = p.start AND s.sha256 = p.sha256
            AND s.annotations = p.annotations AND s.model IS p.model"""
        old = run(f"SELECT p.id, p.document FROM passages p WHERE NOT EXISTS ({same})").fetchall()
        for passage, document in old:
            if only or document in given:
                update.remove(passage)
        new = run(
            """SELECT s.rows, s.annotations, s.model FROM staged s WHERE NOT EXISTS (
                SELECT 1 FROM passages p WHERE p.document = s.document AND p.start = s.start)
            ORDER BY s.document, s.start"""
        )
        for rows, given_annotations, model in new:
            update.insert(PassageRows.from_json(rows), annotations=given_annotations, model=model)
        update.derive(all_names=self._has_new_resolver())
        run("DELETE FROM staged")
        after = dict(run("SELECT id, sha256 FROM documents"))
        return _change(before, after, given)

    def _has_new_resolver(self) -> bool:
        found = self.sql.execute("SELECT value FROM properties WHERE name = 'resolver'").fetchone()
        self.sql.execute("INSERT OR REPLACE INTO properties VALUES ('resolver', ?)", (self.resolver.digest,))
        return found is not None and found[0] != self.resolver.digest

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing. Raises DataError where SQLite cannot write."""
        try:
            self.sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.sql.execute("COMMIT")
            except BaseException:
                self.sql.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise graph_file_error(error, self.path) from None


def _checked(document: object) -> Document:
    if not isinstance(document, Document):
        raise DataError(f"expected a Document, found {short(document)}; relknit.load makes them from texts")
    return document


def _change(before: Mapping[str, str], after: Mapping[str, str], given: set[str]) -> GraphChange:
    kept = before.keys() & after.keys()
    updated = sum(before[name] != after[name] for name in kept)
    return GraphChange(
        added=len(after.keys() - before.keys()),
        updated=updated,
        unchanged=len(kept) - updated,
        removed=len(before.keys() - after.keys()),
    )


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


def _evidence(document: str, text: str, passage_start: int, start: int, end: int, *rest: Any) -> FactEvidence:
    head_start, head_end, tail_start, tail_end, confidence, inferred, model, fields = rest
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
