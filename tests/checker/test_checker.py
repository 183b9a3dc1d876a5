"""A checker that finds nothing proves nothing: each violation is planted, and found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from octavo.delta import Delta
from tests.checker import (
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
    check,
)

HEAD = Delta().insert("cab\n")


def sound() -> Run:
    """Two clients, three changes, one unknown that was logged and one that was not, one refusal."""
    return Run(
        submitted=[
            Submitted("ada", 1, b"a", "ok", 1),
            Submitted("bob", 1, b"b", "ok", 2),
            Submitted("ada", 2, b"c", "unknown"),
            Submitted("bob", 2, b"x", "fail"),
            Submitted("bob", 3, b"y", "unknown"),
        ],
        log=[
            Logged(1, "ada", 1, b"a", Delta().insert("a"), "u-ada", 1.0),
            Logged(2, "bob", 1, b"b", Delta().retain(1).insert("b"), "u-bob", 2.0),
            Logged(3, "ada", 2, b"c", Delta().insert("c"), "u-ada", 3.0),
        ],
        reads=[Read("rest", 2, 3)],
        delivered=[Delivered("u-bob", 3, 3.5)],
        revoked=[Revoked("u-bob", 2, 3.0)],
        snapshots=[SnapshotTaken(0, Delta().insert("\n")), SnapshotTaken(2, Delta().insert("ab\n"))],
        finals=[Final("ada", 3, HEAD), Final("rest", 3, HEAD)],
        pointed=[Pointed("ada", 1, 0, 1), Pointed("bob", 0, 0, 0), Pointed("eve", 3, 0, 0)],
        seen=[Seen("bob", "ada", 3, 1, 2), Seen("ada", "bob", 3, 0, 0), Seen("ada", "eve", 3, 0, 0)],
    )


def test_a_sound_run_has_no_violations() -> None:
    assert check(sound()) == []


def lose(run: Run) -> None:
    run.submitted.append(Submitted("eve", 1, b"e", "ok", 4))


def double(run: Run) -> None:
    run.log.append(replace(run.log[0], revision=4, delta=Delta()))


def leave_a_gap(run: Run) -> None:
    run.log[2] = replace(run.log[2], revision=4)


def fork(run: Run) -> None:
    run.log.insert(2, replace(run.log[1], client_id="eve", delta=Delta()))


def acknowledge_elsewhere(run: Run) -> None:
    run.submitted[0] = replace(run.submitted[0], revision=2)


def change_a_body(run: Run) -> None:
    run.log[0] = replace(run.log[0], digest=b"other")


def log_what_was_refused(run: Run) -> None:
    run.log.append(Logged(4, "bob", 2, b"x", Delta()))


def swap_order(run: Run) -> None:
    run.log.append(Logged(4, "ada", 9, b"", Delta()))
    run.log.append(Logged(5, "ada", 8, b"", Delta()))


def read_stale(run: Run) -> None:
    run.reads.append(Read("rest", 3, 2))


def write_without_rights(run: Run) -> None:
    run.log.append(Logged(4, "bob", 7, b"", Delta(), "u-bob", 9.0))


def deliver_without_rights(run: Run) -> None:
    run.delivered.append(Delivered("u-bob", 3, 4.5))


def snapshot_one_early(run: Run) -> None:
    run.snapshots.append(SnapshotTaken(2, Delta().insert("a\n")))


def snapshot_past_the_head(run: Run) -> None:
    run.snapshots.append(SnapshotTaken(9, HEAD))


def diverge(run: Run) -> None:
    run.finals.append(Final("bob", 3, Delta().insert("cba\n")))


def diverge_in_a_type(run: Run) -> None:
    run.log.append(Logged(4, "ada", 3, b"", Delta().retain(1, {"x": 1})))
    run.finals = [Final("ada", 4, Delta().insert("c", {"x": True}).insert("ab\n"))]


def end_behind(run: Run) -> None:
    run.finals.append(Final("bob", 2, Delta().insert("ab\n")))


def show_a_cursor_elsewhere(run: Run) -> None:
    run.seen.append(Seen("eve", "ada", 3, 0, 2))


def push_the_cursor_of_another(run: Run) -> None:
    run.seen.append(Seen("eve", "bob", 3, 1, 1))


def write_before_the_rights_came_back(run: Run) -> None:
    run.revoked = [Revoked("u-ada", 2, 2.0, 1e9, 3)]


def log_what_does_not_fit(run: Run) -> None:
    run.log.append(Logged(4, "ada", 3, b"", Delta().retain(99).delete(1)))


PLANTED = [
    (lose, "lost"),
    (double, "once"),
    (leave_a_gap, "numbered"),
    (fork, "numbered"),
    (acknowledge_elsewhere, "revision"),
    (change_a_body, "body"),
    (log_what_was_refused, "refused"),
    (swap_order, "order"),
    (read_stale, "stale"),
    (write_without_rights, "rights"),
    (deliver_without_rights, "rights"),
    (snapshot_one_early, "snapshot"),
    (snapshot_past_the_head, "snapshot"),
    (diverge, "converged"),
    (diverge_in_a_type, "converged"),
    (end_behind, "converged"),
    (show_a_cursor_elsewhere, "cursor"),
    (push_the_cursor_of_another, "cursor"),
    (write_before_the_rights_came_back, "rights"),
    (log_what_does_not_fit, "replay"),
]


@pytest.mark.parametrize(("plant", "promise"), PLANTED, ids=[plant.__name__ for plant, _ in PLANTED])
def test_planted_violation_is_found(plant: Callable[[Run], None], promise: str) -> None:
    run = sound()
    plant(run)
    found = check(run)
    assert promise in [violation.promise for violation in found], [str(one) for one in found]
