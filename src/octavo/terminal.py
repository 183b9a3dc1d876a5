"""The history in the terminal, in colour: read from the store itself, beside a running server too.

Only reads: editing sessions and authors are worked out from the log each time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.text import Text
from sqlalchemy import Connection

from octavo import protocol
from octavo.adapters.stores import Store
from octavo.catalog import people
from octavo.collab.opening import content_at
from octavo.delta import Content
from octavo.delta.ops import Op, from_units
from octavo.errors import Invalid, Missing
from octavo.history.diff import DiffTracker, Marked
from octavo.history.reading import changes_between
from octavo.history.sessions import Grouping, Session, summary
from octavo.history.tracking import Attribution, restored
from octavo.server import open_store
from octavo.settings import Settings

_COLOURS: Final = ("cyan", "magenta", "yellow", "green", "blue", "red", "bright_cyan", "bright_magenta")
_STYLES: Final = {"bold": "bold", "italic": "italic", "underline": "underline", "strike": "strike"}
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069]")
_MARKS: Final = {"inserted": "green underline", "deleted": "red strike", "formatted": "yellow", "kept": ""}


def place(given: str) -> tuple[str, int | None]:
    """A document, or one at a revision: DOCUMENT@REVISION.  Raises Invalid."""
    document_id, at, revision = given.partition("@")
    if at and not (revision.isascii() and revision.isdigit()):
        raise Invalid("INVALID_REQUEST", f"{given}: a revision is a number, as in {document_id}@42")
    return document_id, int(revision) if at else None


@dataclass(slots=True)
class Reader:
    """One command's look into the store."""

    store: Store
    console: Console

    async def end(self, document_id: str, revision: int | None) -> int:
        """The revision, or the head.  Raises Missing."""
        head = (await self.store.log.head(document_id)).revision
        if revision is not None and revision > head:
            raise Missing(
                "NOT_FOUND", f"there is no revision {revision}: the document has revisions 0 to {head}"
            )
        return head if revision is None else revision

    async def history(self, document_id: str, limit: int) -> None:
        """Editing sessions, newest first."""
        head = await self.end(document_id, None)
        grouping, found = Grouping(Content()), list[Session]()
        async for page in changes_between(self.store.log, document_id, 0, head):
            for change in page:
                closed = grouping.apply(change)
                if closed is not None:
                    found.append(closed)
        last = grouping.finished()
        found += [] if last is None else [last]
        names = await self.names(user for session in found[-limit:] for user in session.shares)
        day = ""
        for session in found[: -limit - 1 : -1]:
            time = protocol.format_time(session.ended_at)
            if time[:10] != day:
                day = time[:10]
                self.console.print(Text(day, "bold"))
            line = Text(f"  {time[11:16]}  ", "dim")
            line.append(f"@{session.to_revision:<8}", "cyan")
            line.append(summary(session, names))
            self.console.print(line, soft_wrap=True)

    async def show(self, document_id: str, revision: int | None) -> None:
        """The content at a revision."""
        at = await self.end(document_id, revision)
        content = await content_at(self.store.log, self.store.snapshots, document_id, at)
        self._print(_styled(op, _format(op)) for op in content.to_delta().ops)

    async def diff(self, document_id: str, first: int, last: int | None) -> None:
        """The content at one revision with what happened since another."""
        to = await self.end(document_id, last)
        if not 0 <= first <= to:
            raise Invalid("INVALID_REQUEST", f"the first revision must lie between 0 and {to}")
        log, snapshots = self.store.log, self.store.snapshots
        tracker = DiffTracker(first, (await content_at(log, snapshots, document_id, first)).to_delta())
        async for page in changes_between(log, document_id, first, to):
            for change in page:
                back = restored(change)
                if back is None:
                    tracker.apply(change)
                else:
                    then = (await content_at(log, snapshots, document_id, back)).to_delta()
                    tracker.restore(change, then, await self.attribution(document_id, back))
        runs: list[Marked] = tracker.result((await content_at(log, snapshots, document_id, to)).to_delta())
        self._print(_styled(run.op, f"{_format(run.op)} {_MARKS[run.kind]}".strip()) for run in runs)

    async def blame(self, document_id: str, revision: int | None) -> None:
        """The content by lines, each with who wrote how it begins, and when."""
        at = await self.end(document_id, revision)
        attribution = await self.attribution(document_id, at)
        content = await content_at(self.store.log, self.store.snapshots, document_id, at)
        names = await self.names(run.stroke.user_id for run in attribution.runs() if run.stroke is not None)
        colours = {user: _COLOURS[number % len(_COLOURS)] for number, user in enumerate(names)}
        width = max([len(name) for name in names.values()], default=1)
        line, head, index = Text(), None, 0
        for run in attribution.runs():
            stroke = run.stroke
            for op in content.slice(index, index + run.length).ops:
                for piece in _clean(_text(op)).splitlines(keepends=True):
                    if head is None:
                        name = "" if stroke is None else names[stroke.user_id]
                        when = (
                            "" if stroke is None else protocol.format_time(stroke.at)[:16].replace("T", " ")
                        )
                        head = Text(f"{name:<{width}}  {when:<16}  ", "dim")
                    line.append(piece.rstrip("\n"), "" if stroke is None else colours[stroke.user_id])
                    if piece.endswith("\n"):
                        self.console.print(head + line, soft_wrap=True)
                        line, head = Text(), None
            index += run.length

    async def attribution(self, document_id: str, revision: int) -> Attribution:
        """Who wrote what, worked out from the first change on."""
        found = Attribution.empty()
        async for page in changes_between(self.store.log, document_id, 0, revision):
            for change in page:
                back = restored(change)
                if back is None:
                    found.apply(change)
                else:
                    found.restore(change, await self.attribution(document_id, back))
        return found

    async def names(self, user_ids: Iterable[str]) -> dict[str, str]:
        """What they are called, in the order in which they come."""
        wanted = list(dict.fromkeys(user_ids))

        def work(connection: Connection) -> dict[str, Any]:
            return dict(people.by_ids(connection, wanted))

        found = await self.store.database.read(work)
        return {user: found[user].name if user in found else "Somebody" for user in wanted}

    def _print(self, runs: Iterable[Text]) -> None:
        line = Text()
        for run in runs:
            line.append_text(run)
        self.console.print(line, end="", soft_wrap=True)


def run(settings: Settings, verb: str, document_id: str, *arguments: Any) -> None:
    """Open the store to look, do one thing, close it.  Raises what the store and the verb raise."""

    async def work() -> None:
        store = await asyncio.to_thread(lambda: open_store(settings, read_only=True))
        try:
            await getattr(Reader(store, Console(highlight=False)), verb)(document_id, *arguments)
        finally:
            await asyncio.to_thread(store.close)

    asyncio.run(work())


def _text(op: Op) -> str:
    """What is seen of an insert; an embed by its name."""
    return from_units(op.value) if isinstance(op.value, str) else f"[{next(iter(op.value))}]"


def _styled(op: Op, style: str) -> Text:
    return Text(_clean(_text(op)), style)


def _clean(text: str) -> str:
    """Without what a terminal would obey: content is inert here too."""
    return _CONTROLS.sub("\ufffd", text)


def _format(op: Op) -> str:
    return " ".join(
        style for name, style in _STYLES.items() if op.attributes and op.attributes.get(name) is True
    )
