"""The home page: somebody's documents in lists, sorted, narrowed and searched; and what is their own about each."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from sqlalchemy import Connection

from octavo import access
from octavo.access import Action
from octavo.accounts import Identity
from octavo.catalog import documents as catalog
from octavo.catalog import folders as folders_of
from octavo.catalog import library, people
from octavo.catalog.folders import Folder
from octavo.catalog.library import ROOT, Filters, Listed, Order
from octavo.catalog.people import Person
from octavo.catalog.summaries import touch
from octavo.convert.terms import Part, Passage, parse, ranges
from octavo.errors import Denied, Invalid
from octavo.folders import checked_line
from octavo.ports import Database, SearchIndex

PAGE: Final = 50
MOST_TAGS: Final = 20
TAG_UNITS: Final = 50
SORTS: Final = tuple(library.SORTS)

_Cursor = tuple[str, bool, int | str, str]
_cursors: Final = msgspec.json.Decoder(_Cursor)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What somebody changes about a document for themselves; None leaves it.  `move`: into `folder_id` or none."""

    move: bool = False
    folder_id: str | None = None
    tags: Sequence[str] | None = None
    template: bool | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Where a document answers the query: (index, length) in its title, which tags, a passage of its text."""

    title: tuple[tuple[int, int], ...]
    tags: list[str]
    passage: Passage | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in a list."""

    listed: Listed
    role: str
    owner: Person
    edited_by: Person | None
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`breadcrumbs` lead from the top to the folder asked for."""

    entries: list[Entry]
    next_cursor: str | None
    breadcrumbs: list[Folder]


class Library:
    """Lists and tags of one person at a time."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self._database = database
        self._index = index

    async def find(
        self,
        identity: Identity,
        filters: Filters,
        *,
        query: str = "",
        sort: str | None = None,
        order: str | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Page:
        """A page of somebody's documents; with a query the best ones.  Raises Invalid; Missing for a folder."""
        if query:
            return await self._search(identity.user_id, filters, query, limit)
        ordered = _order(filters, sort, order, cursor)

        def work(connection: Connection) -> Page:
            steps = _breadcrumbs(connection, identity.user_id, filters)
            found = library.ids(connection, identity.user_id, filters, order=ordered, limit=limit + 1)
            entries = _entries(connection, identity.user_id, [one for one, _ in found[:limit]])
            following = None
            if len(found) > limit:
                document_id, key = found[limit - 1]
                following = _write_cursor(ordered, key, document_id)
            return Page(entries, following, steps)

        return await self._database.read(work)

    async def _search(self, user_id: str, filters: Filters, query: str, limit: int) -> Page:
        def narrowed(connection: Connection) -> tuple[list[Folder], list[str] | None]:
            steps = _breadcrumbs(connection, user_id, filters)
            if not filters.narrow:
                return steps, None
            return steps, [one for one, _ in library.ids(connection, user_id, filters)]

        steps, among = await self._database.read(narrowed)
        # Some hits may be in the trash, or not be readable any more: the catalog, not the index, has the last word.
        hits = await self._index.search(user_id, query, among=among, limit=2 * limit)

        def work(connection: Connection) -> list[Entry]:
            best = [hit.document_id for hit in hits]
            readable = {one for one, _ in library.ids(connection, user_id, filters, among=best)}
            shown = [one for one in best if one in readable][:limit]
            return _entries(connection, user_id, shown)

        parts = parse(query)
        entries = await self._database.read(work)
        passages = await self._index.passages(query, [entry.listed.document.id for entry in entries])
        matched = [
            replace(entry, match=_match(entry.listed, parts, passages.get(entry.listed.document.id)))
            for entry in entries
        ]
        return Page(matched, None, steps)

    async def tags(self, identity: Identity) -> list[tuple[str, int]]:
        """One's own tags, each with the number of documents that bear it."""
        return await self._database.read(lambda connection: library.all_tags(connection, identity.user_id))


def arrange(
    connection: Connection, identity: Identity, document_id: str, role: str, arrangement: Arrangement
) -> None:
    """In the transaction of `Documents.update`; may read was asked before.  Raises Invalid, Missing, Denied."""
    user_id = identity.user_id
    if identity.person.guest:
        raise Denied("FORBIDDEN", "guests have no list of documents; sign in to arrange some")
    if arrangement.move:
        place(connection, user_id, document_id, arrangement.folder_id)
    if arrangement.tags is not None:
        if len(arrangement.tags) > MOST_TAGS:
            raise Invalid("INVALID_REQUEST", f"tags: at most {MOST_TAGS} on a document")
        names = sorted({checked_line(tag, "tags", TAG_UNITS) for tag in arrangement.tags})
        library.set_tags(connection, user_id, document_id, names)
        touch(connection, document_id)
    if arrangement.template is not None:
        access.require(role, Action.SHARE)
        catalog.set_template(connection, document_id, arrangement.template)


def place(connection: Connection, user_id: str, document_id: str, folder_id: str | None) -> None:
    """Into one of somebody's own folders, or (None) none.  Raises Missing."""
    if folder_id is not None:
        folders_of.path(folders_of.tree(connection, user_id), folder_id)
    folders_of.place(connection, user_id, document_id, folder_id)


def _breadcrumbs(connection: Connection, user_id: str, filters: Filters) -> list[Folder]:
    if filters.folder_id is None or filters.folder_id == ROOT:
        return []
    return folders_of.path(folders_of.tree(connection, user_id), filters.folder_id)


def _entries(connection: Connection, user_id: str, document_ids: list[str]) -> list[Entry]:
    found = library.listed(connection, user_id, document_ids)
    editors = {one.summary.edited_by for one in found if one.summary is not None and one.summary.edited_by}
    known = people.by_ids(connection, {one.document.owner_id for one in found} | editors)
    return [
        Entry(
            one,
            _role(one, user_id),
            known[one.document.owner_id],
            None if one.summary is None else known.get(one.summary.edited_by or ""),
        )
        for one in found
    ]


def _role(listed: Listed, user_id: str) -> str:
    if listed.document.owner_id == user_id:
        return "owner"
    role = access.highest(listed.own_role, listed.document.link_role)
    assert role is not None
    return role


def _match(listed: Listed, parts: Sequence[Part], passage: Passage | None) -> Match:
    tags = [tag for tag in listed.tags if ranges(tag, parts)]
    return Match(ranges(listed.document.title, parts), tags, passage)


# --- order ------------------------------------------------------------------------------------------------


def _order(filters: Filters, sort: str | None, order: str | None, cursor: str | None) -> Order:
    sort = sort or ("opened" if filters.recent else "updated")
    if sort not in SORTS:
        raise Invalid("INVALID_REQUEST", f"sort: one of {', '.join(SORTS)}")
    if order not in (None, "asc", "desc"):
        raise Invalid("INVALID_REQUEST", "order: asc or desc")
    descending = sort != "title" if order is None else order == "desc"
    return Order(sort, descending, None if cursor is None else _read_cursor(cursor, sort, descending))


def _write_cursor(order: Order, key: int | str, document_id: str) -> str:
    written = msgspec.json.encode((order.sort, order.descending, key, document_id))
    return urlsafe_b64encode(written).decode().rstrip("=")


def _read_cursor(cursor: str, sort: str, descending: bool) -> tuple[int | str, str]:
    try:
        read = _cursors.decode(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, msgspec.DecodeError):
        read = None
    if (
        read is None
        or read[:2] != (sort, descending)
        or isinstance(read[2], str) != (sort == "title")
        or (isinstance(read[2], int) and not 0 <= read[2] < 1 << 53)
    ):
        raise Invalid(
            "INVALID_REQUEST", "cursor: take it from next_cursor as it is, with the same sort and order"
        )
    return read[2], read[3]
