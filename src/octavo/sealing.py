"""Sealing: older changes move from rows into segments, about half a byte a key press instead of two hundred.

The blob is durable before the transaction that takes the rows away, and the rows are compared with what is read
back from it before that.  A crash leaves at worst a blob that nothing names; those are collected.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from octavo import metrics, protocol
from octavo.catalog import images
from octavo.catalog import segments as catalog
from octavo.catalog.chain import link
from octavo.catalog.segments import Border, Sealed
from octavo.convert import segment
from octavo.convert.columns import Damaged
from octavo.convert.segment import MOST_CHANGES, Segment
from octavo.errors import Conflict, OctavoError, Unavailable
from octavo.ports import BlobStore, Clock, Database
from octavo.protocol import Change

log = logging.getLogger(__name__)

KEPT: Final = 4_096
"""Changes at the end of every log that stay rows: what clients that come back most often lack."""

ORPHAN_SECONDS: Final = 86_400
"""No sealing takes so long: a blob older than this that nothing names was left by a crash."""

COLLECT_EVERY: Final = 4 * 3600.0

_PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Policy:
    """What is moved: whole segments of `size`, never the last `keep` changes nor those younger than `age` seconds."""

    size: int = MOST_CHANGES
    keep: int = KEPT
    age: int = 3_600


EVERYTHING: Final = Policy(keep=1, age=0)
"""On command: all but the last change, which the head of a log is held against; the last segment may be short."""


class Sealer:
    """Seals documents; one at a time in this process, and against other processes the database decides."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        clock: Clock,
        policy: Policy | None = None,
        step: Callable[[str], None] | None = None,
    ) -> None:
        """`step(name)` is told of each step before it is taken: where tests let it crash."""
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self.policy = policy or Policy()
        self._step = step or _no_step
        self.lock = asyncio.Lock()
        """Held while blobs are written and named; whoever else rewrites segments takes it too."""

    async def seal(self, document_id: str, policy: Policy | None = None, *, upto: int | None = None) -> int:
        """Seal what the policy says, or everything to revision `upto`; returns how many changes were moved.

        Raises Missing; Unavailable when the rows are not what their chain says, and nothing more is sealed.
        """
        policy = policy or self.policy
        async with self.lock:
            border = await self._database.read(partial(catalog.border, document_id=document_id))
            whole = upto is None and policy.keep > 1
            target = border.head - policy.keep if upto is None else min(upto, border.head - 1)
            if whole:
                target -= (target - border.sealed) % policy.size
            if target <= border.sealed:
                return 0
            links = await self._verified(document_id, border, target, policy.size)
            moved = 0
            while border.sealed < target:
                last = min(border.sealed + policy.size, target)
                read = await self._read(document_id, border, last)
                if upto is None and read[-1].timestamp > self._clock.now() - policy.age:
                    break
                border = await self._replace(document_id, border, read, links[last])
                moved += len(read)
            return moved

    async def head(self, document_id: str) -> int:
        """Raises Missing."""
        return (await self._database.read(partial(catalog.border, document_id=document_id))).head

    async def collect(self, document: int | None = None) -> int:
        """Delete blobs that no segment names; of one document (by its number) at once, else after a day."""
        async with self.lock:
            keys = [key for key in await self._blobs.keys() if key.startswith(catalog.PREFIX)]
            named = await self._database.read(catalog.named_keys)
            removed = 0
            for key in keys:
                whose, since = _whose(key)
                due = (
                    whose == document if document is not None else since < self._clock.now() - ORPHAN_SECONDS
                )
                if key not in named and due:
                    await self._blobs.delete(key)
                    removed += 1
            return removed

    async def collect_always(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Every few hours, for as long as the process lives."""
        while True:
            await sleep(COLLECT_EVERY)
            try:
                await self.collect()
            except OctavoError as fault:
                log.warning("segments that nothing names are not collected: %s; trying again later", fault)

    async def _verified(self, document_id: str, border: Border, target: int, size: int) -> dict[int, bytes]:
        """Follow the chain over every row; its links where segments will end."""
        ends = {min(end, target) for end in range(border.sealed + size, target + size, size)}
        links: dict[int, bytes] = {}
        at, value = border.sealed, border.link
        while at < border.head:
            last = min(at + _PAGE, border.head)
            found = await self._database.read(
                partial(catalog.rows, document=border.document, after=at, last=last)
            )
            value = await asyncio.to_thread(_follow, document_id, found, at, value, ends, links)
            at = last
        if value != border.chain:
            raise Unavailable(
                "UNAVAILABLE",
                f"the chain of hashes of document {document_id} does not end at its head's: nothing of it is sealed; "
                "run `octavo verify`",
            )
        return links

    async def _read(self, document_id: str, border: Border, last: int) -> list[Change]:
        out: list[Change] = []
        for after in range(border.sealed, last, _PAGE):
            upto = min(after + _PAGE, last)
            found = await self._database.read(
                partial(catalog.rows, document=border.document, after=after, last=upto)
            )
            out += await asyncio.to_thread(_changes, document_id, found)
        return out

    async def _replace(self, document_id: str, border: Border, read: list[Change], end: bytes) -> Border:
        self._step("encode")
        blob = await asyncio.to_thread(_encode, document_id, read)
        now = self._clock.now()
        first, last = read[0].revision, read[-1].revision
        check = catalog.checksum(border.checksum, document_id, first, last, end, blob)
        new = Sealed(
            first, last, catalog.blob_key(border.document, now, blob), len(blob), end, check, None, now
        )
        self._step("put")
        await self._blobs.put(new.key, blob)
        self._step("check")
        if await self._blobs.get(new.key) != blob:
            raise Unavailable("UNAVAILABLE", f"the file store does not give {new.key} back as it was stored")
        named = images.names_in(change.ops for change in read)
        self._step("exchange")
        await self._database.write(
            lambda connection: catalog.seal(connection, document_id, border, new, named)
        )
        self._step("done")
        metrics.sealed.inc(len(read))
        return replace(border, sealed=last, link=end, checksum=check)


class SealJob:
    """The job that seals what has grown old."""

    name = "seal"

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._seen: dict[str, int] = {}

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        """Now and then while it is written to, and when nobody has it open any more."""
        if not changes:
            return self._seen.pop(document_id, 0) > 0
        count = self._seen.get(document_id, 0) + len(changes)
        due = count >= self._sealer.policy.size
        self._seen[document_id] = 0 if due else count
        return due

    async def run(self, document_id: str, after: int) -> int:
        head = await self._sealer.head(document_id)
        try:
            await self._sealer.seal(document_id)
        except Conflict:
            log.info("another node seals document %s", document_id)
        return head


def _no_step(name: str) -> None:
    pass


def _whose(key: str) -> tuple[int, int]:
    _, document, since, _ = key.split("-")
    return int(document), int(since)


def _follow(
    document_id: str,
    rows: Sequence[Row[Any]],
    after: int,
    value: bytes,
    ends: set[int],
    links: dict[int, bytes],
) -> bytes:
    for revision, row in enumerate(rows, after + 1):
        if row.revision != revision or row.client_id is None:
            raise Unavailable(
                "UNAVAILABLE",
                f"change {revision} of document {document_id} is missing or damaged: nothing of it is sealed; "
                "run `octavo verify`",
            )
        value = link(value, _change(document_id, row), row.salt)
        if revision in ends:
            links[revision] = value
    return value


def _changes(document_id: str, rows: Sequence[Row[Any]]) -> list[Change]:
    return [_change(document_id, row) for row in rows]


def _change(document_id: str, row: Row[Any]) -> Change:
    try:
        return catalog.change_of(row)
    except (msgspec.DecodeError, UnicodeDecodeError, OctavoError) as fault:
        raise Unavailable(
            "UNAVAILABLE",
            f"change {row.revision} of document {document_id} cannot be read ({fault}): run `octavo verify`",
        ) from fault


def _encode(document_id: str, changes: list[Change]) -> bytes:
    """The segment, after it has been read back and compared."""
    blob = segment.encode(document_id, changes)
    try:
        back = Segment(blob).changes(changes[0].revision - 1, len(changes))
    except Damaged as fault:
        raise _unlike(document_id, changes, str(fault)) from fault
    for before, after in zip(changes, back, strict=True):
        if before != after and (after.digest or before != replace(after, digest=before.digest)):
            raise _unlike(document_id, changes, f"change {before.revision} reads otherwise")
    return blob


def _unlike(document_id: str, changes: list[Change], fault: str) -> Unavailable:
    first, last = changes[0].revision, changes[-1].revision
    return Unavailable(
        "UNAVAILABLE",
        f"the changes {first} to {last} of document {document_id} cannot be sealed ({fault}): they stay rows, "
        "and nothing is lost",
    )
