"""Moves what is committed from SQLite's write-ahead log to the main file, on its own thread and connection.

A checkpoint syncs the main file, which takes many times as long as a commit; here, no commit waits for it.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from octavo.adapters.sql_connect import connect_reader, driver_error, explain, primary_code

log = logging.getLogger(__name__)

COMMITS_BETWEEN: Final = 400
CHANGES_BETWEEN: Final = 20_000
RESTART_PAGES: Final = 8_000  # 32 MiB of write-ahead log


class Checkpointer:
    """Told of every commit; after enough of them it checkpoints."""

    def __init__(self, path: Path, on_failure: Callable[[str], None]) -> None:
        self._connection = connect_reader(path)
        self._connection.execute("PRAGMA query_only = OFF")
        self._on_failure = on_failure
        self._wake = threading.Event()
        self._closing = False
        self._commits = 0
        self._changes = 0
        self.restart = threading.Event()
        """Set when the log is long and nearly all of it is moved: the writer then moves the rest and begins
        it anew, for only between two commits does nobody add to it."""
        self._thread = threading.Thread(target=self._run, name="octavo-checkpoint", daemon=True)
        self._thread.start()

    def committed(self, changes: int) -> None:
        """On the writer's thread, after each commit."""
        self._commits += 1
        self._changes += changes
        if self._commits >= COMMITS_BETWEEN or self._changes >= CHANGES_BETWEEN:
            self._commits = self._changes = 0
            self._wake.set()

    def close(self) -> None:
        self._closing = True
        self._wake.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._closing:
                return
            try:
                if move(self._connection) > RESTART_PAGES:
                    self.restart.set()
            except sqlite3.Error as fault:
                if fatal(fault):
                    self._on_failure(explain(fault, "moving the write-ahead log into the main file").message)
                    return
                log.warning("checkpoint: %s; trying again later", explain(fault, "a checkpoint").message)


def move(connection: sqlite3.Connection) -> int:
    """Move what can be moved without waiting for anybody; returns the pages that the log holds."""
    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)


def move_all(connection: sqlite3.Connection) -> None:
    """Move everything and empty the log; for when no other process has the database."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def fatal(fault: BaseException) -> bool:
    """Whether the disk failed: a sync that failed once says nothing when it is repeated, so it never is."""
    error = driver_error(fault)
    return error is not None and primary_code(error) in (
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )
