"""The laws of the history, on random logs and on a real one."""

from __future__ import annotations

from random import Random

import pytest

from octavo.delta import Content, Delta, DeltaBuilder
from octavo.history.contribution import Contribution, Reversal
from octavo.history.diff import DiffTracker, Marked, forward
from octavo.history.tracking import Attribution, restored
from tests.history.logs import Log, random_log, trace_log

SEEDS = range(60)


def attribution(log: Log, revision: int) -> Attribution:
    found = Attribution.empty()
    for change in log.changes[:revision]:
        back = restored(change)
        if back is None:
            found.apply(change)
        else:
            found.restore(change, attribution(log, back))
    return found


def diff(log: Log, first: int, last: int) -> list[Marked]:
    tracker = DiffTracker(first, log.contents[first])
    for change in log.changes[first:last]:
        back = restored(change)
        if back is None:
            tracker.apply(change)
        else:
            tracker.restore(change, log.contents[back], attribution(log, back))
    return tracker.result(log.contents[last])


def applied(content: Delta, change: Delta) -> Delta:
    out = Content.from_delta(content)
    out.apply(change)
    return out.to_delta()


def later(runs: list[Marked]) -> Delta:
    builder = DeltaBuilder()
    for run in runs:
        if run.kind != "deleted":
            builder.put(run.op)
    return builder.build()


def check(log: Log, first: int, last: int) -> None:
    runs = diff(log, first, last)
    assert later(runs) == log.contents[last]
    assert applied(log.contents[first], forward(runs)) == log.contents[last]
    by = {change.user_id for change in log.changes}
    for run in runs:
        assert run.kind == "kept" or (run.stroke is not None and run.stroke.user_id in by), run


@pytest.mark.parametrize("seed", SEEDS)
def test_a_diff_applied_to_the_first_gives_the_last(seed: int) -> None:
    random, log = Random(seed), random_log(seed)
    for _ in range(6):
        first = random.randint(0, 39)
        check(log, first, random.randint(first, 40))


@pytest.mark.parametrize("seed", SEEDS)
def test_attribution_adds_up_to_the_content_and_survives_being_kept(seed: int) -> None:
    log = random_log(seed)
    found = Attribution.empty()
    for change in log.changes:
        back = restored(change)
        if back is None:
            found.apply(change)
        else:
            found.restore(change, attribution(log, back))
        content = log.contents[change.revision]
        assert sum(run.length for run in found.runs()) == content.change_length
        assert found.marked.text() == Content.from_delta(content).text()
        kept = Attribution.unpack(change.revision, found.pack(), content)
        assert kept.runs() == found.runs()
        if change.revision % 3 == 0:
            found = kept


def test_attribution_that_does_not_fit_is_refused() -> None:
    log = random_log(1)
    packed = attribution(log, 30).pack()
    for content in (Delta().insert("\n"), log.contents[30].compose(Delta().insert("more"))):
        with pytest.raises(ValueError, match="does not fit"):
            Attribution.unpack(30, packed, content)


def test_a_real_one() -> None:
    log = trace_log(1_500)
    assert sum(run.length for run in attribution(log, 1_500).runs()) == log.contents[1_500].change_length
    content = Content()
    for change in log.changes:
        content.apply(change.delta)
        if change.revision % 97 == 0:
            assert content.to_delta() == log.contents[change.revision]
    for first, last in ((0, 1_500), (100, 1_200), (700, 701), (900, 900)):
        check(log, first, last)


def test_restored_text_is_its_authors_and_no_change() -> None:
    log = Log()
    log.add(Delta().insert("written by ada"), "ada", 0)
    log.add(Delta().delete(14).insert("bob"), "bob", 100)
    log.add(log.contents[2].diff(log.contents[1]), "bob", 200, {"restores": 1})
    assert [(run.length, run.stroke and run.stroke.user_id) for run in attribution(log, 3).runs()] == [
        (14, "ada"),
        (1, None),
    ]
    assert [run.kind for run in diff(log, 1, 3)] == ["kept"]


def test_who_claims_to_restore_and_does_not_is_the_author() -> None:
    log = Log()
    log.add(Delta().insert("ada"), "ada", 0)
    log.add(Delta().retain(3).insert("mallory"), "mallory", 100, {"restores": 1})
    assert [run.length for run in attribution(log, 2).runs()] == [3, 7, 1]


