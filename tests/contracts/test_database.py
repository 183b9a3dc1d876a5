"""The laws of `ports.Database`, and of the fence in its transactions."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from octavo.catalog import heads
from octavo.catalog.tables import documents, permissions, users
from octavo.errors import Invalid, Missing
from octavo.ports import Fenced
from tests.contracts.cases import DOCUMENT, EPOCH, append, change
from tests.contracts.conftest import Adapter


def add_user(connection: Connection, name: str) -> None:
    connection.execute(insert(users).values(id=name, email=f"{name}@example.org", name=name, created_at=0))


def count_users(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(users)) or 0


async def test_what_is_written_is_read(catalog: Adapter) -> None:
    await catalog.database.write(lambda connection: add_user(connection, "ada"))
    assert await catalog.database.read(lambda connection: list(connection.scalars(select(users.c.id)))) == [
        "ada"
    ]


async def test_an_exception_undoes_its_work_alone(catalog: Adapter) -> None:
    def failing(connection: Connection) -> None:
        add_user(connection, "eve")
        raise Invalid("INVALID_REQUEST", "no")

    await catalog.log.create(DOCUMENT, EPOCH)
    outcomes = await asyncio.gather(
        catalog.database.write(lambda connection: add_user(connection, "ada")),
        catalog.database.write(failing),
        append(catalog.log, change(1)),
        catalog.database.write(lambda connection: add_user(connection, "ada")),
        catalog.database.write(lambda connection: add_user(connection, "bob")),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        Invalid,
        type(None),
        IntegrityError,
        type(None),
    ]
    names = await catalog.database.read(lambda connection: list(connection.scalars(select(users.c.id))))
    assert sorted(names) == ["ada", "bob"]
    assert (await catalog.log.head(DOCUMENT)).revision == 1


async def test_a_work_may_nest_savepoints_of_its_own(catalog: Adapter) -> None:
    def work(connection: Connection) -> int:
        add_user(connection, "ada")
        with pytest.raises(IntegrityError), connection.begin_nested():
            add_user(connection, "ada")
        add_user(connection, "bob")
        return count_users(connection)

    assert await catalog.database.write(work) == 2
    assert await catalog.database.read(count_users) == 2


async def test_foreign_keys_hold(catalog: Adapter) -> None:
    orphan = insert(documents).values(id="d", title="", owner_id="nobody", created_at=0, updated_at=0)
    with pytest.raises(IntegrityError):
        await catalog.database.write(lambda connection: connection.execute(orphan))


async def test_a_cancelled_writer_stops_nobody(catalog: Adapter) -> None:
    task = asyncio.create_task(catalog.database.write(lambda connection: add_user(connection, "ada")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await catalog.database.write(lambda connection: add_user(connection, "bob"))


async def test_a_role_and_its_fence_change_together(catalog: Adapter) -> None:
    def begin(connection: Connection) -> None:
        add_user(connection, "ada")
        add_user(connection, "u1")
        connection.execute(
            insert(documents).values(id=DOCUMENT, title="", owner_id="ada", created_at=0, updated_at=0)
        )
        heads.create(connection, DOCUMENT, EPOCH)
        connection.execute(
            insert(permissions).values(document_id=DOCUMENT, user_id="u1", role="editor", created_at=0)
        )

    def demote(connection: Connection) -> int:
        connection.execute(update(permissions).values(role="viewer"))
        return heads.raise_fence(connection, DOCUMENT)

    def demote_and_fail(connection: Connection) -> None:
        demote(connection)
        raise Invalid("INVALID_REQUEST", "no")

    await catalog.database.write(begin)
    await append(catalog.log, change(1))
    with pytest.raises(Invalid):
        await catalog.database.write(demote_and_fail)
    await append(catalog.log, change(2))
    assert await catalog.database.write(demote) == 1
    with pytest.raises(Fenced):
        await append(catalog.log, change(3))
    assert (await catalog.log.head(DOCUMENT)).revision == 2


async def test_a_fence_on_nothing_is_missing(catalog: Adapter) -> None:
    with pytest.raises(Missing):
        await catalog.database.write(lambda connection: heads.raise_fences(connection, ["nowhere"]))


async def test_a_removed_log_takes_everything_along(catalog: Adapter) -> None:
    await catalog.log.create(DOCUMENT, EPOCH)
    await append(catalog.log, change(1))
    await catalog.database.write(lambda connection: heads.remove(connection, DOCUMENT))
    with pytest.raises(Missing):
        await catalog.log.read(DOCUMENT, after=0)
    await catalog.log.create(DOCUMENT, "e2")
    assert await catalog.log.read(DOCUMENT, after=0) == []
