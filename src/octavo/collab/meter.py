"""What the host counts.  `server.py` gives one that feeds Prometheus; this one counts nothing."""

from __future__ import annotations


class Meter:
    """Called on the hot path: keep it cheap.  Times are seconds."""

    def committed(self, operations: int, seconds: float) -> None:
        """One batch became durable, `seconds` after it was given to the log."""

    def propagated(self, operations: int, transformed: int, seconds: float) -> None:
        """A batch was sent to its room, `seconds` after its first operation arrived; so many were transformed."""

    def loaded(self, source: str, seconds: float) -> None:
        """A document was opened from "room", "snapshot" or "replay"."""

    def refused(self, code: str) -> None:
        """An operation or a message was refused."""

    def resynced(self) -> None:
        """A peer that was skipped, or that came back, was brought up to date from the log."""

    def race_lost(self) -> None:
        """Another node logged first."""

    def rooms(self, rooms: int, peers: int) -> None:
        """How many documents are open, and how many peers are in them."""
