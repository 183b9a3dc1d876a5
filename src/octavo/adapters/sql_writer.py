"""The one writer: a thread that takes all that waits into one transaction, made durable by one commit.

While a commit waits for the disk, the next group gathers; the busier the process, the bigger the groups.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from octavo.adapters.sql_checkpoint import Checkpointer, fatal, move, move_all
from octavo.adapters.sql_connect import driver_error, explain, primary_code, wrap
from octavo.adapters.sql_log import Append, append_all
from octavo.errors import Unavailable, Unknown

log = logging.getLogger(__name__)

OnCommit = Callable[[int, int, float], None]
_MOST_TASKS: Final = 2_000  # of one transaction, so that a flood does not make the first wait for the last


@dataclass(slots=True)
class Work:
    """A catalog write, run in a savepoint of the writer's transaction."""

    run: Callable[[Connection], Any]


@dataclass(slots=True)
class _Task:
    job: Append | Work
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    error: BaseException | None = None


class _GroupLost(Exception):
    """SQLite gave up the whole transaction: nothing of the group is stored."""


class Writer:
    """Owns the writing connection; everything that writes goes through `submit`."""

    def __init__(self, connection: sqlite3.Connection, on_commit: OnCommit | None = None) -> None:
        self._raw = connection
        self.connection = wrap(connection, "BEGIN IMMEDIATE")
        self._on_commit = on_commit
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._closed = False
        self._gate = threading.Lock()  # between `submit` and `close`: nothing is queued behind the end
        self.failed: str | None = None
        self.checkpointer: Checkpointer | None = None
        self._thread = threading.Thread(target=self._run, name="octavo-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, job: Append | Work) -> asyncio.Future[Any]:
        """Queue it; the future ends when it is durable or refused.  Call on an event loop's thread.

        Raises Unavailable once the store is closed or its disk has failed.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        with self._gate:
            if self.failed is not None:
                raise Unavailable("UNAVAILABLE", self.failed)
            if self._closed:
                raise Unavailable("UNAVAILABLE", "the store is closed: Octavo is shutting down")
            self._queue.put(_Task(job, future, loop))
        return future

    def close(self, *, tidy: bool) -> None:
        """Finish what waits, then end the thread and close the connection; `tidy` empties the write-ahead log."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        if self.checkpointer is not None:
            self.checkpointer.close()
        try:
            if tidy and self.failed is None:
                move_all(self._raw)
        except sqlite3.Error as fault:
            log.warning(
                "closing: %s; the next start completes it", explain(fault, "the last checkpoint").message
            )
        finally:
            self.connection.close()
            self._raw.close()

    def fail(self, reason: str) -> None:
        """Take no more writes: what the disk did with the last one is not known."""
        self.failed = f"{reason}; Octavo writes nothing more: see to the disk, then restart it"
        log.critical("%s", self.failed)

    # --- the thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._gather()
            if group:
                self._handle(group)
            self._restart_log()

    def _gather(self) -> tuple[list[_Task], bool]:
        first = self._queue.get()
        group: list[_Task] = []
        task = first
        while task is not None:
            group.append(task)
            if len(group) >= _MOST_TASKS or self._queue.empty():
                return group, False
            task = self._queue.get()
        return group, True

    def _handle(self, group: list[_Task]) -> None:
        started = time.perf_counter()
        try:
            if self.failed is not None:
                raise Unavailable("UNAVAILABLE", self.failed)
            self._transact(group)
        except Exception as fault:
            # The thread must outlive everything, or every document of the process stands still.
            error = fault.__cause__ if isinstance(fault, _GroupLost) and fault.__cause__ else fault
            refusal = explain(error, "storing")
            for task in group:
                # One for each, since whoever gets it may add to its details.
                task.result, task.error = None, Unavailable(refusal.code, refusal.message, **refusal.details)
        deliver(group)
        self._tell(group, time.perf_counter() - started)

    def _transact(self, group: list[_Task]) -> None:
        """Raises whatever kept the group from being stored as a whole; then nothing of it is."""
        transaction = self.connection.begin()
        try:
            # Works first: rights that one of them takes are gone for the appends beside it.
            for task in group:
                if isinstance(task.job, Work):
                    self._work(task, task.job)
            appends = [task for task in group if isinstance(task.job, Append)]
            if appends:
                self._append(appends)
        except BaseException:
            self._undo()
            raise
        try:
            transaction.commit()
        except (DBAPIError, sqlite3.Error) as fault:
            self._commit_failed(group, fault)

    def _work(self, task: _Task, work: Work) -> None:
        savepoint = self.connection.begin_nested()
        try:
            task.result = work.run(self.connection)
            savepoint.commit()
        except Exception as fault:
            error = driver_error(fault)
            if not self._raw.in_transaction or (error is not None and fatal(error)):
                raise _GroupLost from fault
            task.result = None
            task.error = (
                fault
                if error is None or isinstance(error, sqlite3.IntegrityError)
                else explain(fault, "storing")
            )
            if savepoint.is_active or self.connection.in_nested_transaction():
                savepoint.rollback()

    def _append(self, tasks: list[_Task]) -> None:
        appends = [task.job for task in tasks if isinstance(task.job, Append)]
        for task, refusal in zip(tasks, append_all(self._raw, appends), strict=True):
            task.error = refusal

    def _commit_failed(self, group: list[_Task], fault: BaseException) -> None:
        """Whether it will be there after a crash is not known: say so, and never sync a second time."""
        self._undo()
        error = driver_error(fault)
        known = error is not None and primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if known:
            raise fault
        reason = explain(fault, "a commit").message
        if error is None or primary_code(error) != sqlite3.SQLITE_FULL:
            self.fail(reason)
        for task in group:
            if task.error is None:
                message = f"{reason}; whether it was stored is not known: read before sending it again"
                task.result, task.error = None, Unknown(message)

    def _undo(self) -> None:
        try:
            transaction = self.connection.get_transaction()
            if transaction is not None:
                transaction.rollback()
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
        except (DBAPIError, sqlite3.Error) as fault:
            self.fail(explain(fault, "undoing a transaction").message)

    def _restart_log(self) -> None:
        keeper = self.checkpointer
        if keeper is None or not keeper.restart.is_set() or self.failed is not None:
            return
        keeper.restart.clear()
        try:
            move(self._raw)
        except sqlite3.Error as fault:
            if fatal(fault):
                self.fail(explain(fault, "moving the write-ahead log into the main file").message)

    def _tell(self, group: list[_Task], seconds: float) -> None:
        stored = [task for task in group if task.error is None]
        changes = sum(len(task.job.changes) for task in stored if isinstance(task.job, Append))
        if stored and self.checkpointer is not None:
            self.checkpointer.committed(changes)
        if self._on_commit is not None:
            try:
                self._on_commit(len(stored), changes, seconds)
            except Exception:
                log.exception("the commit callback failed")


def deliver(group: list[_Task]) -> None:
    """Hand the outcomes to their event loops, one call for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Task]] = defaultdict(list)
    for task in group:
        by_loop[task.loop].append(task)
    for loop, tasks in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, tasks)
        except RuntimeError:
            log.debug("an event loop was closed before its %d writes were reported", len(tasks))


def _settle(tasks: list[_Task]) -> None:
    for task in tasks:
        if task.future.done():
            continue  # whoever waited was cancelled
        if task.error is not None:
            task.future.set_exception(task.error)
        else:
            task.future.set_result(task.result)
