"""The numbers of live editing, with the defaults of `docs/protocol.md` section 5.  Seconds, bytes, code units."""

from __future__ import annotations

from dataclasses import dataclass

from octavo.protocol import Lock


@dataclass(frozen=True, slots=True)
class HostSettings:
    document_units: int = 1_500_000
    components: int = 10_000
    message_bytes: int = 1 << 20
    operations_per_second: int = 100
    editors: int = 100
    recent_changes: int = 2_000
    recent_bytes: int = 4 << 20
    batch_changes: int = 1_000
    queue_bytes: int = 16 << 20
    unload_after: float = 300.0
    memory_bytes: int = 1 << 30
    poll_every: float | None = None
    """Read the heads of open documents this often, for hints that were lost; None when there is one node only."""
    confirm_within: float | None = None
    """Deliver nothing once the rights could not be confirmed for so long; None when there is one node only."""
    submit_timeout: float = 10.0
    presence_window: float = 0.05


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a document's owner has set that counts when an operation lands, whoever submits it."""

    lock: Lock | None = None
    """Why nobody may write now."""
    suggesting: bool = True
    """Whether those who may not edit may suggest."""
