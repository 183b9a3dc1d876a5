"""One judge of a run, for the simulation and for chaos alike: what clients saw against what the log holds."""

from tests.checker.checker import (
    Delivered,
    Final,
    Logged,
    Pointed,
    Read,
    Revoked,
    Run,
    Seen,
    SnapshotTaken,
    Submitted,
    Violation,
    check,
)

__all__ = [
    "Delivered",
    "Final",
    "Logged",
    "Pointed",
    "Read",
    "Revoked",
    "Run",
    "Seen",
    "SnapshotTaken",
    "Submitted",
    "Violation",
    "check",
]
