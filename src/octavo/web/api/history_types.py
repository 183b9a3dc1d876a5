"""The JSON objects of the history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from msgspec import UNSET, Struct, UnsetType

from octavo import protocol
from octavo.accounts import color_of
from octavo.catalog.history import Version
from octavo.delta import Delta, wire
from octavo.history.diff import Marked
from octavo.history.service import Compared, Grouped, Reverted
from octavo.history.sessions import Session, summary
from octavo.history.tracking import Run, Stroke
from octavo.protocol import format_time

People = Mapping[str, protocol.User]


def user_named(people: People, user_id: str) -> protocol.User:
    """A user; without a name when the account is gone."""
    return people.get(user_id) or protocol.User(user_id, "", color_of(user_id))


class VersionView(Struct):
    revision: int
    name: str
    user: protocol.User
    named_at: str


class Versions(Struct):
    versions: list[VersionView]


class VersionPut(Struct):
    name: str


def version_view(version: Version, people: People) -> VersionView:
    return VersionView(
        version.revision, version.name, user_named(people, version.user_id), format_time(version.named_at)
    )


class Contributor(Struct, omit_defaults=True):
    """A user, and how many code units they inserted and deleted."""

    id: str
    name: str
    color: str
    inserted: int
    deleted: int
    changes: int
    picture: str | None = None
    guest: bool = False


class PartView(Struct, omit_defaults=True):
    """What somebody did: wrote, rewrote, edited, deleted, formatted, added or restored; under which heading."""

    user_id: str
    action: str
    section: str | None = None
    blocks: list[str] = []
    revision: int | None = None


class SessionView(Struct, kw_only=True, omit_defaults=True):
    from_revision: int
    to_revision: int
    started_at: str
    ended_at: str
    users: list[Contributor]
    summary: str
    parts: list[PartView]
    inserted: int
    deleted: int
    name: str | UnsetType = UNSET
    versions: list[VersionView] = []


class HistoryView(Struct):
    sessions: list[SessionView]
    next_before: int | None


class StepsView(Struct):
    steps: list[SessionView]


def session_views(grouped: Grouped) -> list[SessionView]:
    names = {user_id: user.name for user_id, user in grouped.people.items() if user.name}
    return [
        _session_view(session, grouped.versions.get(session.from_revision, []), grouped.people, names)
        for session in grouped.sessions
    ]


def _session_view(
    session: Session, versions: list[Version], people: People, names: Mapping[str, str]
) -> SessionView:
    return SessionView(
        from_revision=session.from_revision,
        to_revision=session.to_revision,
        started_at=format_time(session.started_at),
        ended_at=format_time(session.ended_at),
        users=[
            Contributor(**_about(user_named(people, user_id)), **asdict(share))
            for user_id, share in session.shares.items()
        ],
        summary=summary(session, names),
        parts=[
            PartView(part.user_id, part.action, part.section, list(part.blocks), part.revision)
            for part in session.parts
        ],
        inserted=session.inserted,
        deleted=session.deleted,
        name=versions[0].name if versions else UNSET,
        versions=[version_view(version, people) for version in versions],
    )


def _about(user: protocol.User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "color": user.color,
        "picture": user.picture,
        "guest": user.guest,
    }


class MarkedOp(Struct, omit_defaults=True):
    """A run: `change` is inserted, deleted or formatted (absent: kept); `before`: the attributes it had."""

    insert: Any
    attributes: dict[str, Any] | UnsetType = UNSET
    change: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    at: str | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    before: dict[str, Any] | UnsetType = UNSET


class DiffView(Struct):
    from_revision: int
    to_revision: int
    ops: list[MarkedOp]
    users: list[protocol.User]


def diff_view(compared: Compared) -> DiffView:
    ops = [_marked_op(run) for run in compared.runs]
    return DiffView(
        compared.from_revision, compared.to_revision, ops, _users_of(compared.runs, compared.people)
    )


def _marked_op(run: Marked) -> MarkedOp:
    op = wire.to_wire(Delta([run.op]))[0]
    attributes = op.get("attributes", UNSET)
    if run.kind == "kept":
        return MarkedOp(op["insert"], attributes)
    stroke = run.stroke
    before = UNSET if run.before is None else run.before
    if stroke is None:
        return MarkedOp(op["insert"], attributes, run.kind, before=before)
    return MarkedOp(
        op["insert"], attributes, run.kind, stroke.user_id, format_time(stroke.at), stroke.last, before
    )


def _users_of(runs: Iterable[Marked | Run], people: People) -> list[protocol.User]:
    strokes: Iterable[Stroke | None] = (run.stroke for run in runs)
    found = dict.fromkeys(stroke.user_id for stroke in strokes if stroke is not None)
    return [user_named(people, user_id) for user_id in found]


class AttributedRun(Struct):
    """So many code units by a user (null: nobody), at a time, up to a revision."""

    length: int
    user_id: str | None
    at: str | None
    revision: int | None


class AttributionView(Struct):
    revision: int
    runs: list[AttributedRun]
    users: list[protocol.User]


def attribution_view(revision: int, runs: list[Run], people: People) -> AttributionView:
    return AttributionView(revision, [_attributed(run) for run in runs], _users_of(runs, people))


def _attributed(run: Run) -> AttributedRun:
    stroke = run.stroke
    if stroke is None:
        return AttributedRun(run.length, None, None, None)
    return AttributedRun(run.length, stroke.user_id, format_time(stroke.at), stroke.last)


class RestorePost(Struct):
    revision: int


class RevisionView(Struct):
    revision: int


class RevertPost(Struct):
    """Whose changes, after one revision up to another; `preview`: only say what would be done."""

    user_id: str
    from_revision: int
    to_revision: int
    preview: bool = False


class PreventedView(Struct):
    """Code units of theirs that others deleted since; whose formats others set since."""

    deleted: int
    formatted: int


class RevertView(Struct, kw_only=True):
    """`ops` is the change, at `base_revision`; `revision`: as which it was logged (null: not at all)."""

    revision: int | None
    base_revision: int
    ops: list[Any]
    changes: int
    removes: int
    returns: int
    reformats: int
    prevented: PreventedView


def revert_view(reverted: Reverted) -> RevertView:
    found = reverted.reversal
    return RevertView(
        revision=reverted.revision,
        base_revision=reverted.base_revision,
        ops=wire.to_wire(found.delta),
        changes=found.changes,
        removes=found.removes,
        returns=found.returns,
        reformats=found.reformats,
        prevented=PreventedView(found.prevented_deletions, found.prevented_formats),
    )
