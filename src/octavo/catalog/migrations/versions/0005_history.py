"""Versions, editing sessions and attribution; who may see a document's history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _of_document(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f(f"fk_{table}_document_id"), ondelete="CASCADE"
        ),
    ]


def upgrade() -> None:
    op.add_column(
        "documents", sa.Column("history_role", sa.Text(), server_default=sa.text("'viewer'"), nullable=False)
    )
    op.create_table(
        "versions",
        *_of_document("versions"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "revision", name=op.f("pk_versions")),
    )
    op.create_table(
        "editing_sessions",
        *_of_document("editing_sessions"),
        sa.Column("from_revision", sa.BigInteger(), nullable=False),
        sa.Column("to_revision", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "from_revision", name=op.f("pk_editing_sessions")),
    )
    op.create_table(
        "attributions",
        *_of_document("attributions"),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "revision", name=op.f("pk_attributions")),
    )
