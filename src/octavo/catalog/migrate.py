"""Brings the tables to what this program expects, by Alembic."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

from octavo.errors import Unavailable

HEAD: Final = "0007"
"""The newest revision in `migrations/versions`; a test holds the two together."""

_LOCK: Final = 0x6F637461766F  # "octavo"
_SCRIPTS: Final = "octavo.catalog:migrations"


def current(connection: Connection) -> str | None:
    """The revision that the tables are at; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(connection: Connection) -> None:
    """Run what is missing, in one transaction.  Raises Unavailable for tables of a newer program."""
    with connection.begin():
        version = current(connection)
        if version == HEAD:
            return
        if connection.dialect.name == "postgresql":
            # Several nodes start at once: one migrates, the others wait for it and then find it done.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            version = current(connection)
            if version == HEAD:
                return
        run_scripts(connection, version)


def run_scripts(connection: Connection, version: str | None) -> None:
    """Run Alembic's scripts after revision `version`, in the caller's transaction.  Raises Unavailable."""
    # Imported here: a start that migrates nothing should not pay for it.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise _newer(version)
    command.upgrade(config, "head")


def check(connection: Connection) -> None:
    """Refuse tables that are not exactly what this program expects.  Raises Unavailable."""
    version = current(connection)
    if version is None:
        raise Unavailable(
            "UNAVAILABLE", "the database is empty: `octavo serve` makes its tables at its start"
        )
    if version != HEAD and version > HEAD:
        raise _newer(version)
    if version != HEAD:
        raise Unavailable(
            "UNAVAILABLE",
            f"the database is at revision {version}, this program needs {HEAD}: start `octavo serve` once, "
            "which brings the tables up to date",
        )


def _newer(version: str) -> Unavailable:
    return Unavailable(
        "UNAVAILABLE",
        f"the database was written by a newer Octavo (revision {version}, this one knows {HEAD}): install "
        "that version again, or restore a backup made before the upgrade",
    )
