"""Editing sessions: who wrote together, until nobody did for five minutes or the day (UTC) was over.

A session is read change by change beside its content, in which each unit that somebody touched bears a mark; from
these marks and the headings above them follows what a person would say was done.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from octavo.delta import Content, Delta, Insert, Op, Retain
from octavo.delta.ops import DELETE, INSERT, Attributes, from_units
from octavo.history.tracking import restored
from octavo.protocol import Change

PAUSE_SECONDS: Final = 300
DAY_SECONDS: Final = 86_400
MOST_PARTS: Final = 6
SECTION_UNITS: Final = 80
"""So much of a heading names its section."""

_INSERTED, _FORMATTED, _DELETED = "@i", "@f", "@d"
_MARKS: Final = (_INSERTED, _FORMATTED, _DELETED)


@dataclass(slots=True)
class Share:
    """How many code units of text somebody inserted and deleted, in how many changes."""

    inserted: int = 0
    deleted: int = 0
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that somebody did: `action` is wrote, rewrote, edited, deleted, formatted, added or restored.

    `section` is the heading that it stands under (None: before any); `blocks` what was added there: heading, list,
    quote, code, image, divider, table.  `revision` is what was restored.
    """

    user_id: str
    action: str
    section: str | None = None
    blocks: Sequence[str] = ()
    revision: int | None = None


@dataclass(slots=True)
class Session:
    """The changes after `from_revision` up to `to_revision`; times are seconds since 1970."""

    from_revision: int
    to_revision: int
    started_at: int
    ended_at: int
    shares: dict[str, Share] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    @property
    def inserted(self) -> int:
        return sum(share.inserted for share in self.shares.values())

    @property
    def deleted(self) -> int:
        return sum(share.deleted for share in self.shares.values())

    def takes(self, change: Change) -> bool:
        """Whether a change still belongs to it."""
        return (
            change.timestamp - self.ended_at < PAUSE_SECONDS
            and change.timestamp // DAY_SECONDS == self.started_at // DAY_SECONDS
        )

    def count(self, change: Change) -> None:
        """One more change."""
        self.to_revision = change.revision
        self.ended_at = max(self.ended_at, change.timestamp)
        share = self.shares.setdefault(change.user_id, Share())
        share.changes += 1
        for op in change.delta.ops:
            if op.kind == INSERT:
                share.inserted += op.length
            elif op.kind == DELETE:
                share.deleted += op.length


def begun(change: Change) -> Session:
    """The session that a change begins, still without it."""
    return Session(change.revision - 1, change.revision - 1, change.timestamp, change.timestamp)


class Grouping:
    """Takes a document's changes in order; `closed` are the sessions that are over, `session` is the present one."""

    def __init__(self, content: Content) -> None:
        """`content` is that before the first change; it is this object's from now on."""
        self._content = content
        self.session: Session | None = None
        self._restored: list[Part] = []

    def apply(self, change: Change) -> Session | None:
        """The next change; returns the session that it closes, complete."""
        closed = None
        if self.session is not None and not self.session.takes(change):
            closed = self.finished()
            self._content = Content.from_delta(_plain(self._content.to_delta()))
            self._restored = []
            self.session = None
        if self.session is None:
            self.session = begun(change)
        self.session.count(change)
        self._mark(change)
        return closed

    def finished(self) -> Session | None:
        """The present session as it stands, in words."""
        session = self.session
        if session is not None:
            told = {part.user_id for part in self._restored}
            others = {user: share for user, share in session.shares.items() if user not in told}
            parts = [*self._restored, *_parts(self._content.to_delta().ops, others)]
            session.parts = parts[:MOST_PARTS]
        return session

    def _mark(self, change: Change) -> None:
        back = restored(change)
        if back is not None:
            self._restored.append(Part(change.user_id, "restored", revision=back))
            self._content.apply(change.delta)
            return
        user = change.user_id
        ops: list[Op] = []
        index = 0
        cut = -1
        for op in change.delta.ops:
            if op.kind == INSERT:
                ops.append(Insert(op.value, {**(op.attributes or {}), _INSERTED: user}))
                index += op.length
            elif op.kind == DELETE:
                ops.append(op)
                cut = index
            else:
                ops.append(
                    op if op.attributes is None else Retain(op.length, {**op.attributes, _FORMATTED: user})
                )
                index += op.length
        self._content.apply(Delta(ops))
        if 0 <= cut < self._content.length:
            start: list[Op] = [Retain(cut, None)] if cut else []
            self._content.apply(Delta([*start, Retain(1, {_DELETED: user})]))


