"""Images of documents: stored by the hash of their bytes, shown to those who may read the document they are in.

An image belongs to one document and is as visible as that document: another document may name it, which shows it to
nobody new.  Whoever may read both can take it over, which copies a row and no bytes.

Images that no logged change names are collected after a day, and bytes that no image needs with them.  One lock keeps
the two apart from an upload of the same bytes: row first, bytes second; a crash between them leaves an image without
bytes, which the same request puts right, or nobody ever names.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy import Connection

from octavo import access, metrics, protocol
from octavo.access import Action
from octavo.accounts import Identity, derived_id
from octavo.catalog import documents as documents_catalog
from octavo.catalog import images as catalog
from octavo.catalog import usage
from octavo.catalog.images import Image
from octavo.catalog.segments import PREFIX
from octavo.convert import images as convert
from octavo.documents import require_unlocked, role_now
from octavo.errors import Conflict, Denied, Invalid, Missing
from octavo.ports import BlobStore, Clock, Database, Fetch
from octavo.settings import Settings

log = logging.getLogger(__name__)

UNUSED_SECONDS: Final = 86_400
"""How long an image may wait for the change that shows it."""

COLLECT_FIRST: Final = 60.0
COLLECT_EVERY: Final = 3600.0
_MOST_UNREAD: Final = 5_000
"""Changes that one collection reads in the writer's transaction; more are left to the job that follows the log."""

_AT_ONCE: Final = 2
"""Images that are looked at or fetched at the same time."""


