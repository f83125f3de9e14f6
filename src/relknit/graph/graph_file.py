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


def open_graph_file(path: str | Path = MEMORY, *, create: bool = True, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode to a graph file, which is made where there is none and `create` is set.

    Raises DataError for a file that is missing, is not a graph, is of another version or cannot be opened.
    """
    exists = str(path) != MEMORY and Path(path).exists()
    if str(path) != MEMORY and not exists and not create:
        raise DataError("no such file; make one with `relknit graph build`", path=path)
    try:
        connection = sqlite3.connect(_uri(path, read_only), uri=True, isolation_level=None, timeout=30)
        _prepare(connection, path)
    except sqlite3.Error as error:
        raise graph_file_error(error, path) from None
    return connection


def graph_file_error(error: sqlite3.Error, path: str | Path) -> DataError:
    """The error of SQLite as one that names the file."""
    return DataError(f"cannot be used as a graph: {error}; name a file that `relknit graph build` made", path=path)


def _uri(path: str | Path, read_only: bool) -> str:
    if str(path) == MEMORY:
        return MEMORY
    return Path(path).absolute().as_uri() + ("?mode=ro" if read_only else "")


def _prepare(connection: sqlite3.Connection, path: str | Path) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables and not application:
        script = f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"
        connection.executescript(f"BEGIN IMMEDIATE; {script} {TABLES} COMMIT;")
    elif application != APPLICATION_ID:
        raise DataError("is a database of another kind; name a file that `relknit graph build` made", path=path)
    elif version != VERSION:
        raise DataError(f"has version {version}, expected {VERSION}; build the graph again", path=path)
    connection.create_function("fact_id", 3, fact_id, deterministic=True)
    connection.create_aggregate("combined", 2, CombinedConfidence)  # type: ignore[arg-type]
