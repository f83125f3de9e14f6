"""Opening and creating the SQLite file of a graph."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from relknit.errors import DataError
from relknit.graph.combined_confidence import CombinedConfidence
from relknit.graph.entity_resolution import fact_id
from relknit.graph.schema import TABLES, VERSION

APPLICATION_ID: Final = 0x726B6772  # "rkgr"
MEMORY: Final = ":memory:"
_CACHE: Final = 64_000  # KiB


def open_graph_file(path: str | Path = MEMORY, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode to a graph file, which is made where there is none.

    read_only: refuse changes, and raise DataError where there is no file; what an interrupted process left is still undone.
    Raises DataError for a file that is not a graph, is of another version or cannot be opened.
    """
    if read_only:
        check_graph_exists(path)
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        _prepare(connection, path, create=not read_only)
        if read_only:
            connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise graph_file_error(error, path) from None
    return connection


def check_graph_exists(path: str | Path) -> None:
    """Raise DataError where there is no file."""
    if not Path(path).is_file():
        raise DataError("no such file; make one with `relknit graph build`", path=path)


def graph_file_error(error: sqlite3.Error, path: str | Path) -> DataError:
    """The error of SQLite as one that names the file."""
    return DataError(f"cannot be used as a graph: {error}; name a file that `relknit graph build` made", path=path)


def _prepare(connection: sqlite3.Connection, path: str | Path, *, create: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if create and not tables and not application:
        script = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        connection.executescript(f"BEGIN IMMEDIATE; {script} {TABLES} COMMIT;")
    elif application != APPLICATION_ID:
        raise DataError("is a database of another kind; name a file that `relknit graph build` made", path=path)
    elif version != VERSION:
        raise DataError(f"has version {version}, expected {VERSION}; build the graph again", path=path)
    connection.create_function("fact_id", 3, fact_id, deterministic=True)
    connection.create_aggregate("combined", 3, CombinedConfidence)  # type: ignore[arg-type]
