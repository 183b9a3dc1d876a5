"""The JSON of lists, folders, tags and templates, as `docs/protocol.md` section 4 has it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from octavo.catalog.folders import Folder
from octavo.catalog.library import Listed
from octavo.delta import wire
from octavo.library import Entry, Match, Page
from octavo.protocol import format_time
from octavo.templates import Template
from octavo.web.api.types import ContentView, DocumentSummary, UserView, shared_view, user_view


class Crumb(Struct):
    id: str
    name: str


class PassageView(Struct):
    """Plain text; `ranges` are [index, length] in code units."""

    text: str
    ranges: list[tuple[int, int]]


class MatchView(Struct):
    """Where a document answers the query: ranges of its title, which of one's tags, a passage of its text."""

    title: list[tuple[int, int]]
    tags: list[str]
    passage: PassageView | None


class DocumentEntry(DocumentSummary, kw_only=True, omit_defaults=True):
    """One in a list; `preview` only when asked for, `match` only with a query."""

    folder_id: str | None
    tags: list[str]
    template: bool
    opened_at: str | None
    deleted_at: str | None
    words: int
    characters: int
    edited_by: UserView | None
    edited_at: str | None
    preview: ContentView | UnsetType | None = UNSET
    match: MatchView | UnsetType = UNSET


class DocumentList(Struct):
    documents: list[DocumentEntry]
    next_cursor: str | None
    breadcrumbs: list[Crumb]


class NewFolder(Struct):
    name: str
    parent_id: str | None = None


class FolderPatch(Struct):
    """`parent_id` null: to the top."""

    name: str | UnsetType = UNSET
    parent_id: str | UnsetType | None = UNSET


class FolderView(Struct):
    """`documents`: how many lie directly in it."""

    id: str
    name: str
    parent_id: str | None
    created_at: str
    documents: int


class FolderList(Struct):
    folders: list[FolderView]


class TagView(Struct):
    name: str
    documents: int


class TagList(Struct):
    tags: list[TagView]


class TemplateView(Struct):
    """`own`: a document of one's own."""

    id: str
    title: str
    description: str
    own: bool
    preview: ContentView | None


class TemplateList(Struct):
    templates: list[TemplateView]


class NewCopy(Struct):
    """Without `revision`: as it is now."""

    revision: int | None = None
    title: str | None = None
    folder_id: str | None = None


class Emptied(Struct):
    """How many documents are gone for good."""

    deleted: int


def list_view(page: Page, *, with_preview: bool) -> DocumentList:
    return DocumentList(
        [_entry(entry, with_preview=with_preview) for entry in page.entries],
        page.next_cursor,
        [Crumb(folder.id, folder.name) for folder in page.breadcrumbs],
    )


def _entry(entry: Entry, *, with_preview: bool) -> DocumentEntry:
    listed = entry.listed
    document, about = listed.document, listed.summary
    return DocumentEntry(
        **shared_view(document, entry.role, entry.owner, listed.starred),
        folder_id=listed.folder_id,
        tags=listed.tags,
        template=document.template,
        opened_at=_time(listed.opened_at),
        deleted_at=_time(document.deleted_at),
        words=0 if about is None else about.words,
        characters=0 if about is None else about.characters,
        edited_by=None if entry.edited_by is None else user_view(entry.edited_by),
        edited_at=None if about is None else _time(about.edited_at),
        preview=_preview(listed) if with_preview else UNSET,
        match=UNSET if entry.match is None else _match(entry.match),
    )


def _preview(listed: Listed) -> ContentView | None:
    if listed.summary is None:
        return None
    ops: list[Any] = msgspec.json.decode(listed.summary.preview)
    return ContentView(ops)


def _match(match: Match) -> MatchView:
    passage = match.passage
    return MatchView(
        list(match.title),
        match.tags,
        None if passage is None else PassageView(passage.text, list(passage.ranges)),
    )


def _time(timestamp: int | None) -> str | None:
    return None if timestamp is None else format_time(timestamp)


def folder_view(folder: Folder, documents: int) -> FolderView:
    return FolderView(folder.id, folder.name, folder.parent_id, format_time(folder.created_at), documents)


def shipped_view(template: Template) -> TemplateView:
    preview = ContentView(wire.to_wire(template.preview))
    return TemplateView(template.id, template.title, template.description, False, preview)


def own_view(listed: Listed) -> TemplateView:
    return TemplateView(listed.document.id, listed.document.title, "", True, _preview(listed))
