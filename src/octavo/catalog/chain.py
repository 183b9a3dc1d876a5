"""The hash chain over a document's changes: bit rot and forks show, yet a payload can be taken away.

    link_n    = SHA-256(link_{n-1}, statement_n, SHA-256(salt_n, payload_n))
    statement = revision, client id, seq, user id, timestamp, base revision

The payload is what a person wrote (ops, digest, `at`, origin).  It enters only as a salted hash, so redaction
can remove payload and salt and keep the hash, from which nobody can guess even short texts.  Pure.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from octavo.protocol import Change

GENESIS: Final = bytes(32)
"""The link before the first change."""

SALT_BYTES: Final = 16

_encode: Final = msgspec.json.Encoder().encode


def link(previous: bytes, change: Change, salt: bytes) -> bytes:
    """The chain's value after `change`: 32 bytes."""
    payload = b"%b%b%b\n%b\n%b" % (
        salt,
        change.digest,
        change.ops,
        b"" if change.at is None else change.at.encode(),
        change.origin or b"",
    )
    statement = _encode(
        (
            change.revision,
            change.client_id,
            change.seq,
            change.user_id,
            change.timestamp,
            change.base_revision,
        )
    )
    return sha256(previous + sha256(payload).digest() + statement).digest()
