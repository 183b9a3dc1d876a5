"""The host and its store: failures, races, fences, another history, what is old, what is unloaded."""

from __future__ import annotations

import asyncio

import pytest

from octavo.collab.opening import content_at
from octavo.collab.settings import HostSettings
from octavo.delta import Delta
from octavo.errors import Invalid, Missing, OctavoError, Unavailable, Unknown
from octavo.ports import AlreadyLogged, ClientRow, Snapshot
from octavo.protocol import Change, CloseCode, Operation, ops_to_json
from tests.collab.stage import DOCUMENT, Screen, Stage, change, insert, on_stage, operation

BROKEN = Unavailable("UNAVAILABLE", "the connection to the store broke")


def history(count: int) -> list[Change]:
    return [change(one, "x", one, one - 1, insert(0, "x")) for one in range(1, count + 1)]


async def submit(stage: Stage, one: Operation, role: str = "owner", node: int = 0) -> Change:
    return await stage.hosts[node].submit_operation(DOCUMENT, one, role)


async def code_of(stage: Stage, one: Operation, role: str = "owner") -> str:
    with pytest.raises(OctavoError) as caught:
        await submit(stage, one, role)
    return caught.value.code


def closed(*screens: Screen) -> list[int | None]:
    return [None if screen.closed is None else screen.closed[0] for screen in screens]


# --- a store that fails ------------------------------------------------------------------------------------------


