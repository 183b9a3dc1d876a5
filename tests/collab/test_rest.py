"""The host as the rest of the server uses it: operations from elsewhere, any revision, unloading, going away."""

from __future__ import annotations

import asyncio

import pytest

from octavo.collab.host import LoopShare, RoomHost
from octavo.collab.opening import content_at
from octavo.collab.settings import HostSettings
from octavo.delta import Delta
from octavo.errors import Conflict, Invalid, Missing, Unavailable, Unknown
from octavo.ports import Snapshot
from octavo.protocol import CloseCode, ops_to_json
from tests.collab.stage import (
    DOCUMENT,
    Stage,
    closed,
    code_of,
    history,
    insert,
    on_stage,
    operation,
    submit,
)
from tests.simulation.virtual import VirtualLoop

# --- REST --------------------------------------------------------------------------------------------------------


@on_stage()
async def test_an_operation_from_elsewhere_is_one_ordinary_change(stage: Stage) -> None:
    """suitenumerique/docs #456, #2580: a write from REST while the document is open."""
    await stage.open()
    ada = await stage.join("ada")
    ada.type(insert(0, "ada "), base=0)
    await stage.settles()
    made = await submit(stage, operation("rest", 1, 0, insert(0, "rest ")))
    await stage.settles()
    assert (made.revision, ada.revisions()) == (2, [1, 2])
    assert await stage.text() == "ada rest \n"


@on_stage()
async def test_the_same_operation_twice_is_one_change(stage: Stage) -> None:
    await stage.open()
    one = operation("rest", 1, 0, insert(0, "r"))
    both = await asyncio.gather(submit(stage, one), submit(stage, one))
    assert [made.revision for made in both] == [1, 1]
    assert (await submit(stage, one)).revision == 1
    stage.log.failing = {"read"}
    assert await code_of(stage, one) == "UNAVAILABLE"


@on_stage()
async def test_what_is_refused_from_elsewhere_is_raised(stage: Stage) -> None:
    await stage.open()
    one = operation("rest", 5, 0, insert(0, "r"))
    await submit(stage, one)
    assert await code_of(stage, operation("rest", 5, 0, insert(0, "other"))) == "INVALID_OPERATION"
    assert await code_of(stage, operation("rest", 4, 1, insert(0, "late"))) == "INVALID_OPERATION"
    assert await code_of(stage, operation("rest", 6, 1, insert(0, "x"), user_id="thief")) == "FORBIDDEN"
    assert await code_of(stage, operation("b", 1, 9, insert(0, "x"))) == "REVISION_CONFLICT"
    assert await code_of(stage, operation("b", 1, 0, insert(0, "x")), role="viewer") == "FORBIDDEN"
    stage.roles["u-b"] = "viewer"
    assert await code_of(stage, operation("b", 1, 0, insert(0, "x"))) == "FORBIDDEN"
    stage.roles["u-b"] = None
    assert await code_of(stage, operation("b", 1, 0, insert(0, "x"))) == "FORBIDDEN"


@on_stage()
async def test_a_stolen_client_id_is_closed_when_its_owner_has_written(stage: Stage) -> None:
    await stage.open(nodes=2)
    thief = await stage.join("shared", user_id="u-eve")
    await submit(stage, operation("shared", 1, 0, insert(0, "mine"), user_id="u-ada"), node=1)
    thief.type(insert(0, "stolen"), base=0, seq=2)
    await stage.settles()
    assert closed(thief) == [CloseCode.CLIENT_TAKEN]
    assert len(await stage.logged()) == 1


@on_stage(HostSettings(submit_timeout=3.0))
async def test_a_store_that_does_not_answer_in_time_leaves_it_unknown(stage: Stage) -> None:
    await stage.open()
    stage.log.append_gate = asyncio.Event()
    one = operation("rest", 1, 0, insert(0, "r"))
    with pytest.raises(Unknown):
        await submit(stage, one)
    assert stage.loop.now >= 3.0
    stage.log.append_gate.set()
    await stage.settles()
    assert (await submit(stage, one)).revision == 1


@on_stage()
async def test_a_caller_who_went_away_changes_nothing(stage: Stage) -> None:
    await stage.open()
    stage.log.append_gate = asyncio.Event()
    one = operation("rest", 1, 0, insert(0, "r"))
    caller = asyncio.ensure_future(submit(stage, one))
    other = asyncio.ensure_future(submit(stage, one))
    await stage.settles()
    caller.cancel()
    await stage.settles()
    stage.log.append_gate.set()
    assert (await other).revision == 1


