"""What nodes tell each other over the relay, and how it is written.  All of it may be lost.

An envelope names its node, so that nobody heeds himself.  Changes travel along while they are small; whoever lacks the
ones before them reads the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from octavo.errors import OctavoError
from octavo.protocol import Change, Presence, ops_from_json

EVERYWHERE: Final = "*"
"""The topic of what concerns every node; all other topics are document ids."""

CARRIED_BYTES: Final = 8 << 10
"""Changes of more operations' bytes than this are only hinted at."""


class Carried(msgspec.Struct, frozen=True, array_like=True):
    """A change on its way between nodes."""

    revision: int
    ops: bytes
    client_id: str
    seq: int
    user_id: str
    timestamp: int
    base_revision: int
    digest: bytes
    at: str | None
    origin: bytes | None


class Changed(msgspec.Struct, frozen=True, array_like=True, tag="changed"):
    """The head is now `revision`; `changes`, if any, are the last ones up to it."""

    epoch: str
    revision: int
    changes: list[Carried]


class Rights(msgspec.Struct, frozen=True, array_like=True, tag="rights"):
    """Somebody's rights, or the lock, are others now: read them again."""


class Told(msgspec.Struct, frozen=True, array_like=True, tag="told"):
    """An `event` for the peers of a document, or for those of one user there, as its JSON."""

    event: bytes
    user_id: str | None


class Here(msgspec.Struct, frozen=True, array_like=True, tag="here"):
    """Who is with the sending node, stated at a revision; `whole`: nobody else is.  `editors` take so many places."""

    revision: int
    people: list[Presence]
    left: list[str]
    whole: bool
    editors: int


class Ask(msgspec.Struct, frozen=True, array_like=True, tag="ask"):
    """This node has just begun to listen: who is with the others?"""


class Claim(msgspec.Struct, frozen=True, array_like=True, tag="claim"):
    """A client said hello on its so-maniest connection; of equal ones the later `stamp` (milliseconds) stays."""

    client_id: str
    user_id: str
    connection: int
    stamp: int


class Spent(msgspec.Struct, frozen=True, array_like=True, tag="spent"):
    """So many operations of a user were let through lately, which the others count too."""

    user_id: str
    operations: int


class Ended(msgspec.Struct, frozen=True, array_like=True, tag="ended"):
    """A login or a token has ended: so do its sockets."""

    grant: str


class Work(msgspec.Struct, frozen=True, array_like=True, tag="work"):
    """There is something for a job to do on a document."""

    job: str
    document_id: str


Hint = Changed | Rights | Told | Here | Ask | Claim | Spent | Ended | Work


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    node: str
    hint: Hint


_encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(_Envelope)


def write(node: str, hint: Hint) -> bytes:
    return _encode(_Envelope(node, hint))


def read(message: bytes) -> tuple[str, Hint] | None:
    """Who says what; None for what a node of another version says that this one does not understand."""
    try:
        envelope = _decoder.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return envelope.node, envelope.hint


def carry(epoch: str, revision: int, changes: Sequence[Change]) -> Changed:
    """The hint for changes that end at `revision`, with them while they are small."""
    carried: list[Carried] = []
    if sum(len(change.ops) for change in changes) <= CARRIED_BYTES:
        carried = [
            Carried(
                change.revision,
                change.ops,
                change.client_id,
                change.seq,
                change.user_id,
                change.timestamp,
                change.base_revision,
                change.digest,
                change.at,
                change.origin,
            )
            for change in changes
        ]
    return Changed(epoch, revision, carried)


def carried(hint: Changed) -> list[Change]:
    """The changes that came along, when they are consecutive and end where the hint says; else none."""
    changes: list[Change] = []
    expected = hint.revision - len(hint.changes)
    try:
        for one in hint.changes:
            expected += 1
            if one.revision != expected:
                return []
            changes.append(
                Change(
                    one.revision,
                    ops_from_json(one.ops),
                    one.ops,
                    one.client_id,
                    one.seq,
                    one.user_id,
                    one.timestamp,
                    one.base_revision,
                    one.digest,
                    one.at,
                    one.origin,
                )
            )
    except (msgspec.DecodeError, OctavoError):
        return []
    return changes
