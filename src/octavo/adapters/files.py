"""BlobStore in a directory: one file a blob, spread over up to 256 folders, written whole or not at all."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from octavo.errors import Missing, Unavailable

T = TypeVar("T")

_KEY: Final = re.compile(r"[a-z0-9-]{1,128}")


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
        # A name that is no key is a write that a crash left behind.
        return await _in_thread(
            lambda: sorted(path.name for path in self._folder.glob("*/*") if _KEY.fullmatch(path.name))
        )

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
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="_")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name, too, must survive a loss of power
    finally:
        os.close(folder)