@on_stage()
async def test_who_waits_when_a_document_is_opened_afresh_is_told_to_send_again(stage: Stage) -> None:
    await stage.open()
    one = operation("rest", 1, 0, insert(0, "r"))
    await stage.host.content(DOCUMENT)
    stage.log.begin_epoch(DOCUMENT, "epoch-2", 0)
    assert await code_of(stage, one) == "UNAVAILABLE"
    assert (await submit(stage, one)).revision == 1
    stage.role_gate = asyncio.Event()
    waiting = asyncio.ensure_future(submit(stage, operation("rest", 2, 1, insert(0, "r"))))
    joining = asyncio.ensure_future(stage.join("ada"))
    await stage.settles()
    stage.host.rooms()[0].reset("for a test")
    stage.host.rooms()
    stage.role_gate.set()
    with pytest.raises(Unavailable):
        await waiting
    assert closed(await joining) == [CloseCode.DRAINING]


@on_stage()
async def test_what_is_meant_for_another_history_is_not_taken(stage: Stage) -> None:
    await stage.open()
    one = operation("rest", 1, 0, insert(0, "r"))
    with pytest.raises(Conflict) as caught:
        await stage.host.submit_operation(DOCUMENT, one, "owner", epoch="epoch-0")
    assert (caught.value.code, caught.value.details["epoch"]) == ("EPOCH_CHANGED", "epoch-1")
    assert await stage.logged() == []
    assert (await stage.host.submit_operation(DOCUMENT, one, "owner", epoch="epoch-1")).revision == 1
    stage.log.begin_epoch(DOCUMENT, "epoch-2", 0)  # and now it is the room that is behind
    with pytest.raises(Unavailable):
        await stage.host.submit_operation(DOCUMENT, one, "owner", epoch="epoch-2")
    assert (await stage.host.submit_operation(DOCUMENT, one, "owner", epoch="epoch-2")).revision == 1


@on_stage()
async def test_rights_that_change_while_they_are_read_are_read_again(stage: Stage) -> None:
    await stage.open()
    await stage.host.content(DOCUMENT)
    stage.role_gate = asyncio.Event()
    submitted = asyncio.ensure_future(submit(stage, operation("rest", 1, 0, insert(0, "r"))))
    joined = asyncio.ensure_future(stage.join("ada"))
    await stage.settles()
    stage.host.rooms()[0].room.fence = await stage.log.raise_fence(DOCUMENT)
    stage.role_gate.set()
    assert (await submitted).revision == 1
    assert (await joined).role == "editor"


# --- any revision ------------------------------------------------------------------------------------------------


@on_stage()
async def test_the_content_at_any_revision(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(5))
    await stage.snapshots.put(DOCUMENT, Snapshot(3, ops_to_json(Delta().insert("xxx\n"))))
    for revision in range(6):
        content = await stage.host.content_at(DOCUMENT, revision)
        assert content == Delta().insert("x" * revision + "\n")
    await stage.join("ada")
    assert await stage.host.content_at(DOCUMENT, 5) == Delta().insert("xxxxx\n")
    with pytest.raises(Missing, match="0 to 5"):
        await stage.host.content_at(DOCUMENT, 6)


@on_stage()
async def test_the_latest_content_for_a_job_opens_no_room(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(2))
    assert await stage.host.latest(DOCUMENT) == (2, Delta().insert("xx\n"))
    assert stage.host.rooms() == []
    ada = await stage.join("ada")
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "a"), base=2)
    await stage.settles()
    assert await stage.host.latest(DOCUMENT) == (2, Delta().insert("xx\n"))  # and nothing that is not durable


@on_stage()
async def test_a_damaged_snapshot_is_passed_over(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(5))
    for revision, content in ((1, ops_to_json(Delta().insert("x\n"))), (3, b"[{]"), (4, b'[{"retain":1}]')):
        await stage.snapshots.put(DOCUMENT, Snapshot(revision, content))
    assert await stage.text() == "xxxxx\n"


@on_stage()
async def test_snapshots_that_cannot_be_read_cost_only_time(stage: Stage) -> None:
    """hocuspocus #954: what stores contents may fail, and nothing else does."""
    await stage.open()
    stage.log.put(DOCUMENT, *history(3))

    async def latest(document_id: str, *, at_most: int | None = None) -> Snapshot | None:
        raise OSError("the disk is gone")

    stage.snapshots.latest = latest  # type: ignore[method-assign]
    assert await stage.text() == "xxx\n"


@on_stage()
async def test_a_log_that_grew_shorter_under_a_read_is_told(stage: Stage) -> None:
    await stage.open()
    with pytest.raises(Invalid, match="ends at 0"):
        await content_at(stage.log, stage.snapshots, DOCUMENT, 3)


# --- unloading and going away ------------------------------------------------------------------------------------


