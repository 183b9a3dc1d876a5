"""New documents from what is there: copies, at the present or at a revision, and documents from templates.

Neither carries suggestions along, and the history of what is made begins anew.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from octavo import access, templates
from octavo.access import Action
from octavo.accounts import Identity, derived_id
from octavo.catalog import documents as catalog
from octavo.catalog import library
from octavo.catalog.library import Filters, Listed, Order
from octavo.collab.host import RoomHost
from octavo.delta import Delta, DeltaBuilder, suggestions
from octavo.documents import Documents, Opened, require_history, role_now
from octavo.errors import Denied, Missing
from octavo.folders import checked_line
from octavo.images import Images
from octavo.ports import Database
from octavo.settings import Settings

MOST_TEMPLATES: Final = 200
_IMAGES: Final = "/api/v1/images/"


class Copies:
    """Whoever may read a document, and copy it, makes one of their own from it."""

    def __init__(
        self,
        database: Database,
        documents: Documents,
        images: Images,
        host: RoomHost,
        settings: Settings,
    ) -> None:
        self._database = database
        self._documents = documents
        self._images = images
        self._host = host
        self._settings = settings

    async def copy(
        self,
        identity: Identity,
        document_id: str,
        key: str,
        *,
        revision: int | None = None,
        title: str | None = None,
        folder_id: str | None = None,
    ) -> Opened:
        """A document of one's own; the same key again finds the same one.  Raises Missing, Denied, Invalid."""

        def work(connection: Connection) -> str:
            role = role_now(connection, document_id, identity.user_id)
            access.require(role, Action.READ)
            if revision is not None:
                require_history(connection, identity.user_id, document_id)
            found = catalog.get(connection, document_id)
            if not access.may_copy(role, found.switches.copying):
                raise Denied("FORBIDDEN", "copying is switched off for this document; ask its owner")
            return found.title

        original = await self._database.read(work)
        content = await self._content(document_id, revision)
        named = self._copy_title(original) if title is None else title
        return await self._make(identity, named, content, key, folder_id)

    async def from_template(
        self, identity: Identity, template_id: str, title: str, key: str, *, folder_id: str | None = None
    ) -> Opened:
        """A document from one that ships, or from one's own.  Raises Missing, Invalid."""
        template = templates.shipped().get(template_id)
        if template is not None:
            return await self._make(identity, title or template.title, template.content, key, folder_id)

        def work(connection: Connection) -> str:
            try:
                found = catalog.get(connection, template_id)
            except Missing:
                raise _unknown() from None
            if found.owner_id != identity.user_id or not found.template or found.deleted_at is not None:
                raise _unknown()
            return found.title

        own_title = await self._database.read(work)
        content = await self._content(template_id, None)
        return await self._make(identity, title or own_title, content, key, folder_id)

    async def templates(self, identity: Identity) -> list[Listed]:
        """One's own, by title."""

        def work(connection: Connection) -> list[Listed]:
            found = library.ids(
                connection,
                identity.user_id,
                Filters(template=True),
                order=Order("title", descending=False),
                limit=MOST_TEMPLATES,
            )
            return library.listed(connection, identity.user_id, [one for one, _ in found])

        return await self._database.read(work)

    async def _content(self, document_id: str, revision: int | None) -> Delta:
        if revision is None:
            _, content = await self._host.latest(document_id)
        else:
            content = await self._host.content_at(document_id, revision)
        return suggestions.rejected(content)

    async def _make(
        self, identity: Identity, title: str, content: Delta, key: str, folder_id: str | None
    ) -> Opened:
        made = await self._documents.made(identity, key)
        if made is not None:
            return made  # asked again: what it was made from may be another by now
        opened = await self._documents.make(
            identity, title, None, key, folder_id=folder_id, length=content.change_length
        )
        document_id = opened.document.id
        content = await self._with_images(identity, document_id, content, key)
        await self._documents.fill(document_id, identity, content, key)
        return await self._documents.open(identity, document_id)

    async def _with_images(self, identity: Identity, document_id: str, content: Delta, key: str) -> Delta:
        """An image belongs to one document: the new one gets its own, of the same bytes.

        One that cannot be read stays named as it is, and is shown to nobody.
        """
        own: dict[str, str] = {}
        builder = DeltaBuilder()
        for op in content.ops:
            address = None if isinstance(op.value, str) else op.value.get("image")
            if isinstance(address, str) and address.startswith(_IMAGES):
                if address not in own:
                    own[address] = await self._take_over(identity, document_id, address, key)
                builder.insert({"image": own[address]}, op.attributes)
            else:
                builder.insert(op.value, op.attributes)
        return builder.build()

    async def _take_over(self, identity: Identity, document_id: str, address: str, key: str) -> str:
        image_id = address.removeprefix(_IMAGES)
        try:
            image = await self._images.take_over(
                identity, document_id, image_id, derived_id("k", key, image_id)
            )
        except (Missing, Denied):  # of a document that one may not read, or copy from
            return address
        return _IMAGES + image.id

    def _copy_title(self, title: str) -> str:
        """ "Copy of …", cut to what a title may be."""
        named = "Copy of " + title
        most = self._settings.title_units
        while len(named.encode("utf-16-le")) // 2 > most:
            named = named[:-1]
        return checked_line(named, "title", most)


def _unknown() -> Missing:
    return Missing("NOT_FOUND", "template_id: you have no such template; GET /templates lists them")