@on_stage()
async def test_an_append_whose_answer_was_lost_is_found_in_the_log(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    stage.log.after = [BROKEN]
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert ada.revisions() == bob.revisions() == [1]
    assert ada.errors() == []
    assert len(await stage.logged()) == 1


@on_stage()
async def test_an_append_that_failed_is_tried_again(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.log.before = [BROKEN]
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert (ada.revisions(), ada.errors()) == ([1], [])


@on_stage()
async def test_from_the_second_failure_on_authors_are_told_and_nothing_is_dropped(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    stage.log.before = [BROKEN] * 4
    ada.type(insert(0, "a"), base=0)
    await stage.passes(0.1)
    bob.type(insert(0, "b"), base=0)
    await stage.passes(0.1)
    assert (ada.errors(), bob.errors()) == ([(1, "UNAVAILABLE")], [(1, "UNAVAILABLE")])
    await stage.passes(5.0)
    assert (ada.revisions(), await stage.text()) == ([1], "a\n")
    bob.type(insert(0, "b"), base=0, seq=1)
    await stage.settles()
    assert await stage.text() == "ab\n"


@on_stage()
async def test_a_log_that_cannot_be_read_is_read_again(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.log.before = [BROKEN]
    stage.log.failing = {"read"}
    ada.type(insert(0, "a"), base=0)
    await stage.passes(1.0)
    assert ada.errors() == [(1, "UNAVAILABLE")]
    stage.log.failing = set()
    await stage.passes(5.0)
    assert ada.revisions() == [1]


@on_stage()
async def test_a_read_error_is_never_an_empty_document(stage: Stage) -> None:
    """etherpad #5137: a pad was overwritten, since its read error looked like a new pad."""
    await stage.open()
    stage.log.put(DOCUMENT, *history(3))
    stage.log.failing = {"read"}
    ada = await stage.join("ada")
    assert closed(ada) == [CloseCode.DRAINING]
    with pytest.raises(Unavailable):
        await stage.host.content(DOCUMENT)
    stage.log.failing = set()
    assert await stage.text() == "xxx\n"


@on_stage()
async def test_a_row_that_cannot_be_read_is_a_temporary_refusal(stage: Stage) -> None:
    await stage.open()
    stage.log.failing = {"client"}
    assert await code_of(stage, operation("rest", 1, 0, insert(0, "r"))) == "UNAVAILABLE"
    stage.log.failing = set()
    assert (await submit(stage, operation("rest", 1, 0, insert(0, "r")))).revision == 1


@on_stage()
async def test_a_row_that_the_room_did_not_know_of(stage: Stage) -> None:
    """The log has a later seq of the client than the room was told: what is in flight is judged anew."""
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    row = ClientRow("u-ada", 9, 1, b"")
    stage.log.put(DOCUMENT, change(1, "ada", 9, 0, insert(0, "A")))
    stage.log.before = [AlreadyLogged("ada", row)]
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "a"), base=0)
    bob.type(insert(0, "b"), base=0)
    await stage.settles()
    stage.log.append_gate.set()
    await stage.settles()
    assert [(one.client_id, one.seq) for one in await stage.logged()] == [("ada", 9), ("bob", 1)]
    assert bob.revisions() == [1, 2]


@on_stage()
async def test_a_damaged_log_is_told_and_not_served(stage: Stage) -> None:
    """etherpad #2455: a corrupt change stops its document, and no other."""
    await stage.open()
    stage.log.put(DOCUMENT, change(1, "x", 1, 0, insert(0, "x")), change(2, "x", 2, 1, insert(99, "x")))
    with pytest.raises(Unavailable, match="damaged at revision 2"):
        await stage.host.content(DOCUMENT)
    with pytest.raises(Unavailable, match="damaged at revision 2"):
        await stage.host.content_at(DOCUMENT, 2)
    await stage.open("d2")
    assert (await stage.host.content("d2"))[1].text() == "\n"


@on_stage()
async def test_a_fault_of_ours_costs_one_document_a_fresh_start(
    stage: Stage,
) -> None:
    await stage.open()
    ada = await stage.join("ada")
    live = stage.host.rooms()[0]
    live.perform([None])  # type: ignore[list-item]  # what is no effect is no fault yet
    live.room.batch = None  # type: ignore[assignment, method-assign]
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert closed(ada) == [CloseCode.DRAINING]
    live.guard(lambda: None)
    again = await stage.join("ada")
    again.type(insert(0, "a"), base=0, seq=1)
    await stage.settles()
    assert again.revisions() == [1]


@on_stage()
async def test_a_fault_while_taking_an_operation_in_costs_one_document_a_fresh_start(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.host.rooms()[0].room.submit = None  # type: ignore[assignment, method-assign]
    ada.type(insert(0, "a"), base=0)
    assert closed(ada) == [CloseCode.DRAINING]
    assert stage.host.rooms() == []


@on_stage()
async def test_a_fault_in_a_planned_step_costs_one_document_a_fresh_start(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.host.rooms()[0].room.take_batch = None  # type: ignore[assignment, method-assign]
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert closed(ada) == [CloseCode.DRAINING]


@on_stage()
async def test_a_follower_that_fails_is_no_fault_of_the_document(stage: Stage) -> None:
    await stage.open()
    stage.host._on_changes = lambda document_id, changes: 1 / 0  # type: ignore[assignment]
    ada = await stage.join("ada")
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert ada.revisions() == [1]


# --- several nodes -----------------------------------------------------------------------------------------------


@on_stage()
async def test_two_nodes_race_and_both_win(stage: Stage) -> None:
    """sharedb-postgres #1: writers on several nodes race for one revision; one wins, the rest rebase."""
    await stage.open(nodes=4)
    people = [await stage.join(f"c{number}", node=number % 4) for number in range(32)]
    for screen in people:
        screen.type(insert(0, f"{screen.name} "), base=0)
    await stage.passes(2.0)
    assert [one.revision for one in await stage.logged()] == list(range(1, 33))
    assert all(screen.revisions() == list(range(1, 33)) for screen in people)
    assert len({await stage.text(node) for node in range(4)}) == 1


@on_stage(HostSettings(poll_every=1.0))
async def test_a_hint_that_was_lost_is_made_up_for_by_looking(stage: Stage) -> None:
    """redis #10862, channels_redis #256: messages between nodes are silently lost."""
    await stage.open()
    ada = await stage.join("ada")
    stage.log.put(DOCUMENT, *history(3))
    await stage.passes(2.5)
    assert ada.revisions() == [1, 2, 3]
    stage.log.failing = {"head"}
    await stage.passes(2.5)
    stage.log.failing = set()
    assert closed(ada) == [None]


@on_stage()
async def test_hints_of_what_is_known_are_no_work(stage: Stage) -> None:
    """hocuspocus PR 340: nodes that answer each other's messages without end."""
    await stage.open(nodes=2)
    ada, _ = await stage.join("ada"), await stage.join("bob", node=1)
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    stage.relay.publish(DOCUMENT, 1)
    stage.relay.publish("elsewhere", 5)
    await stage.settles()
    before = dict(stage.log.asked)
    await stage.passes(60.0)
    assert dict(stage.log.asked) == before


@on_stage()
async def test_a_read_of_the_head_first_catches_up_with_the_log(stage: Stage) -> None:
    await stage.open()
    await stage.join("ada")
    stage.log.put(DOCUMENT, *history(3))
    assert await stage.text() == "xxx\n"


@on_stage()
async def test_a_client_ahead_of_a_lagging_node_is_welcomed_from_the_log(stage: Stage) -> None:
    await stage.open()
    await stage.join("bob")
    stage.log.put(DOCUMENT, *history(3))
    ada = await stage.join("ada", epoch="epoch-1", revision=3)
    assert (ada.welcome.content, ada.welcome.revision) == (None, 3)


# --- rights ------------------------------------------------------------------------------------------------------


@on_stage()
async def test_a_change_of_role_takes_effect_on_the_open_socket(stage: Stage) -> None:
    """hocuspocus #752: rights are read once, at the start."""
    await stage.open(nodes=2)
    ada, bob = await stage.join("ada", node=1), await stage.join("bob")
    stage.roles["u-ada"] = "viewer"
    await stage.log.raise_fence(DOCUMENT)
    await stage.host.rights_changed(DOCUMENT)
    await stage.settles()
    assert (ada.events(), bob.events()) == (["permission.changed"], [])
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert ada.errors() == [(1, "FORBIDDEN")]
    assert await stage.logged() == []


@on_stage()
async def test_who_may_no_longer_read_is_told_and_closed(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    stage.roles["u-ada"] = None
    await stage.log.raise_fence(DOCUMENT)
    await stage.host.rights_changed(DOCUMENT)
    stage.log.append_gate.set()
    await stage.settles()
    assert ada.events() == ["permission.changed"]
    assert closed(ada) == [CloseCode.FORBIDDEN]
    assert await stage.logged() == []
    assert len(stage.host.rooms()) == 1  # and it cost nobody else the room


@on_stage()
async def test_the_fence_is_met_before_anybody_was_told(stage: Stage) -> None:
    """PerpetualSoftware/pad PR 938: a role is taken while its owner types."""
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    stage.roles["u-ada"] = "viewer"
    await stage.log.raise_fence(DOCUMENT)
    ada.type(insert(0, "a"), base=0)
    bob.type(insert(0, "b"), base=0)
    await stage.settles()
    assert ada.errors() == [(1, "FORBIDDEN")]
    assert [one.client_id for one in await stage.logged()] == ["bob"]


@on_stage()
async def test_a_fence_during_a_stream_lets_the_others_through(stage: Stage) -> None:
    await stage.open(nodes=2)
    ada, bob = await stage.join("ada"), await stage.join("bob", node=1)
    base = {ada: 0, bob: 0}
    for beat in range(50):
        if beat == 25:
            stage.roles["u-ada"] = "viewer"
            await stage.log.raise_fence(DOCUMENT)
            head = len(await stage.logged())
        for screen in (ada, bob):
            screen.type(insert(0, screen.name[0]), base=base[screen])
        await stage.passes(0.2)
        for screen in (ada, bob):
            base[screen] = screen.revisions()[-1]
    log = await stage.logged()
    assert [one.revision for one in log if one.client_id == "ada"][-1] <= head
    assert sum(one.client_id == "bob" for one in log) == 50
    assert len(ada.errors()) == 25


@on_stage()
async def test_roles_that_cannot_be_read_are_read_again(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.roles["u-ada"] = BROKEN
    changed = asyncio.ensure_future(stage.host.rights_changed(DOCUMENT))
    await stage.passes(0.3)
    stage.roles["u-ada"] = "commenter"
    await stage.log.raise_fence(DOCUMENT)
    await changed
    assert (ada.role, ada.events()) == ("commenter", ["permission.changed"])
    await stage.host.rights_changed("nobody is there")


@on_stage()
async def test_a_document_that_was_deleted_closes_everybody(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    stage.roles["u-ada"] = Missing("DOCUMENT_DELETED", "it is in the trash")
    await stage.log.raise_fence(DOCUMENT)
    await stage.host.rights_changed(DOCUMENT)
    stage.log.append_gate.set()
    await stage.settles()
    assert closed(ada) == [CloseCode.DELETED]
    assert await stage.logged() == []


# --- another history ---------------------------------------------------------------------------------------------


@on_stage(HostSettings(poll_every=1.0))
async def test_another_history_is_seen_by_looking(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.log.put(DOCUMENT, *history(3))
    stage.log.begin_epoch(DOCUMENT, "epoch-2", 1)
    await stage.passes(2.5)
    assert closed(ada) == [CloseCode.DRAINING]
    again = await stage.join("ada", epoch="epoch-1", revision=0)
    assert (again.welcome.epoch, again.welcome.revision) == ("epoch-2", 1)
    assert again.welcome.content is not None


@on_stage()
async def test_another_history_is_met_by_an_append_a_read_and_a_change_of_rights(stage: Stage) -> None:
    await stage.open()
    for number, meet in enumerate(("append", "read", "rights"), start=2):
        ada = await stage.join("ada")
        stage.log.begin_epoch(DOCUMENT, f"epoch-{number}", 0)
        if meet == "append":
            ada.type(insert(0, "a"), base=0)
        elif meet == "read":
            assert (await stage.host.content(DOCUMENT))[0].epoch == f"epoch-{number}"
        else:
            await stage.host.rights_changed(DOCUMENT)
        await stage.settles()
        assert closed(ada) == [CloseCode.DRAINING]
    assert await stage.logged() == []


@on_stage()
async def test_a_client_with_a_revision_past_the_log_gets_the_whole_content(stage: Stage) -> None:
    """jupyter-collaboration #594: a client returns to a server that lost its state, and everything stands twice."""
    await stage.open()
    stage.log.put(DOCUMENT, *history(2))
    ada = await stage.join("ada", epoch="epoch-1", revision=9)
    assert ada.welcome.content is not None
    assert ada.welcome.revision == 2


# --- old bases ---------------------------------------------------------------------------------------------------


@on_stage(HostSettings(recent_changes=10))
async def test_an_old_base_is_rebased_while_others_type(stage: Stage) -> None:
    """outline #5770: a client sleeps for an hour, and overwrites the others when it wakes."""
    await stage.open()
    stage.log.put(DOCUMENT, *history(2500))
    ada, bob = await stage.join("ada"), await stage.join("bob")
    ada.type(insert(0, "old "), base=0)
    bob.type(insert(0, "new "), base=2500)
    await stage.settles()
    assert await stage.text() == "new " + "x" * 2500 + "old \n"
    assert [one.client_id for one in (await stage.logged())[2500:]] == ["bob", "ada"]


@on_stage(HostSettings(recent_changes=10))
async def test_an_old_base_whose_changes_cannot_be_read_is_told(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(30))
    ada = await stage.join("ada")
    stage.log.failing = {"read"}
    ada.type(insert(0, "old "), base=0)
    await stage.settles()
    assert ada.errors() == [(1, "UNAVAILABLE")]


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
    with pytest.raises(Invalid, match="0 to 5"):
        await stage.host.content_at(DOCUMENT, 6)


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
