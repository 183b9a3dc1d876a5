"""Where comments stand: anchors moved along with the log, by a job and for whoever reads before it.

What is stored of an anchor is where it stood at some revision; from there the log says where it stands now
(`collab/anchors.py`).  So nothing that fails here loses a place: it is only moved along later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from octavo import protocol
from octavo.catalog import comments as catalog
from octavo.catalog.comments import Place
from octavo.collab.anchors import Anchor, Lost, Step
from octavo.collab.opening import content_at
from octavo.delta import Content
from octavo.ports import Database, OperationLog, SnapshotStore

CONTENTS_KEPT: Final = 16
"""Documents of which the content is kept between two runs: those that are being written in."""

_lost: Final = msgspec.json.Decoder(tuple[Lost, ...])


def place_of(revision: int, anchor: Anchor) -> Place:
    """As it is stored."""
    return Place(revision, anchor.start, anchor.end, msgspec.json.encode(anchor.lost))


def anchor_of(place: Place) -> Anchor:
    return Anchor(place.start, place.end, _lost.decode(place.lost))


class Moving:
    """Anchors on their way along the log: each from its own revision on."""

    def __init__(self, anchors: Mapping[str, tuple[int, Anchor]]) -> None:
        self.anchors = {name: anchor for name, (_, anchor) in anchors.items()}
        self.back: set[str] = set()
        """Those that took back what a change gave back."""
        self._from = {name: revision for name, (revision, _) in anchors.items()}

    def follow(self, change: protocol.Change, before: Content) -> None:
        """One change, made to the content `before`."""
        step = Step(change.delta, before)
        for name, anchor in self.anchors.items():
            if self._from[name] < change.revision:
                moved = step.move(anchor)
                if moved is not anchor:
                    if step.took_back(anchor, moved):
                        self.back.add(name)
                    self.anchors[name] = moved


class Anchors:
    """The anchors of any document, at the head of its log."""

    def __init__(self, database: Database, log: OperationLog, snapshots: SnapshotStore) -> None:
        self._database = database
        self._log = log
        self._snapshots = snapshots
        self._contents: OrderedDict[str, tuple[int, Content]] = OrderedDict()

    async def at_head(self, document_id: str) -> tuple[int, dict[str, Anchor]]:
        """The head's revision, and every thread's anchor there."""
        revision, moving, _ = await self._moved(document_id)
        return revision, moving.anchors

    async def to_head(self, document_id: str, revision: int, anchor: Anchor) -> tuple[int, Anchor]:
        """One anchor, which stands at `revision`, moved to the head."""
        moving = Moving({"": (revision, anchor)})
        reached = await self._follow(document_id, moving, revision)
        return reached, moving.anchors[""]

    async def keep(self, document_id: str) -> set[str]:
        """Store where all anchors stand now; returns the threads whose anchors took something back."""
        while True:
            revision, moving, stored = await self._moved(document_id)

            def work(
                connection: Connection,
                revision: int = revision,
                moving: Moving = moving,
                stored: Mapping[str, Place] = stored,
            ) -> bool:
                if catalog.places(connection, document_id) != stored:
                    return False  # a thread has begun meanwhile, or ended, or another worker was faster
                moved = {
                    name: place_of(revision, anchor)
                    for name, anchor in moving.anchors.items()
                    if anchor != anchor_of(stored[name])
                }
                catalog.keep_places(connection, document_id, revision, moved)
                return True

            if not stored or await self._database.write(work):
                return moving.back

    async def _moved(self, document_id: str) -> tuple[int, Moving, dict[str, Place]]:
        def work(connection: Connection) -> tuple[int, dict[str, Place]]:
            return catalog.anchored_to(connection, document_id), catalog.places(connection, document_id)

        kept_to, stored = await self._database.read(work)
        anchors = {name: (max(place.revision, kept_to), anchor_of(place)) for name, place in stored.items()}
        moving = Moving(anchors)
        first = min((revision for revision, _ in anchors.values()), default=None)
        if first is None:
            return (await self._log.head(document_id)).revision, moving, stored
        return await self._follow(document_id, moving, first), moving, stored

    async def _follow(self, document_id: str, moving: Moving, after: int) -> int:
        """Move along everything that was logged after a revision; returns the head's."""
        content: Content | None = None
        while page := await self._log.read(document_id, after=after, limit=protocol.CHANGES_PER_PAGE):
            if content is None:
                content = await self._content(document_id, after)
            for change in page:
                moving.follow(change, content)
                content.apply(change.delta)
            after = page[-1].revision
        if content is not None:
            self._contents[document_id] = after, content
            self._contents.move_to_end(document_id)
            if len(self._contents) > CONTENTS_KEPT:
                self._contents.popitem(last=False)
        return after

    async def _content(self, document_id: str, revision: int) -> Content:
        kept = self._contents.pop(document_id, None)
        if kept is not None and kept[0] == revision:
            return kept[1]
        return await content_at(self._log, self._snapshots, document_id, revision)


class AnchorsJob:
    """Keeps the anchors up with the log, and tells of those that came back."""

    name = "anchors"

    def __init__(self, anchors: Anchors, log: OperationLog) -> None:
        self._anchors = anchors
        self._log = log
        self._moved: Callable[[str, str], Awaitable[None]]

    def connect(self, moved: Callable[[str, str], Awaitable[None]]) -> None:
        """`moved(document_id, thread_id)` tells everybody that an anchor took a piece back."""
        self._moved = moved

    def noticed(self, document_id: str, changes: Sequence[protocol.Change]) -> bool:
        return bool(changes)

    async def run(self, document_id: str, after: int) -> int:
        head = await self._log.head(document_id)
        for thread_id in await self._anchors.keep(document_id):
            await self._moved(document_id, thread_id)
        return head.revision