def _plain(content: Delta) -> Delta:
    """Without the marks."""
    ops: list[Op] = []
    for op in content.ops:
        attributes = {name: value for name, value in (op.attributes or {}).items() if name not in _MARKS}
        ops.append(Insert(op.value, attributes or None))
    return Delta(ops)


# --- what a person would say --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Work:
    """What one person did in one section."""

    inserted: int = 0
    cut: int = 0
    formatted: int = 0
    blocks: dict[str, None] = field(default_factory=dict)
    heading: bool = False

    @property
    def weight(self) -> int:
        return self.inserted + 20 * self.cut + self.formatted + 40 * len(self.blocks)


def _parts(runs: Iterable[Op], shares: Mapping[str, Share]) -> list[Part]:
    found: dict[tuple[str, str | None], _Work] = {}
    lengths: dict[str | None, int] = {}
    section: str | None = None
    line: list[Op] = []
    for run in runs:
        pieces = run.value.split("\n") if isinstance(run.value, str) else None
        if pieces is None:
            line.append(run)
            continue
        for number, piece in enumerate(pieces):
            if piece:
                line.append(Insert(piece, run.attributes))
            if number < len(pieces) - 1:
                section = _line(line, run.attributes or {}, section, found, lengths)
                line = []
    for user in shares:
        if not any(named == user for named, _ in found) and (shares[user].inserted or shares[user].deleted):
            found[user, None] = _Work(cut=1 if shares[user].deleted else 0)
    ranked = sorted(found.items(), key=lambda item: -item[1].weight)
    return _told(ranked, lengths)


def _line(
    line: Sequence[Op],
    end: Attributes,
    section: str | None,
    found: dict[tuple[str, str | None], _Work],
    lengths: dict[str | None, int],
) -> str | None:
    """Count one line; returns the section that the next one stands in."""
    if "header" in end:
        text = from_units("".join([op.value for op in line if isinstance(op.value, str)])).strip()
        section = text[:SECTION_UNITS] or section
    lengths[section] = lengths.get(section, 0) + sum([op.length for op in line])

    def work(user: str) -> _Work:
        return found.setdefault((user, section), _Work())

    for op in line:
        marks = op.attributes or {}
        if _INSERTED in marks:
            doing = work(marks[_INSERTED])
            doing.inserted += op.length
            if not isinstance(op.value, str):
                doing.blocks.setdefault(_kind_of_embed(op.value))
        if _DELETED in marks:
            work(marks[_DELETED]).cut += 1
        if _FORMATTED in marks and _INSERTED not in marks:
            work(marks[_FORMATTED]).formatted += op.length
    writer = end.get(_INSERTED) or end.get(_FORMATTED)
    if _DELETED in end:
        work(end[_DELETED]).cut += 1
    if writer is not None:
        block = _kind_of_line(end)
        if block is not None and (_INSERTED in end or _FORMATTED in end):
            work(writer).blocks.setdefault(block)
        elif _INSERTED in end and not line:
            work(writer).inserted += 1
        elif _FORMATTED in end and _INSERTED not in end:
            work(writer).formatted += 1
        if block == "heading" and any(_INSERTED in (op.attributes or {}) for op in line):
            work(writer).heading = True
    return section


def _kind_of_embed(value: Any) -> str:
    for name, kind in (("image", "image"), ("divider", "divider"), ("page-break", "page-break")):
        if name in value:
            return kind
    return "table" if any(name.startswith("table") for name in value) else "object"


