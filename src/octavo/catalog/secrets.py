"""What all nodes of an installation know, and nobody else."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from octavo.catalog.tables import secrets


def find(connection: Connection, name: str) -> bytes | None:
    """A secret by its name."""
    found: bytes | None = connection.scalar(select(secrets.c.value).where(secrets.c.name == name))
    return found


def keep(connection: Connection, name: str, value: bytes) -> bytes:
    """The secret of this name, `value` if there was none: of several nodes that start at once, one decides."""
    known = find(connection, name)
    if known is None:
        connection.execute(insert(secrets).values(name=name, value=value))
        return value
    return known