class Images:
    def __init__(
        self, database: Database, blobs: BlobStore, clock: Clock, settings: Settings, fetch: Fetch
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._settings = settings
        self._fetch = fetch
        self._storing = asyncio.Lock()
        self._working = asyncio.Semaphore(_AT_ONCE)
        self._fetching = asyncio.Semaphore(_AT_ONCE)

    # --- bringing -----------------------------------------------------------------------------------------

    async def add(self, identity: Identity, document_id: str, data: bytes, key: str) -> Image:
        """Store an image without what its owner did not mean to share; the same key again finds the same.

        Raises Missing and Denied; Invalid with UNSUPPORTED_MEDIA or TOO_LARGE; Conflict when the key stored another.
        """
        await self._database.read(lambda connection: _require_edit(connection, identity, document_id))
        if len(data) > self._settings.image_bytes:
            raise Invalid("TOO_LARGE", f"an image has at most {self._settings.image_bytes} bytes")
        async with self._working:
            clean = await asyncio.to_thread(_clean, data)
        image = Image(
            id=derived_id("i", identity.user_id, key),
            document_id=document_id,
            user_id=identity.user_id,
            hash=clean.hash,
            media_type=clean.info.media_type,
            width=clean.info.width,
            height=clean.info.height,
            size=len(clean.data),
            created_at=self._clock.now(),
            used_at=None,
        )
        async with self._storing:
            kept = await self._database.write(lambda connection: self._keep(connection, identity, image))
            await self._blobs.put(kept.hash, clean.data)
        metrics.images.labels("stored").inc()
        return kept

    async def add_from(self, identity: Identity, document_id: str, url: str, key: str) -> Image:
        """Fetch an image from elsewhere and store it.  Raises as `add` does, and Invalid saying why it did not come."""
        if not self._settings.fetch_images:
            raise Denied(
                "FORBIDDEN", "this server fetches no images from elsewhere; download it and upload the file"
            )
        image_id = derived_id("i", identity.user_id, key)

        def known(connection: Connection) -> Image | None:
            _require_edit(connection, identity, document_id)
            return catalog.find(connection, image_id)

        found = await self._database.read(known)
        if found is not None and found.document_id == document_id:
            return found
        async with self._fetching:
            data = await self._fetch(url, self._settings.image_bytes)
        return await self.add(identity, document_id, data, key)

    async def take_over(self, identity: Identity, document_id: str, image_id: str, key: str) -> Image:
        """The same image for another document, by somebody who may read the one and edit the other.

        Raises as `add` does, and Denied where readers may not copy.  One that is in the document already is given
        back as it is.
        """

        def work(connection: Connection) -> Image:
            _require_edit(connection, identity, document_id)
            source = _readable(connection, identity, image_id)
            if source.document_id == document_id:
                return source
            _require_copying(connection, identity, source)
            copy = replace(
                source,
                id=derived_id("i", identity.user_id, key),
                document_id=document_id,
                user_id=identity.user_id,
                created_at=self._clock.now(),
                used_at=None,
            )
            return self._keep(connection, identity, copy)

        async with self._storing:
            return await self._database.write(work)

    def _keep(self, connection: Connection, identity: Identity, image: Image) -> Image:
        _require_edit(connection, identity, image.document_id)
        existing = catalog.find(connection, image.id)
        if existing is not None:
            if (existing.document_id, existing.hash) != (image.document_id, image.hash):
                raise Conflict("ALREADY_EXISTS", "this Idempotency-Key has stored another image already")
            return existing
        owner_id = documents_catalog.get(connection, image.document_id).owner_id
        usage.check(connection, owner_id, image.size, self._settings.storage_bytes)
        catalog.add(connection, image)
        return image

    # --- showing ------------------------------------------------------------------------------------------

    async def open(self, identity: Identity, image_id: str) -> Image:
        """An image that one may see.  Raises Missing, the same for what is not and what is not shared."""
        return await self._database.read(lambda connection: _readable(connection, identity, image_id))

    async def data(self, image: Image) -> bytes:
        """Its bytes.  Raises Missing when they never arrived, Unavailable when they cannot be read."""
        return await self._blobs.get(image.hash)

    # --- collecting ---------------------------------------------------------------------------------------

    async def collect(self) -> int | None:
        """Forget images that no logged change names after a day, then bytes that no image needs.

        Returns how many images went; None when the job is too far behind to tell, and nothing was done.
        """
        now = self._clock.now()
        removed = await self._database.write(
            lambda connection: catalog.remove_unused(
                connection, before=now - UNUSED_SECONDS, now=now, most=_MOST_UNREAD
            )
        )
        if removed is None:
            return None
        metrics.images.labels("collected").inc(removed)
        keys = await self._blobs.keys()
        kept = await self._database.read(lambda connection: catalog.needed(connection, keys))
        for key in keys:
            if key not in kept and not key.startswith(PREFIX):
                await self._drop(key)
        return removed

    async def _drop(self, key: str) -> None:
        async with self._storing:  # the same bytes may have come again since
            if not await self._database.read(lambda connection: catalog.needed(connection, [key])):
                await self._blobs.delete(key)


class UseOfImages:
    """The job that follows the log and marks the images that it names, in whichever document."""

    name = catalog.JOB

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        return any(catalog.PATH in change.ops for change in changes)

    async def run(self, document_id: str, after: int) -> int:
        while True:
            read = partial(catalog.named_after, document_id=document_id, after=after)
            reached, named = await self._database.read(read)
            if named:
                await self._database.write(partial(catalog.mark_used, image_ids=named, now=self._clock.now()))
            if reached == after:
                return after
            after = reached


class Collector:
    """Collects every hour, after the job has caught up with the logs."""

    def __init__(
        self,
        images: Images,
        catch_up: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._images = images
        self._catch_up = catch_up
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._work())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        await self._sleep(COLLECT_FIRST)
        while True:
            try:
                await self._catch_up()
                if await self._images.collect() is None:
                    log.warning("images are not collected: their job is behind; `octavo jobs` says why")
            except Exception:
                log.exception("collecting unused images failed; trying again in an hour")
            await self._sleep(COLLECT_EVERY)


@dataclass(frozen=True, slots=True)
class _Clean:
    info: convert.ImageInfo
    data: bytes
    hash: str


def _clean(data: bytes) -> _Clean:
    info = convert.inspect(data)
    stripped = convert.strip(data, info.media_type)
    return _Clean(info, stripped, hashlib.sha256(stripped).hexdigest())


def _require_edit(connection: Connection, identity: Identity, document_id: str) -> None:
    access.require(role_now(connection, document_id, identity.user_id), Action.EDIT)
    require_unlocked(connection, document_id)


def _require_copying(connection: Connection, identity: Identity, source: Image) -> None:
    document = documents_catalog.get(connection, source.document_id)
    role = role_now(connection, source.document_id, identity.user_id)
    if not access.may_copy(role, document.switches.copying):
        raise Denied(
            "FORBIDDEN", "the owner of the image's document lets its readers copy nothing; ask for it"
        )


def _readable(connection: Connection, identity: Identity, image_id: str) -> Image:
    image = catalog.find(connection, image_id)
    role = None if image is None else role_now(connection, image.document_id, identity.user_id)
    if image is None or not access.allows(role, Action.READ):
        raise Missing("NOT_FOUND", "there is no such image, or its document is not shared with you")
    return image
