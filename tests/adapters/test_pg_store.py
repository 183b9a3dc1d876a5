"""A database of PostgreSQL: its tables, what is refused at the start, and what the nodes make of each other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from octavo.adapters.pg import PgStore
from octavo.catalog.tables import metadata
from tests import postgres

pytestmark = pytest.mark.skipif(bool(postgres.lacking()), reason=postgres.lacking() or "there")


@pytest.fixture
async def store() -> AsyncIterator[PgStore]:
    opened = PgStore.open(postgres.fresh())
    yield opened
    await asyncio.to_thread(opened.close)


async def test_migrations_make_the_tables_of_the_metadata(store: PgStore) -> None:
    def ours(name: str | None, kind: str, _: Any) -> bool:
        """Neither partitions nor what search makes, nor what stands in migrations alone."""
        own = re.search(r"_p\d+$|^search_|^uq_changes_document_client_seq$", name or "")
        return kind not in ("table", "index", "unique_constraint") or own is None

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        return list(compare_metadata(context, metadata))

    assert await store.database.read(differences) == []
