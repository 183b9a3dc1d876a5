"""BlobStore in a directory: one file a blob, spread over up to 256 folders, written whole or not at all."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from octavo.errors import Missing, Unavailable

T = TypeVar("T")

FOLDER: Final = "blobs"
"""Where they lie in the data directory."""

_KEY: Final = re.compile(r"[a-z0-9-]{1,128}")
_UNFINISHED: Final = "_"
"""How the name of a file begins that is being written; no key begins so."""
_LEFT_BEHIND_SECONDS: Final = 86_400
"""No write takes so long: what is older a crash left behind."""


class FileBlobs:
    """Blobs below `folder`, which is made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        await _in_thread(lambda: _write(path, data))

    async def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            return await _in_thread(path.read_bytes)
        except FileNotFoundError:
            raise Missing("NOT_FOUND", "there is no such file any more") from None

    async def delete(self, key: str) -> None:
        path = self._path(key)
        await _in_thread(lambda: path.unlink(missing_ok=True))

    async def keys(self) -> list[str]:
        return await _in_thread(lambda: _list(self._folder))

    def _path(self, key: str) -> Path:
        assert _KEY.fullmatch(key), "keys are made by this program, never taken from a request"
        return self._folder / key[:2] / key


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise Unavailable("UNAVAILABLE", f"the file store fails: {fault.strerror or fault}") from fault


def _write(path: Path, data: bytes) -> None:
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sync_folder(path.parent.parent)
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """A name, too, must survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _list(folder: Path) -> list[str]:
    found = []
    for path in folder.glob("*/*"):
        if _KEY.fullmatch(path.name):
            found.append(path.name)
        elif path.name.startswith(_UNFINISHED) and time.time() - path.stat().st_mtime > _LEFT_BEHIND_SECONDS:
            path.unlink(missing_ok=True)
    return sorted(found)
