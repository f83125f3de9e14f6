"""One transaction: passages in and out, and then the names, entities and facts that follow from them.

Only what a change reaches is computed again: names of changed documents, names that share a block with them, and the entities and
facts of those.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from relknit.errors import DataError
from relknit.graph.entity_resolution import EntityGroup, LocalName, MergeProposal, Resolver
from relknit.graph.graph_rows import PassageRows

_TEMPORARY: Final = """
CREATE TEMP TABLE IF NOT EXISTS changed_documents (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS changed_names (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE IF NOT EXISTS changed_local_names (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE IF NOT EXISTS changed_entities (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS changed_facts (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_CHANGED: Final = ("changed_documents", "changed_names", "changed_local_names", "changed_entities", "changed_facts")


class GraphUpdate:
    """The steps of an update, inside a transaction of the caller: `remove` and `insert` as often as needed, then `derive`."""

    def __init__(self, connection: sqlite3.Connection, resolver: Resolver) -> None:
        self.sql = connection
        self.resolver = resolver
        for statement in _TEMPORARY.strip().splitlines():
            self.sql.execute(statement)
        for table in _CHANGED:
            self.sql.execute(f"DELETE FROM {table}")

    def exchange(self, *, only: bool) -> None:
        """Put in what was given (see `relknit.graph.staging`), for what the graph has of the same documents.

        only: take out all other documents. Raises DataError where what was given does not wait any more.
        """
        run = self.sql.execute
        same = """document = {0}.document AND start = {0}.start AND sha256 = {0}.sha256
            AND annotations = {0}.annotations AND model IS {0}.model"""
        documents = "1" if only else "p.document IN (SELECT document FROM given)"
        gone = f"NOT EXISTS (SELECT 1 FROM given WHERE {same.format('p')})"
        for (passage,) in run(f"SELECT p.id FROM passages p WHERE {documents} AND {gone}").fetchall():
            self.remove(passage)
        new = "NOT EXISTS (SELECT 1 FROM passages p WHERE p.document = g.document AND p.start = g.start)"
        waiting = run(
            f"""SELECT (SELECT rows FROM staged WHERE {same.format("g")}), g.annotations, g.model FROM given g
            WHERE {new} ORDER BY g.document, g.start"""
        )
        for rows, of_annotations, model in waiting:
            if rows is None:
                raise DataError("another process builds this graph; wait for it, and build again")
            self.insert(PassageRows.from_json(rows), annotations=of_annotations, model=model)

    def remove(self, passage: int) -> None:
        """Take a passage out, by its number."""
        run = self.sql.execute
        run("INSERT OR IGNORE INTO changed_local_names SELECT local_name FROM mentions WHERE passage = ?", (passage,))
        run("INSERT OR IGNORE INTO changed_facts SELECT fact FROM evidence WHERE passage = ?", (passage,))
        run("INSERT OR IGNORE INTO changed_documents SELECT document FROM passages WHERE id = ?", (passage,))
        run("DELETE FROM passages WHERE id = ?", (passage,))

    def insert(self, rows: PassageRows, *, annotations: str, model: str | None) -> None:
        """Put a passage in."""
        passage = rows.passage
        fields = json.dumps(dict(passage.fields), ensure_ascii=False, sort_keys=True)
        values = (passage.document, passage.start, passage.text, rows.sentences, passage.sha256, annotations, model)
        columns = "document, start, text, sentences, sha256, annotations, model, fields"
        done = self.sql.execute(f"INSERT INTO passages ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, fields))
        self.sql.execute("INSERT OR IGNORE INTO changed_documents VALUES (?)", (passage.document,))
        known: dict[tuple[str, str], int] = {}
        local_names = []
        for name, type, *_ in rows.mentions:
            if (name, type) not in known:
                known[name, type] = self._local_name(passage.document, name, type)
            local_names.append(known[name, type])
        self.sql.executemany(
            "INSERT INTO mentions (passage, local_name, start, end, confidence, tagged) VALUES (?, ?, ?, ?, ?, ?)",
            [(done.lastrowid, local, *row[2:]) for local, row in zip(local_names, rows.mentions, strict=True)],
        )
        columns = "passage, head, relation, tail, head_start, head_end, tail_start, tail_end"
        columns += ", sentence_start, sentence_end, sentence_hash, confidence, inferred"
        self.sql.executemany(
            f"INSERT INTO evidence ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (done.lastrowid, local_names[head], relation, local_names[tail], *rest)
                for head, relation, tail, *rest in rows.evidence
            ],
        )

    def derive(self, *, all_names: bool = False) -> None:
        """Names, entities and facts from the passages. all_names: resolve every name again, not only changed ones."""
        self._count_documents()
        self._close_over_blocks(all_names)
        self._resolve()
        self._drop_unused_names()
        self._link_evidence()
        self._count_entities()
        self._combine_facts()
        unused = "NOT EXISTS (SELECT 1 FROM passages p WHERE p.model = models.id)"
        self.sql.execute(f"DELETE FROM models WHERE {unused}")

    def _local_name(self, document: str, name: str, type: str) -> int:
        run = self.sql.execute
        found = run("SELECT id FROM names WHERE name = ? AND type = ?", (name, type)).fetchone()
        if found is None:
            number = run("INSERT INTO names (name, type) VALUES (?, ?)", (name, type)).lastrowid
            keys = sorted(set(self.resolver.block_keys(name, type or None)))
            self.sql.executemany("INSERT INTO name_blocks VALUES (?, ?)", [(key, number) for key in keys])
        else:
            (number,) = found
        run("INSERT OR IGNORE INTO local_names (document, name) VALUES (?, ?)", (document, number))
        (local,) = run("SELECT id FROM local_names WHERE name = ? AND document = ?", (number, document)).fetchone()
        run("INSERT OR IGNORE INTO changed_local_names VALUES (?)", (local,))
        return int(local)

    def _count_documents(self) -> None:
        """The table of documents: those that have a passage, with the SHA-256 of all their passages."""
        changed = [document for (document,) in self.sql.execute("SELECT id FROM changed_documents")]
        for document in changed:
            parts = self.sql.execute(
                "SELECT start, sha256, annotations FROM passages WHERE document = ? ORDER BY start", (document,)
            ).fetchall()
            if parts:
                digest = sha256(json.dumps(parts).encode()).hexdigest()
                self.sql.execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", (document, digest))
            else:
                self.sql.execute("DELETE FROM documents WHERE id = ?", (document,))

    def _close_over_blocks(self, all_names: bool) -> None:
        """Into `changed_names` all names that are connected to a changed one through blocks."""
        run = self.sql.execute
        if all_names:
            run("DELETE FROM name_blocks")
            for number, name, type in run("SELECT id, name, type FROM names").fetchall():
                keys = sorted(set(self.resolver.block_keys(name, type or None)))
                self.sql.executemany("INSERT INTO name_blocks VALUES (?, ?)", [(key, number) for key in keys])
            run("INSERT OR IGNORE INTO changed_names SELECT id FROM names")
            return
        run(
            """WITH RECURSIVE reached(name) AS (
                SELECT name FROM local_names WHERE id IN (SELECT id FROM changed_local_names)
                UNION
                SELECT other.name FROM reached JOIN name_blocks here ON here.name = reached.name
                    JOIN name_blocks other ON other.key = here.key
            ) INSERT OR IGNORE INTO changed_names SELECT name FROM reached"""
        )

    def _resolve(self) -> None:
        run = self.sql.execute
        numbers = {
            (name, type): n
            for n, name, type in run(
                "SELECT n.id, n.name, n.type FROM names n WHERE n.id IN (SELECT id FROM changed_names)"
            )
        }
        run("DELETE FROM merge_proposals WHERE name IN (SELECT id FROM changed_names)")
        resolution = self.resolver.resolve(list(self._changed_local_names()))
        for group in resolution.groups:
            self._assign(group, numbers)
        self._propose(resolution.proposals, numbers)

    def _changed_local_names(self) -> Iterator[LocalName]:
        """Those of the changed names that are still mentioned, sorted."""
        functional: dict[int, tuple[tuple[str, str], ...]] = {}
        rows = self.sql.execute(
            """SELECT DISTINCT e.head, e.relation, n.name FROM evidence e JOIN relations r ON r.name = e.relation
            JOIN local_names t ON t.id = e.tail JOIN names n ON n.id = t.name
            JOIN local_names h ON h.id = e.head
            WHERE r.functional AND h.name IN (SELECT id FROM changed_names) ORDER BY 1, 2, 3"""
        )
        for local, relation, tail in rows:
            functional[local] = (*functional.get(local, ()), (relation, tail))
        found = self.sql.execute(
            """SELECT l.id, n.name, n.type, l.document, (SELECT count(*) FROM mentions m WHERE m.local_name = l.id) AS used
            FROM local_names l JOIN names n ON n.id = l.name
            WHERE n.id IN (SELECT id FROM changed_names) AND used ORDER BY n.name, n.type, l.document"""
        )
        for local, name, type, document, mentions in found.fetchall():
            yield LocalName(name, type or None, document, mentions, functional.get(local, ()))

    def _assign(self, group: EntityGroup, numbers: dict[tuple[str, str], int]) -> None:
        """Give the members of a group their entity, and note what changes by that."""
        entity = group.id
        run = self.sql.execute
        run("INSERT OR IGNORE INTO changed_entities VALUES (?)", (entity,))
        run(
            """INSERT INTO entities VALUES (?, ?, ?, ?, 0, 0) ON CONFLICT (id) DO NOTHING""",
            (entity, group.name, group.type or "", group.qualifier),
        )
        for member in group.members:
            local = member.local
            key = (numbers[local.name, local.type or ""], local.document)
            number, before = run("SELECT id, entity FROM local_names WHERE name = ? AND document = ?", key).fetchone()
            if before != entity:
                run("INSERT OR IGNORE INTO changed_local_names VALUES (?)", (number,))
                if before is not None:
                    run("INSERT OR IGNORE INTO changed_entities VALUES (?)", (before,))
            run(
                "UPDATE local_names SET entity = ?, reason = ?, joined_to = ? WHERE id = ?",
                (entity, member.reason, member.joined_to, number),
            )

    def _propose(self, proposals: Sequence[MergeProposal], numbers: dict[tuple[str, str], int]) -> None:
        rows = [
            (numbers[p.name[0], p.name[1] or ""], numbers[p.other[0], p.other[1] or ""], p.reason, p.score)
            for p in proposals
        ]
        self.sql.executemany("INSERT OR REPLACE INTO merge_proposals VALUES (?, ?, ?, ?)", rows)

    def _drop_unused_names(self) -> None:
        run = self.sql.execute
        gone = (
            "id IN (SELECT c.id FROM changed_local_names c WHERE NOT EXISTS "
            "(SELECT 1 FROM mentions m WHERE m.local_name = c.id))"
        )
        run(
            f"INSERT OR IGNORE INTO changed_entities SELECT entity FROM local_names WHERE entity IS NOT NULL AND {gone}"
        )
        run(f"DELETE FROM local_names WHERE {gone}")
        unused = "SELECT c.id FROM changed_names c WHERE NOT EXISTS (SELECT 1 FROM local_names l WHERE l.name = c.id)"
        run(f"DELETE FROM name_blocks WHERE name IN ({unused})")
        run(f"DELETE FROM names WHERE id IN ({unused})")

    def _link_evidence(self) -> None:
        """The fact of every place whose head or tail is a changed name."""
        run = self.sql.execute
        changed = "(head IN (SELECT id FROM changed_local_names) OR tail IN (SELECT id FROM changed_local_names))"
        run(f"INSERT OR IGNORE INTO changed_facts SELECT fact FROM evidence WHERE fact IS NOT NULL AND {changed}")
        run(
            f"""UPDATE evidence SET fact = fact_id(
                (SELECT entity FROM local_names WHERE id = head), relation, (SELECT entity FROM local_names WHERE id = tail)
            ) WHERE {changed}"""
        )
        run(f"INSERT OR IGNORE INTO changed_facts SELECT fact FROM evidence WHERE {changed}")

    def _count_entities(self) -> None:
        run = self.sql.execute
        run(
            """UPDATE entities SET
                documents = (SELECT count(DISTINCT document) FROM local_names l WHERE l.entity = entities.id),
                mentions = (SELECT count(*) FROM local_names l JOIN mentions m ON m.local_name = l.id
                    WHERE l.entity = entities.id)
            WHERE id IN (SELECT id FROM changed_entities)"""
        )

    def _combine_facts(self) -> None:
        """Changed facts anew, and after that no entity that nothing mentions."""
        run = self.sql.execute
        run("DELETE FROM facts WHERE id IN (SELECT id FROM changed_facts)")
        run(
            """INSERT INTO facts
            SELECT e.fact, h.entity, e.relation, t.entity, combined(e.confidence, e.passage, e.sentence_hash), max(e.confidence),
                count(*), count(DISTINCT e.sentence_hash), count(DISTINCT p.document), min(e.inferred)
            FROM changed_facts c JOIN evidence e ON e.fact = c.id JOIN passages p ON p.id = e.passage
                JOIN local_names h ON h.id = e.head JOIN local_names t ON t.id = e.tail
            GROUP BY e.fact"""
        )
        run("DELETE FROM entities WHERE id IN (SELECT id FROM changed_entities) AND mentions = 0")
