"""What stands in somebody's lists: the documents that they may read, sorted and narrowed; and their tags.

Everything runs inside `Database.read` or `.write`; times are seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
)

from octavo.catalog import summaries as summaries_of
from octavo.catalog.documents import Document, changed_at, columns, document_of
from octavo.catalog.summaries import Summary, summary_of
from octavo.catalog.tables import (
    documents,
    heads,
    permissions,
    placements,
    stars,
    summaries,
    tags,
    visits,
)

ROOT: Final = "root"
"""As a folder: in none."""

SORTS: Final[dict[str, ColumnElement[Any]]] = {
    "updated": changed_at,
    "created": documents.c.created_at,
    "opened": func.coalesce(visits.c.opened_at, 0),
    "title": documents.c.title_key,
    "words": func.coalesce(summaries.c.words, 0),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents; all that are set must hold."""

    owned: bool = False
    shared: bool = False
    starred: bool = False
    recent: bool = False
    trashed: bool = False
    template: bool = False
    folder_id: str | None = None
    tag: str | None = None

    @property
    def narrow(self) -> bool:
        """Whether anything is left out that a search would find."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Order:
    """`after` is (key, document id) of the last one seen."""

    sort: str = "updated"
    descending: bool = True
    after: tuple[Any, str] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in somebody's list, with what is their own about it."""

    document: Document
    own_role: str | None
    starred: bool
    folder_id: str | None
    opened_at: int | None
    tags: list[str]
    summary: Summary | None


