"""Editing sessions, and what a person would say of them."""

from __future__ import annotations

from octavo.delta import Content, Delta
from octavo.history.sessions import DAY_SECONDS, Grouping, Session, begun, steps, summary
from tests.history.logs import Log, random_log

NAMES = {"ada": "Ada", "bob": "Bob"}


def grouped(log: Log) -> list[Session]:
    grouping = Grouping(Content())
    found = [session for change in log.changes if (session := grouping.apply(change)) is not None]
    last = grouping.finished()
    return found if last is None else [*found, last]


def told(log: Log) -> str:
    return summary(grouped(log)[-1], NAMES)


def budget() -> Log:
    """A document with two sections, written by ada long ago."""
    log = Log()
    text = "An old sentence about how much money there is left to spend."
    log.add(
        Delta()
        .insert("Budget")
        .insert("\n", {"header": 1})
        .insert(text + "\nPlan")
        .insert("\n", {"header": 1}),
        "ada",
        0,
    )
    return log


def test_five_minutes_or_the_end_of_a_day_close_a_session() -> None:
    log = Log()
    for at in (0, 299, 598, 898, 899, DAY_SECONDS - 1, DAY_SECONDS):
        log.add(Delta().insert("x"), "ada", at)
    ranges = [(session.from_revision, session.to_revision) for session in grouped(log)]
    assert ranges == [(0, 3), (3, 5), (5, 6), (6, 7)]


def test_sessions_cover_every_change_once() -> None:
    for seed in range(30):
        log = random_log(seed)
        at = 0
        for session in grouped(log):
            assert session.from_revision == at
            at = session.to_revision
            changes = log.changes[session.from_revision : at]
            assert sum(share.changes for share in session.shares.values()) == len(changes)
            assert session.inserted - session.deleted == sum(one.delta.change_length for one in changes)
        assert at == len(log.changes)


def test_a_summary_a_person_would_write() -> None:
    log = budget()
    log.add(
        Delta().retain(7).insert("A new one, which says that there is no money at all.").delete(60),
        "ada",
        1000,
    )
    end = log.contents[-1].change_length - 1
    log.add(Delta().retain(end).insert("milk").insert("\n", {"list": "bullet"}), "bob", 1010)
    assert told(log) == "Ada rewrote “Budget”, Bob added a list to “Plan”: +57 −60 characters"


def test_words_for_what_was_done() -> None:
    log = budget()
    log.add(Delta().retain(7).delete(20), "ada", 1000)
    assert told(log) == "Ada deleted from “Budget”: −20 characters"
    log.add(Delta().retain(7).retain(10, {"bold": True}), "bob", 2000)
    assert told(log) == "Bob formatted “Budget”"
    log.add(Delta().retain(9).insert("x"), "bob", 3000)
    assert told(log) == "Bob edited “Budget”: +1 character"
    log.add(log.contents[-1].diff(log.contents[1]), "ada", 4000, {"restores": 1})
    assert told(log).startswith("Ada restored revision 1: ")
    log.add(Delta().insert("Preface").insert("\n", {"header": 1}).insert("Words\n"), "ada", 5000)
    assert told(log) == "Ada wrote “Preface”: +14 characters"
    log.add(Delta().insert({"image": "/api/v1/images/x"}), "gone", 6000)
    assert told(log) == "Somebody added an image to “Preface”: +1 character"


def test_steps_are_what_one_person_did_in_a_row() -> None:
    log = Log()
    for user, at in (("ada", 0), ("ada", 5), ("bob", 6), ("ada", 7), ("ada", 40), ("ada", 41)):
        log.add(Delta().insert("xy"), user, at)
    found = steps(log.changes)
    assert [(one.from_revision, one.to_revision, list(one.shares)) for one in found] == [
        (0, 2, ["ada"]),
        (2, 3, ["bob"]),
        (3, 4, ["ada"]),
        (4, 6, ["ada"]),
    ]
    few = steps(log.changes, most=2)
    assert [(one.from_revision, one.to_revision, list(one.shares)) for one in few] == [
        (0, 3, ["ada", "bob"]),
        (3, 6, ["ada"]),
    ]
    assert sum(one.inserted for one in few) == 12


def test_a_session_without_words_says_nothing() -> None:
    log = Log()
    log.add(Delta(), "ada", 0)
    assert summary(grouped(log)[0], NAMES) == ""
    assert summary(begun(log.changes[0]), NAMES) == ""
