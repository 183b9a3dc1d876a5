"""Comments, their anchors, reactions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _link(table: str, column: str, target: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "comments",
        _text("id"),
        _text("document_id"),
        _text("thread_id", nullable=True),
        _text("user_id", nullable=True),
        _text("body"),
        _bytes("mentions"),
        _number("created_at"),
        _number("edited_at", nullable=True),
        _link("comments", "document_id", "documents.id"),
        _link("comments", "thread_id", "comments.id"),
        _link("comments", "user_id", "users.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_document_id_created_at"), "comments", ["document_id", "created_at"])
    op.create_index(op.f("ix_comments_thread_id"), "comments", ["thread_id"])
    op.create_index(op.f("ix_comments_user_id"), "comments", ["user_id"])
    op.create_table(
        "threads",
        _text("id"),
        _text("document_id"),
        _text("quote"),
        _number("revision"),
        _number("start"),
        _number("end"),
        _bytes("lost"),
        _number("resolved_at", nullable=True),
        _text("resolved_by", nullable=True),
        _link("threads", "id", "comments.id"),
        _link("threads", "document_id", "documents.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
    )
    op.create_index(op.f("ix_threads_document_id"), "threads", ["document_id"])
    op.create_table(
        "anchored",
        _text("document_id"),
        _number("revision"),
        _link("anchored", "document_id", "documents.id"),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_anchored")),
    )
    op.create_table(
        "reactions",
        _text("comment_id"),
        _text("user_id"),
        _text("emoji"),
        _number("created_at"),
        _link("reactions", "comment_id", "comments.id"),
        _link("reactions", "user_id", "users.id"),
        sa.PrimaryKeyConstraint("comment_id", "user_id", "emoji", name=op.f("pk_reactions")),
    )
    op.create_index(op.f("ix_reactions_user_id"), "reactions", ["user_id"])
