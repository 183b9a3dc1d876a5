"""Run by Alembic: migrates over the connection and in the transaction that `catalog.migrate` gives it."""

from __future__ import annotations

from alembic import context

from octavo.catalog.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter most things in place
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
