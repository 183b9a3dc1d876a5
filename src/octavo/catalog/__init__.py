"""The product's tables and the queries on them: SQLAlchemy Core, the same for SQLite and PostgreSQL."""
