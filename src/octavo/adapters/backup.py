"""Backups of the embedded database and its files: made beside a running server, complete or not there at all.

    DIRECTORY/manifest.json   what belongs to it: every file with size and SHA-256; written last
    DIRECTORY/octavo.db       the database as it stood at one moment
    DIRECTORY/blobs/…         the images and sealed segments that it names; none of them ever changes
    DIRECTORY/signing.key     so that everybody stays signed in

The database is copied first, then the files that the copy names: what comes later is in neither.  Until the manifest
is written everything lies in `DIRECTORY.partial`; a second run goes on from there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from octavo.adapters.files import FOLDER
from octavo.adapters.sql import DATABASE_NAME, SqlStore
from octavo.errors import Conflict, Invalid, Missing, Unavailable

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_KEY_FILE: Final = "signing.key"
_PIECE: Final = 1 << 20

Progress = Callable[[str, int, int], None]
"""`progress(file, how many are done, how many there are)`."""


class File(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a whole backup consists of."""

    format: int
    made_at: int
    tables: str
    documents: int
    changes: int
    files: dict[str, File]


def backup(data_dir: Path, target: Path, progress: Progress | None = None) -> Manifest:
    """Copy everything to a new directory `target`; blocks.  Beside a running server too.

    Raises Missing without a database, Conflict when `target` is there already, Unavailable when a file is missing or
    damaged (then there is no backup, and the message says which).
    """
    source = data_dir / DATABASE_NAME
    if not source.exists():
        raise Missing(
            "NOT_FOUND", f"there is no {DATABASE_NAME} in {data_dir}: name the server's data directory"
        )
    if target.exists():
        raise Conflict("ALREADY_EXISTS", f"{target} is there already: name a new directory for each backup")
    partial = _partial(target)
    try:
        partial.mkdir(mode=0o700, parents=True, exist_ok=True)
        tables, documents, changes, named = _copy_database(source, partial / DATABASE_NAME)
        files = {DATABASE_NAME: _measure(partial / DATABASE_NAME)}
        for number, (key, required) in enumerate(named):
            if progress is not None:
                progress(key, number, len(named))
            name = f"{FOLDER}/{key[:2]}/{key}"
            found = _copy_blob(data_dir / name, partial / name, key, required=required)
            if found is not None:
                files[name] = found
        if (data_dir / _KEY_FILE).exists():
            files[_KEY_FILE] = _copy(data_dir / _KEY_FILE, partial / _KEY_FILE)
        manifest = Manifest(FORMAT, int(time.time()), tables, documents, changes, files)
        _write(partial / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        _publish(partial, target)
    except OSError as fault:
        raise Unavailable(
            "UNAVAILABLE",
            f"the backup is not complete ({fault}): make room or mend the disk, and run it again; "
            f"it goes on from {partial}",
        ) from fault
    if progress is not None:
        progress("", len(named), len(named))
    return manifest


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself.  Raises Invalid for half a backup, or none."""
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise Invalid(
            "INVALID_REQUEST",
            f"{source} is no whole backup: it has no {MANIFEST}, which is written last; take another one",
        ) from None
    except (msgspec.DecodeError, OSError) as fault:
        raise Invalid("INVALID_REQUEST", f"the {MANIFEST} of {source} cannot be read: {fault}") from None
    if manifest.format != FORMAT:
        raise Invalid(
            "INVALID_REQUEST", f"{source} was made by a newer Octavo: install that one to restore it"
        )
    return manifest


def restore(
    source: Path, data_dir: Path, progress: Progress | None = None
) -> tuple[Manifest, SqlStore, Path]:
    """Copy a backup beside `data_dir`, each file compared with its checksum; blocks.

    Returns the store opened there, to be verified and given new epochs, and its directory, which `publish` then moves
    to `data_dir`.  Raises Invalid for a backup that is not whole, Conflict when `data_dir` holds something.
    """
    manifest = read_manifest(source)
    if data_dir.exists() and any(data_dir.iterdir()):
        raise Conflict(
            "ALREADY_EXISTS",
            f"{data_dir} is not empty: move what is there out of the way, or name another --data-dir",
        )
    partial = _partial(data_dir)
    try:
        partial.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An earlier attempt may have opened its database: only files that never change are taken over from it.
        for left in (DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"):
            (partial / left).unlink(missing_ok=True)
        for number, (name, expected) in enumerate(manifest.files.items()):
            if progress is not None:
                progress(name, number, len(manifest.files))
            _restore_file(source / name, partial / name, expected)
    except OSError as fault:
        raise Unavailable(
            "UNAVAILABLE",
            f"restoring is not complete ({fault}): mend it and run it again; nothing else was touched",
        ) from fault
    if progress is not None:
        progress("", len(manifest.files), len(manifest.files))
    return manifest, SqlStore.open(partial), partial


def publish(partial: Path, data_dir: Path) -> None:
    """Let what was restored and verified be the data directory."""
    if data_dir.exists():
        data_dir.rmdir()
    _publish(partial, data_dir)


def _copy_database(source: Path, copy: Path) -> tuple[str, int, int, list[tuple[str, bool]]]:
    """One read transaction, however long it takes; the server goes on writing."""
    copy.unlink(missing_ok=True)
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=30)
        ) as connection:
            connection.execute("VACUUM INTO ?", (str(copy),))
        copy.chmod(0o600)
        with closing(sqlite3.connect(f"file:{quote(str(copy))}?mode=ro", uri=True)) as connection:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if state != "ok":
                raise Unavailable("UNAVAILABLE", f"the database is damaged ({state}): run `octavo verify`")
            (tables,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            documents, changes = connection.execute("SELECT count(*), total(revision) FROM heads").fetchone()
            named = dict(
                connection.execute(
                    "SELECT hash, max(used_at IS NOT NULL) FROM images GROUP BY hash"
                ).fetchall()
            )
            named.update((key, 1) for (key,) in connection.execute("SELECT key FROM segments"))
    except sqlite3.Error as fault:
        raise Unavailable("UNAVAILABLE", f"the database cannot be copied: {fault}") from fault
    _sync(copy)
    return str(tables), documents, int(changes), sorted((key, bool(used)) for key, used in named.items())


def _copy_blob(source: Path, copy: Path, key: str, *, required: bool) -> File | None:
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        found = _copy(source, copy)
    except FileNotFoundError:
        if not required:  # an image that no revision has: it may just have been collected
            return None
        raise Unavailable(
            "UNAVAILABLE",
            f"the file {key} is missing: if a passage was redacted this moment, run the backup again; "
            "otherwise `octavo verify` says what it was",
        ) from None
    if len(key) == 64 and found.sha256 != key:
        raise Unavailable("UNAVAILABLE", f"the file {key} is damaged: run `octavo verify`")
    return found


def _restore_file(source: Path, copy: Path, expected: File) -> None:
    if ".." in copy.parts:
        raise Invalid("INVALID_REQUEST", f"the backup names a file outside itself: {copy}")
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        found = _copy(source, copy)
    except FileNotFoundError:
        raise Invalid(
            "INVALID_REQUEST", f"the backup is not whole: {source} is missing; take another one"
        ) from None
    if found != expected:
        raise Invalid(
            "INVALID_REQUEST", f"the backup is damaged: {source} has another checksum; take another one"
        )


def _copy(source: Path, copy: Path) -> File:
    """Copied durably, unless an equal copy lies there from an attempt before."""
    expected = _measure(source)
    if not (copy.exists() and _measure(copy) == expected):
        temporary = copy.with_name(f"_{copy.name}")
        shutil.copyfile(source, temporary)
        temporary.chmod(0o600)
        _sync(temporary)
        os.replace(temporary, copy)
        _sync(copy.parent)
    return expected


def _measure(path: Path) -> File:
    digest = hashlib.sha256()
    size = 0
    for piece in _pieces(path):
        digest.update(piece)
        size += len(piece)
    return File(size, digest.hexdigest())


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o600)
    _sync(path)


def _publish(partial: Path, target: Path) -> None:
    _sync(partial)
    os.rename(partial, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _partial(target: Path) -> Path:
    return target.with_name(f"{target.name}.partial")
