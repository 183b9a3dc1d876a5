"""A program's unacknowledged work in a file, so that it outlives the program.

The file holds one client's queue as the machine has it: what is in flight exactly as first sent and where it stands
now, the buffer, seq, epoch and revision.  It is replaced as a whole, and durable before anything of it is sent.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any, Final

import msgspec

from octavo.client.machine import InFlight, Machine
from octavo.delta import Delta, wire
from octavo.errors import Conflict, Invalid
from octavo.protocol import OperationMessage

VERSION: Final = 1


class _Sent(msgspec.Struct, forbid_unknown_fields=True):
    client_id: str
    seq: int
    base_revision: int
    ops: list[dict[str, Any]]
    moved: list[dict[str, Any]]
    at: str | None = None
    origin: Any = None


class Stored(msgspec.Struct):
    """What lies in the file.  `revision` is the one that `moved` and `buffer` stand on."""

    version: int
    document: str
    client_id: str
    seq: int
    epoch: str
    revision: int
    in_flight: _Sent | None = None
    buffer: list[dict[str, Any]] | None = None

    def pending(self) -> list[Delta]:
        """The work on the content at `revision`, in order."""
        found = [] if self.in_flight is None else [wire.from_wire(self.in_flight.moved)]
        return found if self.buffer is None else [*found, wire.from_wire(self.buffer)]

    def machine(self) -> Machine:
        """One that goes on exactly here."""
        sent = self.in_flight
        in_flight = None
        if sent is not None:
            message = OperationMessage(sent.seq, sent.base_revision, sent.ops, sent.at, sent.origin)
            in_flight = InFlight(sent.client_id, message, wire.from_wire(sent.moved))
        return Machine(
            self.client_id,
            epoch=self.epoch,
            revision=self.revision,
            seq=self.seq,
            in_flight=in_flight,
            buffer=None if self.buffer is None else wire.from_wire(self.buffer),
        )


class Outbox:
    """The file at `path`, held for as long as this object is open: of two programs the second is refused."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock: int | None = None

    def open(self, document_id: str) -> Stored | None:
        """Hold the file; what an earlier program left in it.  Raises Conflict and Invalid with what to do."""
        self._lock = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stored = self._read()
            if stored is not None and stored.document != document_id:
                raise Conflict(
                    "ALREADY_EXISTS",
                    f"{self._path} holds work for document {stored.document}; deliver that first, or use another file",
                )
        except OSError as fault:
            self.close()
            raise Conflict("ALREADY_EXISTS", f"another program holds {self._path}") from fault
        except BaseException:
            self.close()
            raise
        return stored

    def _read(self) -> Stored | None:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            stored = msgspec.json.decode(raw, type=Stored)
        except msgspec.DecodeError as fault:
            raise Invalid(
                "INVALID_REQUEST", f"{self._path} is not an outbox ({fault}); move it away"
            ) from fault
        if stored.version > VERSION:
            raise Invalid("INVALID_REQUEST", f"{self._path} was written by a newer version; use that one")
        return stored

    def write(self, document_id: str, machine: Machine) -> None:
        """Put down what the machine holds; durable when this returns.  Raises OSError."""
        if machine.synchronized or machine.revision is None or machine.epoch is None:
            self._path.unlink(missing_ok=True)
            return
        sent, held = machine.in_flight, machine.buffer
        stored = Stored(
            VERSION,
            document_id,
            machine.client_id,
            machine.seq,
            machine.epoch,
            machine.revision,
            None if sent is None else _sent(sent),
            None if held is None else wire.to_wire(held.delta),
        )
        partly = self._path.with_name(self._path.name + ".part")
        with partly.open("wb") as file:
            file.write(msgspec.json.encode(stored))
            file.flush()
            os.fsync(file.fileno())
        partly.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Let go of the file."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _sent(sent: InFlight) -> _Sent:
    message = sent.sent
    return _Sent(
        sent.client_id,
        message.seq,
        message.base_revision,
        list(message.ops),
        wire.to_wire(sent.moved),
        message.at,
        message.origin,
    )
