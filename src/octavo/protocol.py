"""`docs/protocol.md` as types: every message, code and limit, and the way to and from bytes.

Pure.  Lengths and indexes are UTF-16 code units, times whole seconds, sizes bytes.  The classes named as on
the page (`Hello`, `Welcome` …) are the JSON objects; `Operation` and `Change` are what the page calls so,
decoded once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from octavo.delta import Delta, wire
from octavo.errors import Invalid

SUBPROTOCOL: Final = "octavo.v1"
MAX_SAFE_INTEGER: Final = 2**53 - 1
CHANGES_PER_PAGE: Final = 1000
UPLOADS_SHOWN: Final = 8
"""At most so many images on their way does one client show to the others."""
WELCOME_BYTES: Final = 1 << 20
"""A `welcome` carries at most CHANGES_PER_PAGE changes or this many bytes of them; the rest follows."""


class CloseCode:
    """WebSocket close codes, `docs/protocol.md` section 3."""

    BAD_MESSAGE: Final = 4400
    TICKET: Final = 4401
    FORBIDDEN: Final = 4403
    NOT_FOUND: Final = 4404
    CLIENT_TAKEN: Final = 4408
    REPLACED: Final = 4409
    DELETED: Final = 4410
    TOO_LARGE: Final = 4413
    TOO_MANY: Final = 4429
    DRAINING: Final = 4503


# --- what clients send --------------------------------------------------------------------------------------


class Hello(msgspec.Struct, tag_field="type", tag="hello", frozen=True):
    client_id: str
    connection: int = 0
    epoch: str | None = None
    revision: int | None = None
    acks: bool = False


class OperationMessage(msgspec.Struct, tag_field="type", tag="operation", frozen=True):
    seq: int
    base_revision: int
    ops: list[Any]
    at: str | None = None
    origin: Any = None


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """`length` may be negative (selected backwards); `path` is a place inside a table."""

    index: int
    length: int = msgspec.field(default_factory=int)
    path: list[int | str] | UnsetType = UNSET


class Upload(msgspec.Struct, frozen=True):
    """The place of an image that is on its way to the document; `id` is its client's own."""

    id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")]
    index: Annotated[int, msgspec.Meta(ge=0, le=MAX_SAFE_INTEGER)]


Uploads = Annotated[list[Upload], msgspec.Meta(max_length=UPLOADS_SHOWN)]


class PresenceMessage(msgspec.Struct, tag_field="type", tag="presence", frozen=True):
    revision: int
    cursor: Cursor | None = None
    uploads: Uploads | UnsetType = UNSET


class Ping(msgspec.Struct, tag_field="type", tag="ping", frozen=True):
    pass


ClientMessage = Hello | OperationMessage | PresenceMessage | Ping

_client_decoder: Final[msgspec.json.Decoder[ClientMessage]] = msgspec.json.Decoder(ClientMessage)
_SEQ: Final = re.compile(rb'"seq"\s*:\s*(\d{1,16})(?![\d.eE])')
_TYPE: Final = re.compile(rb'^\s*\{\s*"type"\s*:\s*"([a-z]{1,16})"')
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KNOWN_TYPES: Final = ("hello", "operation", "presence", "ping")


class BadFrame(Invalid):
    """The frame cannot be answered by an error that names a `seq`: the socket is closed with 4400."""


def decode_client(data: bytes) -> ClientMessage:
    """A frame as a message.

    Raises Invalid with `seq` in its details for an operation whose seq can be read by any means, Invalid
    `INVALID_REQUEST` for a presence that cannot be read, and BadFrame for everything else that is wrong.
    """
    try:
        message = _client_decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise refusal(data, str(fault)) from None
    if isinstance(message, OperationMessage):
        if not 1 <= message.seq <= MAX_SAFE_INTEGER or not 0 <= message.base_revision <= MAX_SAFE_INTEGER:
            raise Invalid("INVALID_OPERATION", "seq counts from 1 and base_revision from 0", seq=message.seq)
    elif isinstance(message, Hello) and not valid_client_id(message.client_id):
        raise BadFrame("INVALID_REQUEST", "client_id must be 1 to 64 characters of A-Z a-z 0-9 _ -")
    return message


