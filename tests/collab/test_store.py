"""The host and its store: failures, races, fences, another history, what is old."""

from __future__ import annotations

import asyncio

import pytest

from octavo.collab.settings import HostSettings
from octavo.errors import Missing, Unavailable
from octavo.ports import AlreadyLogged, ClientRow
from octavo.protocol import CloseCode
from tests.collab.stage import (
    DOCUMENT,
    Stage,
    change,
    closed,
    code_of,
    hint,
    history,
    insert,
    on_stage,
    operation,
    submit,
)

BROKEN = Unavailable("UNAVAILABLE", "the connection to the store broke")


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
    stage.log.failing = {"heads"}
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
    hint(stage, 1)
    hint(stage, 5, "elsewhere")
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
async def test_other_documents_do_not_wait_while_an_old_base_is_rebased(stage: Stage) -> None:
    await stage.open()
    await stage.open("d2")
    stage.log.put(DOCUMENT, *history(8000))
    ada, bob = await stage.join("ada"), stage.screen("bob", document_id="d2")
    await bob.hello()
    ada.type(insert(0, "old "), base=0)
    await asyncio.sleep(0)
    bob.type(insert(0, "b"), base=0)
    await stage.turns_until(lambda: bob.revisions() == [1])
    assert ada.revisions() == []
    await stage.settles()
    assert ada.revisions() == [8001]


@on_stage(HostSettings(recent_changes=10))
async def test_an_old_base_whose_changes_cannot_be_read_is_told(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(30))
    ada = await stage.join("ada")
    stage.log.failing = {"read"}
    ada.type(insert(0, "old "), base=0)
    await stage.settles()
    assert ada.errors() == [(1, "UNAVAILABLE")]
