"""Alembic's scripts, one per change of the tables; `octavo.catalog.migrate` runs them."""