def refusal(data: bytes, fault: str) -> Invalid:
    """How a frame that cannot be taken is answered: BadFrame where no error can name a `seq`."""
    kind = _TYPE.match(data[:200])
    seq = read_seq(data)
    if seq is not None and (kind is None or kind.group(1) == b"operation"):
        return Invalid("INVALID_OPERATION", f"the operation cannot be read: {fault}", seq=seq)
    if kind is not None and kind.group(1) == b"presence":
        return Invalid("INVALID_REQUEST", f"the presence cannot be read: {fault}")
    return BadFrame("INVALID_REQUEST", f"the message cannot be read: {fault}")


def read_seq(data: bytes) -> int | None:
    """The `seq` of a frame that is not valid otherwise, by any means; None when there is none."""
    found = _SEQ.search(data)
    return int(found.group(1)) if found and int(found.group(1)) <= MAX_SAFE_INTEGER else None


def valid_client_id(client_id: str) -> bool:
    return _CLIENT_ID.fullmatch(client_id) is not None


# --- operations and changes ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Operation:
    """What a client submitted, exactly as received and never altered.

    With a `target` it is no change but an intent (a restore): whatever makes that content of the one under which it
    is logged; its delta is empty.
    """

    client_id: str
    seq: int
    user_id: str
    base_revision: int
    delta: Delta
    digest: bytes
    at: str | None = None
    origin: bytes | None = None
    target: Delta | None = None


@dataclass(slots=True)
class Change:
    """An operation the server has accepted: transformed, numbered, logged.

    `ops` is the delta's wire form as JSON: made once, logged, and sent to every peer as it is.  `digest`
    (SHA-256 of the base revision and ops *as received*) tells a resend from another operation under the same
    seq.
    """

    revision: int
    delta: Delta
    ops: bytes
    client_id: str
    seq: int
    user_id: str
    timestamp: int
    base_revision: int
    digest: bytes
    at: str | None = None
    origin: bytes | None = None


_encoder: Final = msgspec.json.Encoder()
_sorted_encoder: Final = msgspec.json.Encoder(order="sorted")
_any_decoder: Final = msgspec.json.Decoder()


def ops_to_json(delta: Delta) -> bytes:
    """A delta's wire form."""
    return _encoder.encode(wire.to_wire(delta))


def ops_from_json(data: bytes) -> Delta:
    """A delta from JSON that this program wrote (the log, a snapshot)."""
    return wire.from_wire(_any_decoder.decode(data))


def digest(base_revision: int, delta: Delta) -> bytes:
    """SHA-256 over base revision and ops, independent of spaces and of the order of members."""
    return hashlib.sha256(b"%d:" % base_revision + _sorted_encoder.encode(wire.to_wire(delta))).digest()


def restoring(client_id: str, user_id: str, revision: int, content: Delta) -> Operation:
    """The intent to go back to the content that a revision had; asking again under the same client id is a resend."""
    digest = hashlib.sha256(b"restore:%d" % revision).digest()
    origin = _encoder.encode({"restores": revision})
    return Operation(client_id, 1, user_id, 0, Delta(), digest, origin=origin, target=content)


def operation(message: OperationMessage, *, client_id: str, user_id: str, max_components: int) -> Operation:
    """The operation that a message carries.  Raises Invalid with the message's seq in the details."""
    try:
        if len(message.ops) > max_components:
            raise Invalid("TOO_LARGE", f"an operation has at most {max_components} components; send parts")
        delta = wire.from_wire(message.ops)
        origin = None if message.origin is None else _encoder.encode(message.origin)
        if origin is not None and not _is_origin(message.origin):
            raise Invalid(
                "INVALID_OPERATION", "origin is {undo: revision} or {paste: {from: revision, index: n}}"
            )
        if message.at is not None:
            parse_time(message.at)
    except Invalid as fault:
        fault.details["seq"] = message.seq
        raise
    return Operation(
        client_id,
        message.seq,
        user_id,
        message.base_revision,
        delta,
        digest(message.base_revision, delta),
        message.at,
        origin,
    )


def _is_origin(origin: Any) -> bool:
    """What a client may say of where an operation comes from; `restores` is the server's to say."""
    match origin:
        case {"undo": int(revision), **rest}:
            return revision >= 0 and not rest
        case {"paste": {"from": int(revision), "index": int(index), **more}, **rest}:
            return revision >= 0 and index >= 0 and not (more or rest)
    return False


def format_time(timestamp: int) -> str:
    """Seconds since 1970 as RFC 3339, UTC."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> int:
    """RFC 3339 as seconds since 1970.  Raises Invalid."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or len(text) > 40:
        raise Invalid("INVALID_OPERATION", f"{text[:40]!r} is not an RFC 3339 time with its zone")
    return int(moment.timestamp())


