"""Folders: each person's own tree, to keep documents in; nobody else sees it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from octavo.accounts import Identity, derived_id, protocol_length
from octavo.catalog import folders as catalog
from octavo.catalog.folders import Folder
from octavo.errors import Conflict, Invalid
from octavo.ports import Clock, Database
from octavo.settings import Settings

MOST: Final = 1_000
DEEPEST: Final = 20


class Folders:
    """One person's at a time: of another's folder nobody learns that it exists."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    async def tree(self, identity: Identity) -> list[tuple[Folder, int]]:
        """All folders by name, each with the number of documents directly in it."""

        def work(connection: Connection) -> list[tuple[Folder, int]]:
            counts = catalog.counts(connection, identity.user_id)
            found = catalog.tree(connection, identity.user_id).values()
            return [(folder, counts.get(folder.id, 0)) for folder in found]

        return await self._database.read(work)

    async def add(self, identity: Identity, name: str, parent_id: str | None, key: str) -> Folder:
        """A new folder; the same key again finds the same one.  Raises Invalid, Missing, Conflict."""
        name = self._checked_name(name)
        folder = Folder(derived_id("f", identity.user_id, key), name, parent_id, self._clock.now())

        def work(connection: Connection) -> Folder:
            tree = catalog.tree(connection, identity.user_id)
            existing = tree.get(folder.id)
            if existing is not None:
                if (existing.name, existing.parent_id) != (name, parent_id):
                    raise Conflict("ALREADY_EXISTS", "this Idempotency-Key has made another folder already")
                return existing
            if len(tree) >= MOST:
                raise Invalid("TOO_LARGE", f"you have {MOST} folders; delete some that you do not need")
            _check_depth(0 if parent_id is None else len(catalog.path(tree, parent_id)), 1)
            catalog.add(connection, identity.user_id, folder)
            return folder

        return await self._database.write(work)

    async def change(
        self,
        identity: Identity,
        folder_id: str,
        *,
        name: str | None = None,
        move: bool = False,
        parent_id: str | None = None,
    ) -> tuple[Folder, int]:
        """Rename it, or (`move`) put it into another folder; None: to the top.  Raises Invalid, Missing."""
        name = None if name is None else self._checked_name(name)

        def work(connection: Connection) -> tuple[Folder, int]:
            tree = catalog.tree(connection, identity.user_id)
            catalog.path(tree, folder_id)
            if name is not None:
                catalog.change(connection, folder_id, name=name)
            if move:
                above = [] if parent_id is None else catalog.path(tree, parent_id)
                if any(folder.id == folder_id for folder in above):
                    raise Invalid("INVALID_REQUEST", "parent_id: a folder cannot lie in itself")
                _check_depth(len(above), _height(tree, folder_id))
                catalog.change(connection, folder_id, parent_id=parent_id)
            count = catalog.counts(connection, identity.user_id).get(folder_id, 0)
            return catalog.tree(connection, identity.user_id)[folder_id], count

        return await self._database.write(work)

    async def remove(self, identity: Identity, folder_id: str) -> None:
        """What was in it moves up.  Raises Missing."""

        def work(connection: Connection) -> None:
            tree = catalog.tree(connection, identity.user_id)
            catalog.remove(connection, catalog.path(tree, folder_id)[-1])

        await self._database.write(work)

    def _checked_name(self, name: str) -> str:
        return checked_line(name, "name", self._settings.title_units)


def checked_line(text: str, what: str, most: int) -> str:
    """Text in one line, not empty, at most so many code units.  Raises Invalid, naming `what`."""
    text = " ".join(text.split())
    if not 1 <= protocol_length(text) <= most:
        raise Invalid("INVALID_REQUEST", f"{what}: 1 to {most} characters")
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in text):
        raise Invalid("INVALID_REQUEST", f"{what}: no control characters")
    return text


def _check_depth(above: int, height: int) -> None:
    if above + height > DEEPEST:
        raise Invalid("INVALID_REQUEST", f"parent_id: folders lie at most {DEEPEST} deep in each other")


def _height(tree: dict[str, Folder], folder_id: str) -> int:
    """How many levels hang on a folder, itself counted."""
    height, level = 0, {folder_id}
    while level:
        height += 1
        level = {folder.id for folder in tree.values() if folder.parent_id in level}
    return height
