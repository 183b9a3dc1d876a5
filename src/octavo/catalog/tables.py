"""Every table, once, for SQLite and PostgreSQL.

Ids are opaque text, times whole seconds since 1970 (UTC), hashes and payloads bytes.  The tables `changes`,
`clients`, `segments` and `snapshots` name a document by the short integer of `heads.document`, all else by its id.

Invariants the product keeps:

- every row of `documents` has a row of `heads`, made in the same transaction (`heads.create`);
- the owner stands in `documents.owner_id` only, `permissions` holds the other roles;
- `segments` and `changes` of a document hold every revision up to its head once, segments first;
- whatever takes rights from a person calls `heads.raise_fence` in the same transaction;
- `audit` only grows: triggers of the migrations refuse to alter or delete a row.

On PostgreSQL, what grows with the documents is partitioned by them (`SPREAD`), so that it can be spread over
tablespaces and disks; `heads` stays whole, being where a document's number is found.  There, (document, client, seq) of
`changes` is unique besides, since not one process alone writes it.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Only a column of exactly this type is SQLite's own row number.
Key: Final = BigInteger().with_variant(Integer, "sqlite")

SHARED_ROLES: Final = ("editor", "commenter", "viewer")

SPREAD: Final = {
    "documents": "id",
    **dict.fromkeys(("changes", "clients", "snapshots"), "document"),
    **dict.fromkeys(
        (
            *("permissions", "guests", "access_requests", "stars", "visits", "placements", "tags"),
            *("summaries", "unindexed", "job_cursors"),
        ),
        "document_id",
    ),
}
"""Tables that PostgreSQL keeps in hash partitions, and the column by which."""


def _id(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **options)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _switch(name: str, *, on: bool = False) -> Column[int]:
    """0 or 1."""
    return Column(name, BigInteger, nullable=False, server_default=text("1" if on else "0"))


def _bytes(name: str, *, nullable: bool = False, unique: bool | None = None) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=nullable, unique=unique)


def _user(name: str = "user_id", *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=nullable)


def _document() -> Column[str]:
    return Column("document_id", Text, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False)


def _log() -> Column[int]:
    return Column("document", BigInteger, ForeignKey("heads.document", ondelete="CASCADE"), nullable=False)


def _spread(name: str) -> dict[str, Any]:
    return {"postgresql_partition_by": f"HASH ({SPREAD[name]})"}


def _role(name: str, *, nullable: bool = False) -> tuple[Column[str], CheckConstraint]:
    allowed = ", ".join(f"'{role}'" for role in SHARED_ROLES)
    return _text(name, nullable=nullable), CheckConstraint(f"{name} IN ({allowed})", name=name)


# --- people -------------------------------------------------------------------------------------------------

users = Table(
    "users",
    metadata,
    _id("id", primary_key=True),
    Column("email", Text, unique=True),  # lower case; null once erased
    _text("name"),
    _text("password_hash", nullable=True),  # argon2; null: no login by password
    _number("created_at"),
    _number("disabled_at", nullable=True),
    _text("color", nullable=True),  # "#rrggbb"; null: the one that follows from the id
    _text("picture_id", nullable=True),  # pictures.id; null: initials
    _switch("admin"),
    _switch("guest"),  # somebody without an account, who came in by a document's link
    Column("generation", BigInteger, nullable=False, server_default=text("0")),  # void: older access tokens
)

pictures = Table(  # small ones of people; those of documents are blobs
    "pictures",
    metadata,
    _id("id", primary_key=True),
    _user(),
    _text("media_type"),
    _bytes("data"),
    Index(None, "user_id"),
)

logins = Table(
    "logins",
    metadata,
    _id("id", primary_key=True),
    _bytes("token_hash", unique=True),  # SHA-256 of the cookie's value; deleting the row is signing out
    _user(),
    _text("device"),  # browser and system as the browser calls itself
    _number("created_at"),
    _number("seen_at"),
    _number("expires_at"),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    _id("id", primary_key=True),
    _bytes("token_hash", unique=True),  # SHA-256 of the token
    _user(),
    _text("name"),
    _text("scopes"),  # "read" or "read write"
    _number("created_at"),
    _number("used_at", nullable=True),
    _number("expires_at", nullable=True),
    Index(None, "user_id"),
)

# --- documents ----------------------------------------------------------------------------------------------

documents = Table(
    "documents",
    metadata,
    _id("id", primary_key=True),
    _text("title"),
    Column(
        "title_key", Text, nullable=False, server_default=text("''")
    ),  # the title without case and accents, for sorting
    _switch("template"),  # whether its owner makes new documents from it
    Column(
        "owner_id", Text, ForeignKey("users.id"), nullable=False
    ),  # an owner is not deleted before the documents
    *_role("link_role", nullable=True),  # what anyone with the link may do; null: nothing
    _number("created_at"),
    _number("updated_at"),  # of title and sharing; that of the content is heads.updated_at
    _number("deleted_at", nullable=True),  # in the trash since
    _number("locked_at", nullable=True),  # read-only for all since
    _text("locked_by", nullable=True),
    _text("lock_reason", nullable=True),
    Column(
        "history_role", Text, nullable=False, server_default=text("'viewer'")
    ),  # the least that sees history
    _switch("guests"),
    _switch("comments", on=True),
    _switch("suggestions", on=True),
    _switch("copying", on=True),
    Index(None, "owner_id", "deleted_at"),
    Index(None, "deleted_at"),
    **_spread("documents"),
)

permissions = Table(
    "permissions",
    metadata,
    _document(),
    _user(),
    *_role("role"),
    _number("created_at"),
    PrimaryKeyConstraint("document_id", "user_id"),
    Index(None, "user_id"),
    **_spread("permissions"),
)

invitations = Table(
    "invitations",
    metadata,
    _document(),
    _text("email"),  # lower case, of somebody who has no account yet
    *_role("role"),
    _user("invited_by"),
    _number("created_at"),
    _bytes("token_hash", unique=True),  # SHA-256 of what the invitation's link bears
    _number("expires_at"),  # of the link; the address is let in later too
    PrimaryKeyConstraint("document_id", "email"),
    Index(None, "email"),
)

guests = Table(  # by which links a guest has come in
    "guests",
    metadata,
    _user(),
    _document(),
    _number("created_at"),
    PrimaryKeyConstraint("user_id", "document_id"),
    Index(None, "document_id"),
    **_spread("guests"),
)

contacts = Table(  # with whom a person has shared before
    "contacts",
    metadata,
    _user(),
    _user("contact_id"),
    _number("shared_at"),
    PrimaryKeyConstraint("user_id", "contact_id"),
    Index(None, "contact_id"),
)

access_requests = Table(
    "access_requests",
    metadata,
    _document(),
    _user(),
    *_role("role"),
    _text("message"),
    _number("created_at"),
    PrimaryKeyConstraint("document_id", "user_id"),
    Index(None, "user_id"),
    **_spread("access_requests"),
)

stars = Table(
    "stars",
    metadata,
    _user(),
    _document(),
    _number("created_at"),
    PrimaryKeyConstraint("user_id", "document_id"),
    Index(None, "document_id"),
    **_spread("stars"),
)

visits = Table(  # what a person opened, so that documents reached by a link are listed too
    "visits",
    metadata,
    _user(),
    _document(),
    _number("opened_at"),  # the last time
    PrimaryKeyConstraint("user_id", "document_id"),
    Index(None, "document_id"),
    **_spread("visits"),
)

folders = Table(  # each person's own tree
    "folders",
    metadata,
    _id("id", primary_key=True),
    _user(),
    Column("parent_id", Text, ForeignKey("folders.id", ondelete="CASCADE"), nullable=True),
    _text("name"),
    _number("created_at"),
    Index(None, "user_id"),
    Index(None, "parent_id"),
)

placements = Table(  # in which of their folders a person keeps a document; no row: in none
    "placements",
    metadata,
    _user(),
    _document(),
    Column("folder_id", Text, ForeignKey("folders.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("user_id", "document_id"),
    Index(None, "document_id"),
    Index(None, "folder_id"),
    **_spread("placements"),
)

tags = Table(  # each person's own
    "tags",
    metadata,
    _user(),
    _document(),
    _text("name"),
    PrimaryKeyConstraint("user_id", "document_id", "name"),
    Index(None, "document_id"),
    Index(None, "user_id", "name"),
    **_spread("tags"),
)

summaries = Table(  # what a list shows of the content; a job keeps it
    "summaries",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    _number("revision"),
    _number("words"),
    _number("characters"),
    _bytes("preview"),  # the first lines as content, JSON
    _text("edited_by", nullable=True),  # no foreign key, as in the log
    _number("edited_at", nullable=True),
    **_spread("summaries"),
)

unindexed = Table(  # what search has to read again because of the catalog; what the log says has its cursor
    "unindexed",
    metadata,
    Column(
        "document_id", Text, primary_key=True
    ),  # no foreign key: it may be gone, and search must forget it
    _number("count"),  # how often since: whoever indexes it takes only the row away that it has seen
    **_spread("unindexed"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _user(),
    _text("key"),
    _bytes("request_hash"),  # SHA-256 of method, path and body: a key used for something else is refused
    _number("status"),
    _bytes("response"),
    _number("created_at"),
    PrimaryKeyConstraint("user_id", "key"),
    Index(None, "created_at"),
)

audit = Table(  # no foreign keys: it outlives what it tells of
    "audit",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    _number("at"),
    _text("actor_id", nullable=True),  # null: nobody was signed in, or the command line
    _text("action"),
    _text("document_id", nullable=True),
    _text("subject", nullable=True),  # whom or what it was done to
    _bytes("detail"),  # a small JSON object
    _text("address", nullable=True),  # of the network, for sign-ins
    Index(None, "document_id", "id"),
    sqlite_autoincrement=True,
)

for _verb in ("UPDATE", "DELETE"):
    _only_grows = DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER audit_only_grows_{_verb.lower()} BEFORE {_verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END"
    )
    event.listen(audit, "after_create", _only_grows.execute_if(dialect="sqlite"))

images = Table(
    "images",
    metadata,
    _id("id", primary_key=True),
    _document(),
    Column("user_id", Text, ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
    _text("hash"),  # SHA-256 of the stored bytes, in hexadecimal: the blob's key
    _text("media_type"),
    _number("width"),
    _number("height"),
    _number("size"),  # bytes
    _number("created_at"),
    _number("used_at", nullable=True),  # since a logged change names it; null: it may be collected
    Index(None, "document_id"),
    Index(None, "user_id"),
    Index(None, "hash"),
    Index(None, "used_at", "created_at"),
)

# --- the log ------------------------------------------------------------------------------------------------

heads = Table(
    "heads",
    metadata,
    Column("document", Key, primary_key=True, autoincrement=True),
    _id("document_id", unique=True),
    _text("epoch"),
    _number("revision"),
    _number("fence"),
    _number("clients"),  # how many rows of `clients` there are: the next one's number less one
    _number("bytes"),  # of all changes' ops together
    _bytes("chain"),  # SHA-256 over all changes, see catalog/chain.py
    _number("updated_at"),  # the last change's timestamp; at revision 0 that of the log's creation
    sqlite_autoincrement=True,  # a number once used names no other document
)

changes = Table(
    "changes",
    metadata,
    _log(),
    _number("revision"),
    _number("client"),  # clients.number: whose it is
    _number("seq"),
    _number("timestamp"),
    _number("base_revision"),
    _bytes("ops"),  # wire form, JSON
    _text("at", nullable=True),
    _bytes("origin", nullable=True),
    _bytes("digest"),
    _bytes("salt"),
    PrimaryKeyConstraint("document", "revision"),
    sqlite_with_rowid=False,
    **_spread("changes"),
)

clients = Table(
    "clients",
    metadata,
    _log(),
    _text("client_id"),
    _number("number"),  # 1, 2, 3 … within the document; stands for client and user in `changes`
    _text("user_id"),  # no foreign key: the log outlives the account
    _number("seq"),
    _number("revision"),
    _bytes("digest"),
    PrimaryKeyConstraint("document", "client_id"),
    UniqueConstraint("document", "number"),
    sqlite_with_rowid=False,
    **_spread("clients"),
)

snapshots = Table(
    "snapshots",
    metadata,
    _log(),
    _number("revision"),
    _bytes("content"),  # canonical JSON of the content's wire ops, zstd
    _bytes("checksum"),  # SHA-256 over document id, revision and the JSON
    _number("created_at"),
    PrimaryKeyConstraint("document", "revision"),
    **_spread("snapshots"),
)

segments = (
    Table(  # changes that have been moved out of `changes` into blobs; the tail begins after the last one
        "segments",
        metadata,
        _log(),
        _number("first"),
        _number("last"),
        _text("key"),  # the blob
        _number("size"),
        _bytes("link"),  # the chain of rows after `last`
        _bytes("checksum"),  # over the checksum before it, this row and the blob
        _bytes("was", nullable=True),  # the checksum before a redaction wrote it anew
        _number("sealed_at"),
        PrimaryKeyConstraint("document", "first"),
    )
)

suggestions = Table(  # that the log has ever had; a job keeps it
    "suggestions",
    metadata,
    _document(),
    _text("id"),
    _number("began_at"),  # when it was first logged
    PrimaryKeyConstraint("document_id", "id"),
)

# --- comments -----------------------------------------------------------------------------------------------

comments = Table(  # a thread's first comment (thread_id null) and its replies
    "comments",
    metadata,
    _id("id", primary_key=True),
    _document(),
    Column("thread_id", Text, ForeignKey("comments.id", ondelete="CASCADE"), nullable=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
    _text("body"),
    _bytes("mentions"),  # ids of the people named in it, a JSON list
    _number("created_at"),
    _number("edited_at", nullable=True),
    Index(None, "document_id", "created_at"),
    Index(None, "thread_id"),
    Index(None, "user_id"),
)

threads = Table(  # where a thread stands, and whether it is dealt with
    "threads",
    metadata,
    Column("id", Text, ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True),
    _document(),
    _text("quote"),  # the text as it was when the thread began
    _number("revision"),  # at which the anchor stands, or a later one of anchored.revision
    _number("start"),
    _number("end"),
    _bytes("lost"),  # what the anchor may take back: a JSON list of collab.anchors.Lost
    _number("resolved_at", nullable=True),
    _text("resolved_by", nullable=True),
    Index(None, "document_id"),
)

anchored = Table(  # how far a document's anchors have been moved along; a job does
    "anchored",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    _number("revision"),
)

reactions = Table(
    "reactions",
    metadata,
    Column("comment_id", Text, ForeignKey("comments.id", ondelete="CASCADE"), nullable=False),
    _user(),
    _text("emoji"),
    _number("created_at"),
    PrimaryKeyConstraint("comment_id", "user_id", "emoji"),
    Index(None, "user_id"),
)

# --- history ------------------------------------------------------------------------------------------------

versions = Table(
    "versions",
    metadata,
    _document(),
    _number("revision"),
    _text("name"),
    _text("user_id"),  # no foreign key, as in the log
    _number("named_at"),
    PrimaryKeyConstraint("document_id", "revision"),
)

editing_sessions = Table(  # a job keeps them; the last one is still growing
    "editing_sessions",
    metadata,
    _document(),
    _number("from_revision"),  # before its first change
    _number("to_revision"),
    _number("started_at"),
    _number("ended_at"),
    _bytes("detail"),  # who did what, JSON
    PrimaryKeyConstraint("document_id", "from_revision"),
)

attributions = Table(  # who wrote each run of the content, at some revisions; a job keeps them
    "attributions",
    metadata,
    _document(),
    _number("revision"),
    _bytes("packed"),  # JSON without the content's text, zstd
    PrimaryKeyConstraint("document_id", "revision"),
)

# --- jobs ---------------------------------------------------------------------------------------------------

job_cursors = Table(
    "job_cursors",
    metadata,
    _text("job"),
    _text("document_id"),
    _number("revision"),  # this job has dealt with all changes up to here
    PrimaryKeyConstraint("job", "document_id"),
    **_spread("job_cursors"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    _text("job"),
    _text("document_id"),
    _number("after"),  # the cursor where it stopped
    _number("revision"),  # the head it was trying to reach
    _number("attempts"),
    _text("error"),
    _number("failed_at"),
    PrimaryKeyConstraint("job", "document_id"),
)

# `part` of the documents: crc32 of the id, modulo.  A new holder raises `token`, each renewal `beats`.
_part = Column("part", BigInteger, primary_key=True, autoincrement=False)
leases = Table("leases", metadata, _part, _text("holder", nullable=True), _number("token"), _number("beats"))

secrets = Table("secrets", metadata, _id("name", primary_key=True), _bytes("value"))
