"""What an update has been given so far: extracted passages wait in the graph file until all of them become part of the graph.

Waiting passages are saved now and then. A build that was killed goes on with them, and the graph itself changes only in the one
transaction at its end.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Final

from relknit.errors import DataError, short
from relknit.graph.graph_rows import Passage, PassageRows

_GIVEN: Final = """CREATE TEMP TABLE given (
    document TEXT NOT NULL, start INTEGER NOT NULL, sha256 TEXT NOT NULL, annotations TEXT NOT NULL, model TEXT,
    PRIMARY KEY (document, start)
) WITHOUT ROWID"""


@dataclass(frozen=True, slots=True)
class StagedRows:
    """The rows of a passage, and where they are from: the SHA-256 of given annotations, or the id of the model."""

    rows: PassageRows
    annotations: str = ""
    model: str | None = None


class Staging:
    """The passages of one update, each given once: `is_known` or `put`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.sql = connection
        self.sql.execute("DROP TABLE IF EXISTS temp.given")
        self.sql.execute(_GIVEN)

    def is_known(self, passage: Passage, *, annotations: str = "", model: str | None = None) -> bool:
        """Note that a passage belongs to the update; whether the graph or an interrupted build has it as it is.

        Raises DataError where another text has been given in its place.
        """
        key = (passage.document, passage.start, passage.sha256, annotations, model)
        try:
            self.sql.execute("INSERT INTO given VALUES (?, ?, ?, ?, ?)", key)
        except sqlite3.IntegrityError:
            before = self.sql.execute("SELECT * FROM given WHERE document = ? AND start = ?", key[:2]).fetchone()
            if before != key:
                raise DataError(
                    f"two documents have the id {short(passage.document)}; give each an id of its own"
                ) from None
            return True  # a copy, which waits already
        same = "WHERE document = ? AND start = ? AND sha256 = ? AND annotations = ? AND model IS ?"
        found = self.sql.execute(
            f"SELECT 1 FROM passages {same} UNION ALL SELECT 1 FROM staged {same} LIMIT 1", (*key, *key)
        )
        return found.fetchone() is not None

    def put(self, staged: StagedRows) -> None:
        """Let the rows of a passage wait that is not known."""
        passage = staged.rows.passage
        key = (passage.document, passage.start, passage.sha256, staged.annotations, staged.model)
        self.sql.execute("INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?, ?)", (*key, staged.rows.to_json()))

    def give(self, rows: PassageRows, *, model: str | None = None) -> None:
        """A passage that has its annotations."""
        annotations = rows.annotations
        if not self.is_known(rows.passage, annotations=annotations, model=model):
            self.put(StagedRows(rows, annotations, model))