@pytest.mark.parametrize(("text", "origin"), [("twelve units", None), ("few", {"undo": 2})])
def test_text_that_was_cut_stays_its_authors_where_it_is_pasted(
    text: str, origin: dict[str, int] | None
) -> None:
    log, length = Log(), len(text)
    log.add(Delta().insert(text + "|"), "ada", 0)
    log.add(Delta().delete(length), "bob", 100)
    log.add(Delta().retain(1).insert(text), "bob", 200, origin)
    runs = attribution(log, 3).runs()
    assert [run.stroke and run.stroke.user_id for run in runs] == ["ada", None]
    kinds = [(run.kind, run.op.value) for run in diff(log, 1, 3)]
    assert kinds == [("deleted", text), ("kept", "|"), ("inserted", text), ("kept", "\n")]


def test_short_text_typed_again_is_whose_hand_typed_it() -> None:
    log = Log()
    log.add(Delta().insert("few"), "ada", 0)
    log.add(Delta().delete(3), "bob", 100)
    log.add(Delta().insert("few"), "bob", 200)
    assert [run.stroke and run.stroke.user_id for run in attribution(log, 3).runs()] == ["bob", None]


def test_letters_deleted_one_by_one_come_back_as_what_they_were() -> None:
    log = Log()
    log.add(Delta().insert("hello"), "ada", 0)
    for left in range(4, -1, -1):
        log.add(Delta().retain(left).delete(1), "bob", 100)
    log.add(Delta().insert("hello"), "bob", 101, {"undo": 6})
    assert [run.stroke and run.stroke.user_id for run in attribution(log, 7).runs()] == ["ada", None]
    assert [run.kind for run in diff(log, 1, 7)] == ["kept"]


def test_formats_and_blocks_are_told_with_what_was_there() -> None:
    log = Log()
    log.add(Delta().insert("one").insert("\n", {"header": 1}), "ada", 0)
    log.add(Delta().retain(3, {"bold": True}).retain(1, {"header": 2}), "bob", 100)
    text, end, last = diff(log, 1, 2)
    assert (text.kind, text.before, text.op.attributes) == ("formatted", {"bold": None}, {"bold": True})
    assert (end.kind, end.before, end.op.attributes) == ("formatted", {"header": 1}, {"header": 2})
    assert end.stroke is not None
    assert end.stroke.user_id == "bob"
    assert last.kind == "kept"


# --- contributions ------------------------------------------------------------------------------------------


def reversal(log: Log, user: str, first: int, last: int) -> Reversal:
    found = Contribution(user, first, last, Content.from_delta(log.contents[first]))
    for change in log.changes[first:]:
        found.apply(change)
    return found.result()


@pytest.mark.parametrize("seed", SEEDS)
def test_reverting_all_of_one_person_alone_is_going_back(seed: int) -> None:
    """Where nobody built on it: the last changes are all of one person."""
    log = random_log(seed)
    first = 30
    for change in log.changes[first:]:
        change.user_id = "A"
    found = reversal(log, "A", first, 40)
    assert applied(log.contents[-1], found.delta) == log.contents[first]
    assert (found.prevented_deletions, found.prevented_formats) == (0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_reverting_and_reverting_that_gives_the_original(seed: int) -> None:
    random, log = Random(seed), random_log(seed)
    first = random.randint(0, 39)
    log.add(reversal(log, "A", first, random.randint(first, 40)).delta, "D", 10_000)
    log.add(reversal(log, "D", 40, 41).delta, "A", 10_001)
    assert log.contents[42] == log.contents[40]


def test_what_others_did_stays_and_what_they_prevented_is_said() -> None:
    log = Log()
    log.add(Delta().insert("ada was here"), "ada", 0)
    log.add(Delta().retain(4).insert("BOB "), "bob", 1)
    log.add(Delta().delete(3), "bob", 2)
    found = reversal(log, "ada", 0, 1)
    assert applied(log.contents[-1], found.delta) == Delta().insert("BOB \n")
    assert (found.changes, found.removes, found.prevented_deletions) == (1, 9, 3)


def test_formats_that_others_set_since_stay() -> None:
    log = Log()
    log.add(Delta().insert("text"), "ada", 0)
    log.add(Delta().retain(4, {"color": "#ff0000", "bold": True}), "bob", 1)
    log.add(Delta().retain(4, {"color": "#00ff00", "bold": None}), "ada", 2)
    found = reversal(log, "bob", 0, 2)
    assert found.delta.is_empty
    assert (found.reformats, found.prevented_formats) == (0, 4)