def ids(
    connection: Connection,
    user_id: str,
    filters: Filters,
    *,
    order: Order | None = None,
    among: Collection[str] | None = None,
    limit: int | None = None,
) -> list[tuple[str, Any]]:
    """(id, sort key) of the documents somebody owns, was given, or opened through a link that is still there."""
    order = order or Order()
    key = SORTS[order.sort]
    query = _narrowed(_joined(user_id, key, filters, order.sort), user_id, filters)
    if among is not None:
        query = query.where(documents.c.id.in_(list(among)))
    if order.after is not None:
        seen, document_id = order.after
        beyond = (key < seen) if order.descending else (key > seen)
        ties = (documents.c.id < document_id) if order.descending else (documents.c.id > document_id)
        query = query.where(or_(beyond, and_(key == seen, ties)))
    ordered = (key.desc(), documents.c.id.desc()) if order.descending else (key, documents.c.id)
    rows = connection.execute(query.order_by(*ordered).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def _joined(user_id: str, key: ColumnElement[Any], filters: Filters, sort: str) -> Select[Any]:
    """Only the tables that sort and filters need: there may be ten thousand rows."""
    reach = _reach(user_id, filters).subquery()
    source: Any = reach.join(documents, documents.c.id == reach.c.id)
    if sort == "updated":
        source = source.join(heads, heads.c.document_id == documents.c.id)
    if sort == "words":
        source = source.outerjoin(summaries, summaries.c.document_id == documents.c.id)
    if sort == "opened" or filters.recent:
        source = source.outerjoin(visits, _mine(visits, user_id))
    return select(documents.c.id, key).select_from(source)


def _reach(user_id: str, filters: Filters) -> Any:
    owned = select(documents.c.id).where(documents.c.owner_id == user_id)
    if filters.trashed:  # the trash is seen by owners only
        return owned.where(documents.c.deleted_at.is_not(None))
    owned = owned.where(documents.c.deleted_at.is_(None))
    if filters.owned or filters.template:
        return owned
    given = select(permissions.c.document_id.label("id")).where(permissions.c.user_id == user_id)
    named = exists().where(
        permissions.c.document_id == visits.c.document_id, permissions.c.user_id == user_id
    )
    by_link = (
        select(visits.c.document_id.label("id"))
        .join(documents, documents.c.id == visits.c.document_id)
        .where(
            visits.c.user_id == user_id,
            documents.c.link_role.is_not(None),
            documents.c.owner_id != user_id,
            ~named,
        )
    )
    parts = [given, by_link] if filters.shared else [owned, given, by_link]
    return union_all(*parts)


def _mine(table: Any, user_id: str) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = (table.c.document_id == documents.c.id) & (table.c.user_id == user_id)
    return mine


def _narrowed(query: Select[Any], user_id: str, filters: Filters) -> Select[Any]:
    if not filters.trashed:
        query = query.where(documents.c.deleted_at.is_(None))
    if filters.shared:
        query = query.where(documents.c.owner_id != user_id)
    if filters.starred:
        query = query.where(exists().where(_mine(stars, user_id)))
    if filters.recent:
        query = query.where(visits.c.opened_at.is_not(None))
    if filters.template:
        query = query.where(documents.c.template == 1)
    if filters.folder_id == ROOT:
        query = query.where(~exists().where(_mine(placements, user_id)))
    elif filters.folder_id is not None:
        query = query.where(
            exists().where(_mine(placements, user_id), placements.c.folder_id == filters.folder_id)
        )
    if filters.tag is not None:
        query = query.where(exists().where(_mine(tags, user_id), tags.c.name == filters.tag))
    return query


def listed(connection: Connection, user_id: str, document_ids: Iterable[str]) -> list[Listed]:
    """These documents, in this order, which `ids` has just found."""
    wanted = list(document_ids)
    query = (
        select(
            *columns,
            *summaries_of.columns,
            permissions.c.role.label("own_role"),
            stars.c.user_id.label("starred_by"),
            placements.c.folder_id,
            visits.c.opened_at,
        )
        .select_from(documents)
        .join(heads, heads.c.document_id == documents.c.id)
        .outerjoin(summaries, summaries.c.document_id == documents.c.id)
        .outerjoin(permissions, _mine(permissions, user_id))
        .outerjoin(stars, _mine(stars, user_id))
        .outerjoin(placements, _mine(placements, user_id))
        .outerjoin(visits, _mine(visits, user_id))
        .where(documents.c.id.in_(wanted))
    )
    own = _tags(connection, user_id, wanted)
    found = {
        row.id: Listed(
            document_of(row),
            row.own_role,
            row.starred_by is not None,
            row.folder_id,
            row.opened_at,
            own.get(row.id, []),
            summary_of(row),
        )
        for row in connection.execute(query).all()
    }
    return [found[document_id] for document_id in wanted if document_id in found]


# --- tags -------------------------------------------------------------------------------------------------


def _tags(connection: Connection, user_id: str, document_ids: list[str]) -> dict[str, list[str]]:
    query = (
        select(tags.c.document_id, tags.c.name)
        .where(tags.c.user_id == user_id, tags.c.document_id.in_(document_ids))
        .order_by(tags.c.name)
    )
    found: dict[str, list[str]] = {}
    for document_id, name in connection.execute(query).all():
        found.setdefault(document_id, []).append(name)
    return found


def tags_of(connection: Connection, user_id: str, document_id: str) -> list[str]:
    """One's own on a document, in order."""
    return _tags(connection, user_id, [document_id]).get(document_id, [])


def set_tags(connection: Connection, user_id: str, document_id: str, names: Iterable[str]) -> None:
    """One's own on a document, from now on."""
    mine = (tags.c.user_id == user_id) & (tags.c.document_id == document_id)
    connection.execute(delete(tags).where(mine))
    for name in names:
        connection.execute(insert(tags).values(user_id=user_id, document_id=document_id, name=name))


def all_tags(connection: Connection, user_id: str) -> list[tuple[str, int]]:
    """Each of one's own with the number of documents that bear it, those in the trash not counted."""
    query = (
        select(tags.c.name, func.count())
        .join(documents, documents.c.id == tags.c.document_id)
        .where(tags.c.user_id == user_id, documents.c.deleted_at.is_(None))
        .group_by(tags.c.name)
        .order_by(tags.c.name)
    )
    return [(name, int(count)) for name, count in connection.execute(query).all()]