def _kind_of_line(end: Attributes) -> str | None:
    for name, kind in (
        ("code-block", "code"),
        ("header", "heading"),
        ("list", "list"),
        ("blockquote", "quote"),
    ):
        if name in end:
            return kind
    return None


def _told(
    ranked: Sequence[tuple[tuple[str, str | None], _Work]], lengths: Mapping[str | None, int]
) -> list[Part]:
    parts: list[Part] = []
    for (user, section), work in ranked:
        blocks = [block for block in work.blocks if block != "heading"]
        parts.append(Part(user, _action(work, blocks, lengths.get(section, 0)), section, blocks))
    return parts


def _action(work: _Work, blocks: Sequence[str], length: int) -> str:
    """Which word fits best."""
    if not work.inserted and not blocks:
        return "deleted" if work.cut else "formatted"
    if work.heading:
        return "wrote"
    if blocks and work.cut <= 1:
        return "added"
    if work.cut and 2 * work.inserted >= length > 40:
        return "rewrote"
    return "wrote" if work.inserted >= 40 and work.cut <= 2 else "edited"


_BLOCKS: Final = {
    "list": "a list",
    "quote": "a quote",
    "code": "code",
    "image": "an image",
    "divider": "a line",
    "page-break": "a page break",
    "table": "a table",
    "object": "an object",
}


def summary(session: Session, names: Mapping[str, str]) -> str:
    """A session in English: "Ada rewrote “Budget”, Bob added a list: +412 −96 characters"."""
    told = [_sentence(part, names.get(part.user_id, "Somebody")) for part in session.parts[:3]]
    counts = [f"+{session.inserted}"] if session.inserted else []
    if session.deleted:
        counts.append(f"−{session.deleted}")
    said = ", ".join(dict.fromkeys(told))
    if not counts:
        return said
    unit = "character" if session.inserted + session.deleted == 1 else "characters"
    return f"{said}: {' '.join(counts)} {unit}" if said else f"{' '.join(counts)} {unit}"


def _sentence(part: Part, name: str) -> str:
    where = f"“{part.section}”" if part.section else "text"
    if part.action == "restored":
        return f"{name} restored revision {part.revision}"
    if part.action == "added":
        things = " and ".join([_BLOCKS[block] for block in part.blocks[:2]])
        return f"{name} added {things}" + (f" to {where}" if part.section else "")
    if part.action == "deleted":
        return f"{name} deleted from {where}" if part.section else f"{name} deleted text"
    return f"{name} {part.action} {where}"


# --- the finer steps ----------------------------------------------------------------------------------------

STEP_SECONDS: Final = 30
MOST_STEPS: Final = 200


def steps(changes: Iterable[Change], most: int = MOST_STEPS) -> list[Session]:
    """What a session is made of: what one person did in a row.  At most `most` of them, the pauses wide enough."""
    fine: list[Session] = []
    for change in changes:
        last = fine[-1] if fine else None
        if (
            last is None
            or change.user_id not in last.shares
            or change.timestamp - last.ended_at >= STEP_SECONDS
            or change.timestamp - last.started_at >= 4 * STEP_SECONDS
            or (change.origin is not None and restored(change) is not None)
            or any(part.action == "restored" for part in last.parts)
        ):
            last = begun(change)
            back = restored(change)
            if back is not None:
                last.parts = [Part(change.user_id, "restored", revision=back)]
            fine.append(last)
        last.count(change)
    while len(fine) > most:
        fine = [_joined(fine[at : at + 2]) for at in range(0, len(fine), 2)]
    return fine


def _joined(few: Sequence[Session]) -> Session:
    first, last = few[0], few[-1]
    out = Session(first.from_revision, last.to_revision, first.started_at, last.ended_at)
    for one in few:
        out.parts += one.parts
        for user, share in one.shares.items():
            whole = out.shares.setdefault(user, Share())
            whole.inserted += share.inserted
            whole.deleted += share.deleted
            whole.changes += share.changes
    return out