# --- what the server sends ----------------------------------------------------------------------------------


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    """`picture` is a path; without one initials are shown.  `guest`: somebody without an account."""

    id: str
    name: str
    color: str
    picture: str | None = None
    guest: bool = False


class Lock(msgspec.Struct, frozen=True):
    """Why a document is read-only for all, since when (RFC 3339) and by whom (None: the account is gone)."""

    reason: str
    at: str
    by: User | None


class Presence(msgspec.Struct, frozen=True):
    client_id: str
    user: User
    cursor: Cursor | None
    uploads: list[Upload] | UnsetType = UNSET


class Limits(msgspec.Struct, frozen=True):
    operations_per_second: int = 100
    message_bytes: int = 1 << 20
    components: int = 10_000


class WireChange(msgspec.Struct, frozen=True):
    """A change as a client reads it."""

    revision: int
    ops: list[Any]
    client_id: str
    seq: int
    user_id: str
    timestamp: str
    at: str | None = None
    origin: Any = None


class Content(msgspec.Struct, frozen=True):
    ops: list[Any]


class Welcome(msgspec.Struct, tag_field="type", tag="welcome", frozen=True):
    document_id: str
    epoch: str
    client_id: str
    user: User
    role: str
    revision: int
    content: Content | None
    changes: list[WireChange]
    last_seq: int
    last_seq_revision: int
    presences: list[Presence]
    limits: Limits


class Changes(msgspec.Struct, tag_field="type", tag="changes", frozen=True):
    changes: list[WireChange]


class Presences(msgspec.Struct, tag_field="type", tag="presence", frozen=True):
    revision: int
    presences: list[Presence]
    left: list[str] = []


class Ack(msgspec.Struct, tag_field="type", tag="ack", frozen=True):
    seq: int
    revision: int


class Event(msgspec.Struct, tag_field="type", tag="event", frozen=True):
    event: str
    data: Any


class Error(msgspec.Struct, tag_field="type", tag="error", frozen=True, omit_defaults=True):
    code: str
    message: str
    seq: int | None = None
    retry_after_ms: int | None = None
    current_revision: int | None = None
    missing_operations: str | None = None


class Redirect(msgspec.Struct, tag_field="type", tag="redirect", frozen=True):
    after_ms: int


class Pong(msgspec.Struct, tag_field="type", tag="pong", frozen=True):
    pass


ServerMessage = Welcome | Changes | Presences | Ack | Event | Error | Redirect | Pong

_server_decoder: Final[msgspec.json.Decoder[ServerMessage]] = msgspec.json.Decoder(ServerMessage)


def encode(message: ServerMessage | ClientMessage) -> bytes:
    return _encoder.encode(message)


def decode_server(data: bytes | str) -> ServerMessage:
    """A frame from the server.  Raises Invalid."""
    try:
        return _server_decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Invalid("INVALID_REQUEST", f"the server sent what this client cannot read: {fault}") from None


def change_json(change: Change) -> bytes:
    """One change as it stands in a `changes` frame; its ops are copied, not encoded again."""
    extra = b""
    if change.at is not None:
        extra = b',"at":' + _encoder.encode(change.at)
    if change.origin is not None:
        extra += b',"origin":' + change.origin
    return b'{"revision":%d,"ops":%b,"client_id":"%b","seq":%d,"user_id":"%b","timestamp":"%b"%b}' % (
        change.revision,
        change.ops,
        change.client_id.encode(),
        change.seq,
        change.user_id.encode(),
        format_time(change.timestamp).encode(),
        extra,
    )


def changes_frame(changes: Iterable[Change]) -> bytes:
    """The frame for everybody: the same bytes for every client of the document, its author included."""
    return b'{"type":"changes","changes":[' + b",".join([change_json(change) for change in changes]) + b"]}"


def welcome_frame(welcome: Welcome, *, content: bytes | None, changes: Sequence[Change]) -> bytes:
    """A `welcome` around content and changes that are JSON already (`content`: the list of ops)."""
    head = _encoder.encode(welcome)
    body = b"null" if content is None else b'{"ops":' + content + b"}"
    tail = b'"content":%b,"changes":[%b]' % (body, b",".join([change_json(change) for change in changes]))
    return head.replace(b'"content":null,"changes":[]', tail, 1)