@on_stage(HostSettings(unload_after=300.0))
async def test_a_room_without_anybody_is_unloaded_after_five_minutes(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    await stage.passes(400.0)
    assert len(stage.host.rooms()) == 1
    ada.leave()
    await stage.passes(290.0)
    assert len(stage.host.rooms()) == 1
    await stage.passes(15.0)
    assert stage.host.rooms() == []


@on_stage(HostSettings(memory_bytes=50_000))
async def test_short_of_memory_the_longest_idle_go_first(stage: Stage) -> None:
    await stage.open()
    for name in ("d2", "d3", "d4"):
        await stage.open(name)
    for name in ("d3", "d2", "d4"):
        await stage.host.content(name)
        await stage.passes(0.1)
    await stage.join("ada")
    await stage.passes(2.0)
    assert [live.document_id for live in stage.host.rooms()] == ["d4", DOCUMENT]


@on_stage(HostSettings(unload_after=5.0))
async def test_a_room_is_not_unloaded_while_somebody_comes_in(stage: Stage) -> None:
    """hocuspocus #971: a document is unloaded while it is being loaded for somebody else."""
    await stage.open()
    (await stage.join("ada")).leave()
    stage.role_gate = asyncio.Event()
    joining = asyncio.ensure_future(stage.join("bob"))
    await stage.passes(20.0)
    [live] = stage.host.rooms()
    stage.role_gate.set()
    bob = await joining
    bob.type(insert(0, "b"), base=0)
    await stage.settles()
    assert stage.host.rooms() == [live]
    assert bob.revisions() == [1]


@on_stage(HostSettings(unload_after=1.0))
async def test_a_room_with_work_is_not_unloaded(stage: Stage) -> None:
    """hocuspocus #738: what was accepted is stored before a document goes."""
    await stage.open()
    ada = await stage.join("ada")
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    ada.leave()
    await stage.passes(60.0)
    assert len(stage.host.rooms()) == 1
    stage.log.append_gate.set()
    await stage.passes(5.0)
    assert stage.host.rooms() == []
    assert len(await stage.logged()) == 1


@on_stage()
async def test_a_drain_sends_everybody_away_and_stores_what_was_accepted(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    await stage.settles()
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "a"), base=0)
    bob.type(insert(0, "b"), base=0)
    draining = asyncio.ensure_future(stage.host.drain(1500))
    await stage.passes(0.5)
    assert (ada.redirects(), draining.done()) == ([1500], False)
    stage.log.append_gate.set()
    await draining
    assert sorted(ada.revisions()) == [1, 2]
    late = await stage.join("late")
    assert closed(late) == [CloseCode.DRAINING]
    assert await code_of(stage, operation("rest", 1, 0, insert(0, "r"))) == "UNAVAILABLE"


@on_stage()
async def test_a_drain_waits_for_a_store_that_is_gone_only_so_long(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "a"), base=0)
    started = stage.loop.now
    await stage.host.drain(1500)
    assert 3.9 <= stage.loop.now - started <= 4.2


@on_stage()
async def test_two_who_open_a_document_at_once_open_it_once(stage: Stage) -> None:
    """liveblocks #1377: two clients open an empty document, and its first content stands there twice."""
    await stage.open()
    one = operation("template", 1, 0, insert(0, "template"))
    await asyncio.gather(stage.join("ada"), stage.join("bob"), submit(stage, one), submit(stage, one))
    assert len(stage.host.rooms()) == 1
    assert stage.log.asked["head"] == 1
    assert await stage.text() == "template\n"


@on_stage()
async def test_a_caller_who_gives_up_does_not_stop_the_others_from_opening(stage: Stage) -> None:
    await stage.open()
    stage.log.read_gate = asyncio.Event()
    first, second = [asyncio.ensure_future(stage.host.content(DOCUMENT)) for _ in range(2)]
    await stage.settles()
    first.cancel()
    await stage.settles()
    stage.log.read_gate.set()
    assert (await second)[0].revision == 0


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> int:
        return 0

    def monotonic(self) -> float:
        return self.at


def test_the_share_of_time_that_the_loop_works_is_measured_over_a_tenth_of_a_second() -> None:
    watch = Watch()
    share = LoopShare(watch)
    sum(range(200_000))
    watch.at = 0.05
    assert share.share() == 0.0
    watch.at = 1000.0
    assert 0.0 < share.share() < 0.01
    watch.at = 1000.0 + 1e9
    sum(range(200_000))
    assert 0.0 < share.share() < 1e-6


def test_a_host_that_never_started_can_be_stopped() -> None:
    stage = Stage(VirtualLoop(), HostSettings())
    host = RoomHost(
        log=stage.log,
        snapshots=stage.snapshots,
        relay=stage.relay,
        clock=stage.clock,
        roles=stage.role,
    )
    host.stop()
    stage.loop.close()
    assert host.rooms() == []
    assert host.window() in (0.005, 0.01, 0.025)
