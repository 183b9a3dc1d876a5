"""The laws of `ports.BlobStore`, on every adapter; and what only files can do wrong."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from octavo.adapters.files import FileBlobs
from octavo.adapters.memory import MemoryBlobs
from octavo.errors import Missing, Unavailable
from octavo.ports import BlobStore


@pytest.fixture(params=["memory", "files"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return MemoryBlobs() if request.param == "memory" else FileBlobs(tmp_path / "blobs")


async def test_what_was_put_is_there(blobs: BlobStore) -> None:
    assert await blobs.keys() == []
    every_byte = bytes(range(256)) * 4096
    await blobs.put("b2", every_byte)
    await blobs.put("a1", b"")
    await blobs.put("a1-x", b"x")
    assert await blobs.get("b2") == every_byte
    assert await blobs.get("a1") == b""
    assert await blobs.keys() == ["a1", "a1-x", "b2"]


async def test_a_key_again_is_nothing_new(blobs: BlobStore) -> None:
    await blobs.put("k", b"first")
    await blobs.put("k", b"second")
    assert await blobs.get("k") == b"first"
    assert await blobs.keys() == ["k"]


async def test_many_at_once(blobs: BlobStore) -> None:
    await asyncio.gather(*(blobs.put(f"k{number % 5}", b"%d" % (number % 5)) for number in range(40)))
    assert [await blobs.get(key) for key in await blobs.keys()] == [b"0", b"1", b"2", b"3", b"4"]


async def test_what_is_deleted_is_gone_and_can_come_again(blobs: BlobStore) -> None:
    await blobs.put("k", b"x")
    await blobs.delete("k")
    await blobs.delete("k")
    assert await blobs.keys() == []
    with pytest.raises(Missing):
        await blobs.get("k")
    await blobs.put("k", b"y")
    assert await blobs.get("k") == b"y"


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_files_outlive_the_process(tmp_path: Path) -> None:
    await FileBlobs(tmp_path / "blobs").put("k1", b"kept")
    assert await FileBlobs(tmp_path / "blobs").get("k1") == b"kept"


@pytest.mark.parametrize("step", ["fsync", "replace"])
async def test_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    blobs = FileBlobs(tmp_path)
    (tmp_path / "k1").mkdir()  # so that the first sync is that of the file

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(Unavailable, match="No space left"):
        await blobs.put("k1", b"x" * 1000)
    monkeypatch.undo()
    assert files_below(tmp_path) == []
    assert await blobs.keys() == []
    await blobs.put("k1", b"x")
    assert await blobs.get("k1") == b"x"


async def test_half_a_file_of_a_crash_is_no_blob_and_is_swept_in_time(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    await blobs.put("k1", b"x")
    old, new = tmp_path / "k1" / "_old", tmp_path / "k1" / "_new"
    for half in (old, new):
        half.write_bytes(b"hal")
    os.utime(old, (1, 1))
    assert await blobs.keys() == ["k1"]
    assert not old.exists()
    assert new.exists()  # it may be being written right now


async def test_a_folder_that_cannot_be_read_is_no_missing_blob(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    (tmp_path / "k1" / "k1").mkdir(parents=True)
    with pytest.raises(Unavailable, match="file store"):
        await blobs.get("k1")


async def test_blobs_are_the_owners_alone(tmp_path: Path) -> None:
    await FileBlobs(tmp_path / "blobs").put("k1", b"x")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "blobs").rglob("k1")}
    assert all(mode & 0o077 == 0 for mode in modes.values()), modes
