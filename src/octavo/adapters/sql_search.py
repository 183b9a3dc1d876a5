"""`SearchIndex` on SQLite's FTS5, in a file of its own: `search.db` beside the database.

Derived, so it can be deleted at any time; and apart, so that indexing a long document never keeps an edit
waiting for the one writer.  FTS5 is given terms that are cut already (`convert.terms`), joined by spaces and line by
line as the text: its plainest tokenizer then takes them as they are, and the line of a match can be counted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from octavo.adapters.sql_connect import explain
from octavo.convert.terms import Part, Passage, best_line, parse, passage, tokens
from octavo.errors import Unavailable
from octavo.ports import SearchEntry, SearchHit

T = TypeVar("T")

NAME: Final = "search.db"
MAKE: Final = 1
"""Of the tables and of the terms; an index of another make is thrown away."""

_READERS: Final = 2
_BUSY_SECONDS: Final = 5.0
_SCHEMA: Final = f"""
    CREATE TABLE entries (
        id INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
    CREATE VIRTUAL TABLE terms USING fts5(
        title, text, tags, readers, tokenize = "ascii tokenchars '_-.'", prefix = '1 2 3');
    PRAGMA user_version = {MAKE};
"""
# Weights of title, text, tags and readers; fewer points are better.
_SEARCH: Final = """
    SELECT entries.document_id, found.points FROM (
        SELECT rowid AS id, bm25(terms, 8.0, 1.0, 4.0, 0.0) AS points FROM terms
        WHERE terms MATCH :query {among} ORDER BY points, rowid DESC LIMIT :limit
    ) AS found JOIN entries ON entries.id = found.id ORDER BY found.points, found.id DESC"""
_TEXTS: Final = """
    SELECT entries.document_id, entries.text, terms.text
    FROM json_each(?) AS wanted JOIN entries ON entries.document_id = wanted.value
    JOIN terms ON terms.rowid = entries.id"""
_AMONG: Final = (
    "AND rowid IN (SELECT id FROM entries WHERE document_id IN (SELECT value FROM json_each(:among)))"
)

log = logging.getLogger(__name__)


class SqlSearch:
    """Open it, use it from any event loop, close it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="octavo-indexer")
        self._reading = ThreadPoolExecutor(_READERS, thread_name_prefix="octavo-search")

    @classmethod
    def open(cls, data_dir: Path) -> Self:
        """Make the index anew unless it is sound and of this make; blocks.  Raises Unavailable."""
        path = data_dir / NAME
        try:
            if not _usable(path):
                for suffix in ("", "-wal", "-shm"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
                connection = _connect(path)
                path.chmod(0o600)
                connection.executescript(_SCHEMA)
                connection.close()
        except (sqlite3.Error, OSError) as fault:
            raise explain(fault, f"opening {path}") from fault
        return cls(path)

    async def put(self, entry: SearchEntry) -> None:
        await self._run(self._writing, lambda connection: _put(connection, entry))

    async def remove(self, document_id: str) -> None:
        await self._run(self._writing, lambda connection: _remove(connection, document_id))

    async def search(
        self, reader: str, query: str, *, among: Collection[str] | None = None, limit: int = 50
    ) -> list[SearchHit]:
        parts = parse(query)
        if not parts or limit < 1:
            return []
        return await self._run(
            self._reading, lambda connection: _search(connection, reader, parts, among, limit)
        )

    async def passages(self, query: str, document_ids: Collection[str]) -> dict[str, Passage]:
        parts = parse(query)
        return await self._run(self._reading, lambda connection: _passages(connection, parts, document_ids))

    async def empty(self) -> bool:
        query = "SELECT NOT EXISTS (SELECT 1 FROM entries)"
        return bool(
            await self._run(self._reading, lambda connection: connection.execute(query).fetchone()[0])
        )

    def close(self) -> None:
        """Finish what waits; blocks."""
        self._writing.shutdown()
        self._reading.shutdown()
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            try:
                return work(self._connection())
            except sqlite3.Error as fault:
                raise explain(fault, "searching") from fault

        try:
            return await asyncio.get_running_loop().run_in_executor(pool, run)
        except RuntimeError as fault:
            raise Unavailable("UNAVAILABLE", "the search is closed: Octavo is shutting down") from fault

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _connect(self._path)
            self._connections.append(connection)
        return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # the jobs' cursors, which are durable, rely on it
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _usable(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        connection = _connect(path)
        try:
            make = connection.execute("PRAGMA user_version").fetchone()[0]
            connection.execute("SELECT * FROM terms LIMIT 1").fetchone()
            connection.execute("SELECT * FROM entries LIMIT 1").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as fault:
        log.warning("%s is thrown away and made anew: %s", path, fault)
        return False
    return bool(make == MAKE)


# --- writing ----------------------------------------------------------------------------------------------


def _put(connection: sqlite3.Connection, entry: SearchEntry) -> None:
    lines = "\n".join(_terms(line) for line in entry.text.split("\n"))
    tags = "\n".join(_own(reader, tag) for reader, own in entry.readers.items() for tag in own)
    readers = " ".join(name_of(reader) for reader in entry.readers)
    values = (_terms(entry.title), lines, tags, readers)
    with _Transaction(connection):
        _forget(connection, entry.document_id)
        made = connection.execute(
            "INSERT INTO entries (document_id, text) VALUES (?, ?)", (entry.document_id, entry.text)
        )
        connection.execute(
            "INSERT INTO terms (rowid, title, text, tags, readers) VALUES (?, ?, ?, ?, ?)",
            (made.lastrowid, *values),
        )


def _remove(connection: sqlite3.Connection, document_id: str) -> None:
    with _Transaction(connection):
        _forget(connection, document_id)


def _forget(connection: sqlite3.Connection, document_id: str) -> None:
    row = connection.execute("SELECT id FROM entries WHERE document_id = ?", (document_id,)).fetchone()
    if row is not None:
        connection.execute("DELETE FROM terms WHERE rowid = ?", row)
        connection.execute("DELETE FROM entries WHERE id = ?", row)


class _Transaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *fault: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def _terms(text: str) -> str:
    return " ".join(token.term for token in tokens(text))


def _own(reader: str, tag: str) -> str:
    """The terms of a tag, marked as this reader's."""
    return " ".join(f"{name_of(reader)}.{token.term}" for token in tokens(tag))


def name_of(reader: str) -> str:
    """A reader as one term, whatever stands in the id."""
    return reader.encode().hex() if not re.fullmatch(r"[a-z0-9_-]+", reader) else reader


# --- searching --------------------------------------------------------------------------------------------


def _search(
    connection: sqlite3.Connection,
    reader: str,
    parts: Sequence[Part],
    among: Collection[str] | None,
    limit: int,
) -> list[SearchHit]:
    values: dict[str, Any] = {"query": _expression(name_of(reader), parts), "limit": limit}
    if among is not None:
        values["among"] = json.dumps(list(among))
    rows = connection.execute(_SEARCH.format(among="" if among is None else _AMONG), values)
    return [SearchHit(document_id, -points) for document_id, points in rows]


def _expression(reader: str, parts: Iterable[Part]) -> str:
    """FTS5's query; terms hold no quotes, and stand in quotes, so nothing in them is an operator."""
    return f'readers : "{reader}" AND ' + " AND ".join(_answer(reader, part) for part in parts)


def _answer(reader: str, part: Part) -> str:
    star = " *" if part.prefix else ""
    plain = " ".join(part.terms)
    own = " ".join(f"{reader}.{term}" for term in part.terms)
    return f'({{title text}} : "{plain}"{star} OR tags : "{own}"{star})'


def _passages(
    connection: sqlite3.Connection, parts: Sequence[Part], document_ids: Collection[str]
) -> dict[str, Passage]:
    rows = connection.execute(_TEXTS, (json.dumps(list(document_ids)),))
    found = {document_id: passage_of(text, terms, parts) for document_id, text, terms in rows}
    return {document_id: piece for document_id, piece in found.items() if piece is not None}


def passage_of(text: str, terms: str, parts: Sequence[Part]) -> Passage | None:
    """Where the text answers: the lines are found in its terms, which is quick, and then cut anew."""
    numbers = sorted({terms.count("\n", 0, at) for part in parts if (at := _first(terms, part)) >= 0})
    if not numbers:
        return None
    lines = text.split("\n")
    best = best_line([lines[number] for number in numbers], parts)
    return None if best is None else passage(best, parts)


def _first(terms: str, part: Part) -> int:
    end = "" if part.prefix else r"(?![^ \n])"
    found = re.search(r"(?<![^ \n])" + re.escape(" ".join(part.terms)) + end, terms)
    return found.start() if found else -1
