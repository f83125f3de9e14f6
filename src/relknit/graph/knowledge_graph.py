"""A knowledge graph in a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from relknit.document import Document
from relknit.errors import DataError, short
from relknit.graph.entity_resolution import Resolver
from relknit.graph.graph_file import MEMORY, graph_file_error, open_graph_file
from relknit.graph.graph_model import GraphModel
from relknit.graph.graph_queries import GraphQueries
from relknit.graph.graph_records import GraphChange
from relknit.graph.graph_rows import Passage, PassageRows, passage_rows, placed_document
from relknit.graph.graph_update import GraphUpdate
from relknit.graph.relation_rules import RelationRules
from relknit.graph.resolution.resolver_files import resolver_of
from relknit.graph.staging import Staging


class Graph(GraphQueries):
    """Entities and facts of documents, with all evidence, in one SQLite file.

        with Graph("graph.db") as graph:
            graph.add(extractor.batch([("a7", "Ada was born in London.")]))
            for fact in graph.facts(entity="Ada"):
                print(fact.head, fact.relation, fact.tail, fact.confidence)

    path: the file, which is made where there is none; ":memory:" keeps the graph in memory. read_only: refuse changes; the file
    must exist. resolver: which names mean the same entity; by default the rules of `relknit.graph.resolution`, with the decisions
    and aliases in the files beside the graph. rules: which relations are
    functional, symmetric or inverse; by default those of the everyday inventory.

    The graph depends on the documents it has, not on the order in which they came. Raises DataError for what is not a graph file.
    """

    def __init__(
        self,
        path: str | Path = MEMORY,
        *,
        read_only: bool = False,
        resolver: Resolver | None = None,
        rules: RelationRules | None = None,
    ) -> None:
        self.path = path
        self.resolver: Resolver = resolver_of(path) if resolver is None else resolver
        self.rules = rules
        self.sql = open_graph_file(path, read_only=read_only)

    @classmethod
    def build(
        cls,
        documents: Iterable[Document],
        path: str | Path = MEMORY,
        *,
        model: GraphModel | None = None,
        resolver: Resolver | None = None,
        rules: RelationRules | None = None,
    ) -> Self:
        """A graph of exactly these documents. A file that exists is updated: it keeps what is unchanged, and loses all others."""
        graph = cls(path, resolver=resolver, rules=rules)
        graph.add(documents, only=True, model=model)
        return graph

    def add(self, documents: Iterable[Document], *, only: bool = False, model: GraphModel | None = None) -> GraphChange:
        """Add documents with their entities and relations; one with an id that the graph has replaces the earlier one.

        only: take out all other documents. model: what found the relations; None where they were given otherwise.
        Raises DataError for two documents of one id, and for what is no Document; the graph is then unchanged.
        """
        placed = (placed_document(_checked(document)) for document in documents)
        rows = (passage_rows(document, Passage(document.id, document.text or "")) for document in placed)
        return self.add_passages(rows, only=only, model=model)

    def add_passages(
        self, passages: Iterable[PassageRows], *, only: bool = False, model: GraphModel | None = None
    ) -> GraphChange:
        """The same for documents in parts: those given replace all parts of the documents that they belong to."""
        staging = Staging(self.sql)
        with self.transaction():
            for rows in passages:
                staging.give(rows, model=None if model is None else model.id)
            return self._apply(only, model)

    def apply(self, *, only: bool = False, model: GraphModel | None = None) -> GraphChange:
        """Make what the last `Staging` of this connection was given part of the graph, in one transaction; see `add`."""
        with self.transaction():
            return self._apply(only, model)

    def remove(self, documents: str | Iterable[str]) -> GraphChange:
        """Take documents out, by id. Raises DataError for one that the graph does not have; it is then unchanged."""
        names = [documents] if isinstance(documents, str) else list(documents)
        with self.transaction():
            update = GraphUpdate(self.sql, self.resolver)
            for name in dict.fromkeys(names):
                found = self.sql.execute("SELECT id FROM passages WHERE document = ?", (name,)).fetchall()
                if not found:
                    raise DataError(f"the graph has no document {short(name)}; `relknit graph query` can list them")
                for (passage,) in found:
                    update.remove(passage)
            update.derive(all_names=self._has_new_rules())
        return GraphChange(removed=len(set(names)))

    @contextmanager
    def transaction(self) -> Iterator[None]:
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
        except UnicodeEncodeError as error:
            lone = ascii(error.object[error.start])
            raise DataError(f"{lone} is a lone surrogate, which UTF-8 cannot encode; fix the text") from None

    def close(self) -> None:
        """Close the file."""
        self.sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _apply(self, only: bool, model: GraphModel | None) -> GraphChange:
        run = self.sql.execute
        before = dict(run("SELECT id, sha256 FROM documents"))
        if model is not None:
            self._keep_model(model)
        update = GraphUpdate(self.sql, self.resolver)
        update.exchange(only=only)
        update.derive(all_names=self._has_new_rules())
        run("DELETE FROM staged")
        after = dict(run("SELECT id, sha256 FROM documents"))
        return _change(before, after)

    def _keep_model(self, model: GraphModel) -> None:
        values = (model.id, model.sha256, model.name, model.options)
        self.sql.execute("INSERT OR IGNORE INTO models VALUES (?, ?, ?, ?)", values)
        triples = () if model.labels is None else model.labels.triples
        self.sql.executemany(
            "INSERT OR IGNORE INTO signatures VALUES (?, ?, ?, ?, ?)",
            [(model.id, relation, head or "", tail or "", count) for head, relation, tail, count in triples],
        )

    def _has_new_rules(self) -> bool:
        """Whether the graph was made with another resolver or other rules of relations; they are noted."""
        run = self.sql.execute
        before = run("SELECT value FROM properties WHERE name = 'resolver'").fetchone()
        old_rules = run("SELECT * FROM relations ORDER BY name").fetchall()
        if self.rules is not None or before is None:
            run("DELETE FROM relations")
            rows = (self.rules or RelationRules.everyday()).rows()
            self.sql.executemany("INSERT INTO relations VALUES (?, ?, ?, ?)", rows)
        run("INSERT OR REPLACE INTO properties VALUES ('resolver', ?)", (self.resolver.digest,))
        new_rules = run("SELECT * FROM relations ORDER BY name").fetchall()
        return before is not None and (before[0] != self.resolver.digest or old_rules != new_rules)


def _checked(document: object) -> Document:
    if not isinstance(document, Document):
        raise DataError(f"expected a Document, found {short(document)}; relknit.load makes them from texts")
    return document


def _change(before: Mapping[str, str], after: Mapping[str, str]) -> GraphChange:
    kept = before.keys() & after.keys()
    updated = sum(before[name] != after[name] for name in kept)
    return GraphChange(
        added=len(after.keys() - before.keys()),
        updated=updated,
        unchanged=len(kept) - updated,
        removed=len(before.keys() - after.keys()),
    )
