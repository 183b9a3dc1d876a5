"""Backups are whole or not there; what is restored is what was backed up, under new epochs."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from octavo.adapters import backup as copying
from octavo.adapters.stores import Store, open_store
from octavo.cli import main
from octavo.errors import Conflict, Invalid, Missing, Unavailable
from octavo.sealing import EVERYTHING, Sealer
from tests.contracts.cases import DOCUMENT, append, change, fill
from tests.sealing import Clock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with 40 changes, 20 of them sealed."""
    where = tmp_path / "data"

    async def make() -> None:
        store = open_store("", where)
        await fill(store.log, 40)
        await Sealer(store.database, store.blobs, Clock()).seal(DOCUMENT, EVERYTHING, upto=20)
        await asyncio.to_thread(store.close)

    asyncio.run(make())
    (where / "signing.key").write_bytes(b"k" * 32)
    return where


def octavo(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, list(arguments))
    return found.exit_code, found.output


def reading(where: Path) -> tuple[str, list[int]]:
    async def read() -> tuple[str, list[int]]:
        store: Store = open_store("", where, read_only=True)
        changes = await store.log.read(DOCUMENT, after=0)
        epoch = (await store.log.head(DOCUMENT)).epoch
        await asyncio.to_thread(store.close)
        return epoch, [one.revision for one in changes]

    return asyncio.run(read())


def test_there_and_back(data: Path, tmp_path: Path) -> None:
    code, said = octavo("backup", str(tmp_path / "copy"), "--data-dir", str(data))
    assert (code, "1 documents, 40 changes" in said) == (0, True)
    code, said = octavo("restore", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "new"))
    assert code == 0, said
    before, after = reading(data), reading(tmp_path / "new")
    assert after[1] == before[1] == list(range(1, 41))
    assert after[0] != before[0]
    assert (tmp_path / "new" / "signing.key").read_bytes() == b"k" * 32
    assert not list(tmp_path.glob("*.partial"))


async def test_beside_a_server_that_writes(data: Path, tmp_path: Path) -> None:
    store = open_store("", data)
    made = await asyncio.to_thread(copying.backup, data, tmp_path / "copy")
    assert made.changes == 40
    await append(store.log, change(41))
    made = await asyncio.to_thread(copying.backup, data, tmp_path / "later")
    assert made.changes == 41
    await asyncio.to_thread(store.close)


def test_a_backup_is_never_written_over(data: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(Conflict, match="is there already"):
        copying.backup(data, tmp_path / "copy")
    with pytest.raises(Missing):
        copying.backup(tmp_path, tmp_path / "other")


def test_one_that_was_interrupted_goes_on(data: Path, tmp_path: Path) -> None:
    def stop(name: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copying.backup(data, tmp_path / "copy", stop)
    assert not (tmp_path / "copy").exists()
    with pytest.raises(Invalid, match="no whole backup"):
        copying.read_manifest(tmp_path / "copy.partial")
    copying.backup(data, tmp_path / "copy")
    assert octavo("restore", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "new"))[0] == 0


def test_no_backup_lacks_a_file(data: Path, tmp_path: Path) -> None:
    (segment,) = (data / "blobs").glob("*/*")
    segment.unlink()
    with pytest.raises(Unavailable, match="is missing"):
        copying.backup(data, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("damage", ["octavo.db", "blobs", "lost", "manifest"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(data: Path, tmp_path: Path, damage: str) -> None:
    copying.backup(data, tmp_path / "copy")
    (segment,) = (tmp_path / "copy" / "blobs").glob("*/*")
    path = {
        "octavo.db": tmp_path / "copy" / "octavo.db",
        "manifest": tmp_path / "copy" / "manifest.json",
    }.get(damage, segment)
    if damage in ("lost", "manifest"):
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))
    code, said = octavo("restore", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "new"))
    assert code == 1
    assert "backup" in said
    assert not (tmp_path / "new").exists()


def test_damage_that_was_backed_up_is_not_put_into_place(data: Path, tmp_path: Path) -> None:
    (segment,) = (data / "blobs").glob("*/*")
    content = bytearray(segment.read_bytes())
    content[-1] ^= 1
    segment.write_bytes(bytes(content))
    copying.backup(data, tmp_path / "copy")
    code, said = octavo("restore", str(tmp_path / "copy"), "--data-dir", str(tmp_path / "new"))
    assert (code, "DAMAGED" in said) == (1, True)
    assert not (tmp_path / "new").exists()


def test_a_directory_in_use_is_not_restored_over(data: Path, tmp_path: Path) -> None:
    copying.backup(data, tmp_path / "copy")
    before = hashlib.sha256((data / "octavo.db").read_bytes()).digest()
    code, said = octavo("restore", str(tmp_path / "copy"), "--data-dir", str(data))
    assert (code, "is not empty" in said) == (1, True)
    assert hashlib.sha256((data / "octavo.db").read_bytes()).digest() == before
