"""The host: joining, typing, catching up, on memory adapters in virtual time."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest

from octavo.collab import greeting, room
from octavo.collab import live as live_module
from octavo.collab.host import HELD
from octavo.collab.seats import BACKLOG
from octavo.collab.settings import HostSettings
from octavo.delta import Delta
from octavo.errors import Invalid, Missing
from octavo.protocol import CloseCode, OperationMessage
from tests.collab.stage import DOCUMENT, Stage, history, insert, on_stage

# --- joining -----------------------------------------------------------------------------------------------------


@on_stage()
async def test_a_newcomer_gets_the_whole_content(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(2))
    welcome = (await stage.join("ada")).welcome
    assert welcome.content is not None
    assert welcome.content.ops == [{"insert": "xx\n"}]
    assert (welcome.revision, welcome.changes, welcome.role, welcome.epoch) == (2, [], "editor", "epoch-1")
    assert (welcome.last_seq, welcome.last_seq_revision) == (0, 0)


@on_stage()
async def test_one_who_returns_gets_what_is_missing_and_learns_what_was_logged(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(5))
    welcome = (await stage.join("x", epoch="epoch-1", revision=3)).welcome
    assert welcome.content is None
    assert [one.revision for one in welcome.changes] == [4, 5]
    assert (welcome.last_seq, welcome.last_seq_revision) == (5, 5)


@on_stage(HostSettings(recent_changes=2))
async def test_a_welcome_carries_a_thousand_changes_and_the_rest_follows(stage: Stage) -> None:
    await stage.open()
    stage.log.put(DOCUMENT, *history(2500))
    screen = await stage.join("ada", epoch="epoch-1", revision=100)
    await stage.settles()
    assert len(screen.welcome.changes) == 1000
    assert screen.welcome.revision == 1100
    assert screen.revisions() == list(range(1101, 2501))
    (await stage.join("bob")).type(insert(0, "b"), base=2500)
    await stage.settles()
    assert screen.revisions()[-1] == 2501


@on_stage()
async def test_a_repeated_hello_is_answered_and_nothing_comes_between(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    stage.role_gate = asyncio.Event()
    again = asyncio.ensure_future(ada.hello(epoch="epoch-1", revision=0))
    await stage.settles()
    before = len(ada.frames)
    bob.type(insert(0, "b"), base=0)
    await stage.settles()
    assert bob.revisions() == [1]
    assert len(ada.frames) == before
    stage.role_gate.set()
    await again
    assert [one.revision for one in ada.welcome.changes] == [1]
    bob.type(insert(0, "b"), base=1)
    await stage.settles()
    assert ada.revisions() == [2]


@on_stage()
async def test_of_two_hellos_at_once_the_later_is_answered(stage: Stage) -> None:
    await stage.open()
    screen = stage.screen("ada")
    await asyncio.gather(screen.hello(), screen.hello(epoch="epoch-1", revision=0))
    assert [welcome.content is None for welcome in screen.all(type(screen.welcome))] == [True]


@on_stage()
async def test_what_is_sent_before_the_welcome_is_held(stage: Stage) -> None:
    await stage.open()
    screen = stage.screen("ada")
    joining = asyncio.ensure_future(screen.hello())
    await asyncio.sleep(0)
    screen.type(insert(0, "a"), base=0)
    screen.point(0, 0)
    await joining
    await stage.settles()
    assert screen.revisions() == [1]


@on_stage()
async def test_too_much_before_the_welcome_closes(stage: Stage) -> None:
    await stage.open()
    screen = stage.screen("ada")
    joining = asyncio.ensure_future(screen.hello())
    await asyncio.sleep(0)
    for _ in range(HELD + 1):
        screen.point(0, 0)
    await joining
    assert screen.closed is not None
    assert screen.closed[0] == CloseCode.TOO_MANY


@on_stage()
async def test_nobody_is_in_a_room_that_he_left_while_it_opened(stage: Stage) -> None:
    await stage.open()
    screen = stage.screen("ada")
    joining = asyncio.ensure_future(screen.hello())
    await asyncio.sleep(0)
    screen.leave()
    await joining
    assert screen.frames == []
    assert len(stage.host.rooms()[0].seats) == 0


@on_stage()
async def test_a_peer_that_never_joined_or_left_is_nobody(stage: Stage) -> None:
    await stage.open()
    screen = await stage.join("ada")
    screen.leave()
    screen.leave()
    screen.type(insert(0, "a"), base=0)
    screen.point(0, 0)
    screen.drain()
    stage.host.heard(screen)
    await stage.settles()
    assert await stage.logged() == []


@on_stage()
async def test_one_without_access_is_closed(stage: Stage) -> None:
    await stage.open()
    stage.roles = {"u-ada": None, "u-bob": Missing("DOCUMENT_DELETED", "in the trash")}
    ada, bob = await stage.join("ada"), await stage.join("bob")
    eve = stage.screen("eve", document_id="nowhere")
    await eve.hello()
    assert [one.closed and one.closed[0] for one in (ada, bob, eve)] == [4403, 4410, 4404]


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Invalid("FORBIDDEN", "no"), 4403), (ValueError("ours"), 4503), (OSError("theirs"), 4503)],
    ids=["forbidden", "a fault of ours", "a fault of the system"],
)
def test_a_fault_while_greeting_closes(fault: Exception, code: int) -> None:
    @on_stage()
    async def scenario(stage: Stage) -> None:
        await stage.open()
        stage.roles["u-ada"] = fault
        screen = await stage.join("ada")
        assert screen.closed is not None
        assert screen.closed[0] == code

    scenario()


# --- of two sockets of one client --------------------------------------------------------------------------------


@on_stage()
async def test_a_newer_connection_replaces_the_older(stage: Stage) -> None:
    await stage.open()
    old, new = await stage.join("ada", connection=1), await stage.join("ada", connection=2)
    await stage.settles()
    assert (old.closed and old.closed[0], new.closed) == (CloseCode.REPLACED, None)
    new.type(insert(0, "a"), base=0)
    await stage.settles()
    assert new.revisions() == [1]
    assert old.revisions() == []
    assert new.presences()[-1].left == []  # the client has not left


@on_stage()
async def test_an_older_connection_that_comes_late_is_closed(stage: Stage) -> None:
    await stage.open()
    new, old = await stage.join("ada", connection=2), await stage.join("ada", connection=1)
    equal = await stage.join("ada", connection=2)
    await stage.settles()
    assert [one.closed and one.closed[0] for one in (new, old, equal)] == [4409, 4409, None]


@on_stage()
async def test_a_client_id_belongs_to_who_said_hello_first(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("shared", user_id="u-ada")
    thief = await stage.join("shared", user_id="u-eve")
    assert (ada.closed, thief.closed and thief.closed[0]) == (None, CloseCode.CLIENT_TAKEN)
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    ada.leave()
    host = await stage.start()
    assert host.rooms() == []
    late = await stage.join("shared", user_id="u-eve", node=1)
    assert late.closed is not None
    assert late.closed[0] == CloseCode.CLIENT_TAKEN


@on_stage()
async def test_a_hello_may_take_another_client_id_on_the_same_socket(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("a1"), await stage.join("bob")
    await ada.hello(client_id="a2")
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert [one.client_id for one in bob.changes()] == ["a2"]
    assert bob.presences()[-1].left == ["a1"]


@on_stage()
async def test_what_a_room_remembers_of_clients_has_an_end(stage: Stage) -> None:
    """Whoever comes and goes ten thousand times leaves nothing behind."""
    await stage.open()
    kept = 3
    with patch.object(greeting, "OWNERS_KEPT", kept), patch.object(room, "ROWS_KEPT", kept):
        ada = await stage.join("ada")
        for number in range(50):
            (await stage.join(f"c{number}")).leave()
        [live] = stage.host.rooms()
        assert list(live.owners) == ["ada", "c47", "c48", "c49"]
        assert len(live.room._rows) == kept
        ada.type(insert(0, "a"), base=0)
        await stage.settles()
    assert ada.revisions() == [1]


# --- typing ------------------------------------------------------------------------------------------------------


@on_stage()
async def test_one_frame_for_everybody_and_an_ack_for_who_wants_it(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada", acks=True), await stage.join("bob")
    ada.type(insert(0, "hi"), base=0)
    await stage.settles()
    assert (ada.revisions(), bob.revisions(), stage.followed) == ([1], [1], [1])
    assert (ada.acks_got(), bob.acks_got()) == ([(1, 1)], [])
    shown = [frame for frame in ada.frames if b'"changes"' in frame[:20]]
    assert any(frame is shown[0] for frame in bob.frames)  # the same bytes object
    ada.type(insert(0, "hi"), base=0, seq=1)
    await stage.settles()
    assert ada.acks_got() == [(1, 1), (1, 1)]
    assert len(await stage.logged()) == 1


@on_stage()
async def test_nothing_is_shown_before_it_is_durable(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    stage.log.append_gate = asyncio.Event()
    ada.type(insert(0, "hi"), base=0)
    await stage.settles()
    assert ada.revisions() == bob.revisions() == []
    assert await stage.text() == "\n"
    assert (await stage.join("eve")).welcome.revision == 0
    stage.log.append_gate.set()
    await stage.settles()
    assert ada.revisions() == bob.revisions() == [1]


@on_stage()
async def test_while_a_batch_is_under_way_the_next_one_gathers(stage: Stage) -> None:
    await stage.open()
    people = [await stage.join(f"c{number}") for number in range(10)]
    stage.log.append_gate = asyncio.Event()
    for screen in people:
        screen.type(insert(0, screen.name), base=0)
        await stage.passes(0.001)
    stage.log.append_gate.set()
    await stage.settles()
    assert stage.log.asked["append"] <= 3
    assert people[0].revisions() == list(range(1, 11))


@pytest.mark.parametrize(("busy", "window"), [(0.1, 0.005), (0.8, 0.01), (0.99, 0.025)])
def test_the_busier_the_loop_the_longer_operations_are_gathered(busy: float, window: float) -> None:
    @on_stage()
    async def scenario(stage: Stage) -> None:
        await stage.open()
        stage.busy = busy
        ada = await stage.join("ada")
        ada.type(insert(0, "a"), base=0)
        started = stage.loop.now
        await stage.passes(0.0001)
        assert ada.revisions() == [1]  # quiet before: at once
        ada.type(insert(0, "a"), base=1)
        while len(ada.revisions()) < 2:
            await stage.passes(0.001)
        assert window <= stage.loop.now - started <= window + 0.002

    scenario()


@on_stage()
async def test_a_refusal_names_its_seq_and_costs_nobody_else_anything(stage: Stage) -> None:
    """hedgedoc #3894: one user's refusal never stops others' operations being stored."""
    await stage.open()
    stage.roles["u-eve"] = "viewer"
    ada, eve = await stage.join("ada"), await stage.join("eve")
    eve.type(insert(0, "e"), base=0, seq=7)
    eve.type(Delta().delete(9), base=0, seq=8)
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert eve.errors() == [(8, "INVALID_OPERATION"), (7, "FORBIDDEN")]
    assert ada.revisions() == eve.revisions() == [1]
    assert [one.client_id for one in await stage.logged()] == ["ada"]


@on_stage()
async def test_a_malformed_operation_is_refused_by_its_seq(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    stage.host.submit(ada, OperationMessage(3, 0, [{"retain": -1}]))
    assert ada.errors() == [(3, "INVALID_OPERATION")]


@on_stage()
async def test_a_refused_seq_is_spent_though_its_resend_crosses_the_refusal(stage: Stage) -> None:
    await stage.open()
    stage.roles["u-ada"] = "viewer"
    ada = await stage.join("ada")
    ada.type(insert(0, "a"), base=0, seq=5)
    await stage.settles()
    stage.roles["u-ada"] = "editor"
    await stage.host.rights_changed(DOCUMENT)
    ada.type(insert(0, "a"), base=0, seq=5)
    await stage.settles()
    assert ada.errors() == [(5, "FORBIDDEN"), (5, "FORBIDDEN")]
    ada.type(insert(0, "b"), base=0, seq=6)
    await stage.settles()
    assert [one.seq for one in await stage.logged()] == [6]


@on_stage(HostSettings(editors=2))
async def test_a_room_that_is_full_keeps_new_editors_out_until_somebody_leaves(stage: Stage) -> None:
    await stage.open()
    ada, bob, eve = [await stage.join(name) for name in ("ada", "bob", "eve")]
    eve.type(insert(0, "e"), base=0, seq=1)
    await stage.settles()
    assert eve.errors() == [(1, "ROOM_FULL")]
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    assert eve.revisions() == [1]  # she reads on
    ada.leave()
    eve.type(insert(0, "e"), base=0, seq=1)
    await stage.settles()
    assert eve.revisions() == [1, 2]
    ada = await stage.join("ada", epoch="epoch-1", revision=2)
    ada.type(insert(0, "a"), base=2, seq=2)
    await stage.settles()
    assert ada.revisions() == [3]  # she has a logged change, so there is always room for her
    assert bob.errors() == []


# --- slow peers --------------------------------------------------------------------------------------------------


@on_stage(HostSettings(recent_changes=3))
async def test_a_slow_peer_is_skipped_and_brought_up_from_the_log(stage: Stage) -> None:
    await stage.open()
    ada, slow = await stage.join("ada"), await stage.join("slow")
    await stage.settles()
    slow.room = 1
    for revision in range(10):
        ada.type(insert(0, "a"), base=revision)
        await stage.settles()
    assert slow.revisions() == [1]
    assert ada.revisions() == list(range(1, 11))
    slow.drain(1)
    await stage.settles()
    slow.drain()
    await stage.settles()
    assert slow.revisions() == list(range(1, 11))
    assert len(slow.all(type(slow.welcome))) == 1  # never the content again
    ada.type(insert(0, "a"), base=10)
    await stage.settles()
    assert slow.revisions()[-1] == 11


@on_stage()
async def test_what_a_slow_peer_must_know_is_kept_for_it(stage: Stage) -> None:
    await stage.open()
    ada, slow = await stage.join("ada"), await stage.join("slow", acks=True)
    await stage.settles()
    slow.room = 0
    stage.host.event(DOCUMENT, "title.changed", {"title": "x"})
    slow.type(insert(0, "s"), base=0)
    await stage.settles()
    assert slow.events() == []
    slow.drain(1)
    await stage.settles()
    assert (slow.events(), slow.revisions()) == ([], [1])
    slow.drain()
    await stage.settles()
    assert (slow.events(), slow.revisions(), slow.acks_got()) == (["title.changed"], [1], [(1, 1)])
    assert ada.revisions() == [1]


@on_stage()
async def test_a_live_peer_that_could_not_take_an_event_gets_it_when_it_drains(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    await stage.settles()
    ada.room = 0
    stage.host.event(DOCUMENT, "one", {})
    stage.host.event(DOCUMENT, "two", {}, user_id="u-ada")
    stage.host.event(DOCUMENT, "another's", {}, user_id="u-bob")
    stage.host.event("nowhere", "nobody's", {})
    ada.drain(1)
    assert ada.events() == ["one"]
    ada.drain()
    assert ada.events() == ["one", "two"]


@on_stage()
async def test_a_peer_that_takes_nothing_is_closed_before_too_much_waits(stage: Stage) -> None:
    """ws #1830: what waits for a peer is bounded."""
    await stage.open()
    ada = await stage.join("ada")
    ada.room = 0
    for _ in range(BACKLOG + 1):
        stage.host.event(DOCUMENT, "comment.created", {})
    await stage.settles()
    assert ada.closed is not None
    assert ada.closed[0] == CloseCode.DRAINING
    assert len(stage.host.rooms()[0].seats) == 0
    stage.host.event(DOCUMENT, "comment.created", {})


@on_stage()
async def test_a_peer_that_cannot_take_its_welcome_is_closed(stage: Stage) -> None:
    await stage.open()
    ada = stage.screen("ada")
    ada.room = 0
    await ada.hello()
    assert ada.closed is not None
    assert ada.closed[0] == CloseCode.DRAINING


@on_stage()
async def test_a_peer_that_fails_is_closed_and_the_others_go_on(stage: Stage) -> None:
    """pycrdt-websocket PR 33 and PR 94: an exception in one broadcast."""
    await stage.open()
    ada, broken, also = [await stage.join(name) for name in ("ada", "broken", "also")]
    await stage.settles()
    broken.broken = OSError("gone")
    ada.type(insert(0, "a"), base=0)
    await stage.settles()
    also.broken = OSError("gone")
    stage.host.event(DOCUMENT, "title.changed", {})
    await stage.settles()
    assert ada.revisions() == [1]
    assert [one.closed and one.closed[0] for one in (ada, broken, also)] == [None, 1011, 1011]
    assert len(stage.host.rooms()[0].seats) == 1


@on_stage(HostSettings(recent_changes=2))
async def test_a_log_that_cannot_be_read_for_a_slow_peer_is_read_again(stage: Stage) -> None:
    await stage.open()
    ada, slow = await stage.join("ada"), await stage.join("slow")
    await stage.settles()
    slow.room = 0
    for revision in range(5):
        ada.type(insert(0, "a"), base=revision)
        await stage.settles()
    stage.log.failing = {"read"}
    slow.drain()
    await stage.settles()
    stage.log.failing = set()
    await stage.passes(1.0)
    assert slow.revisions() == [1, 2, 3, 4, 5]


@on_stage(HostSettings(recent_changes=2))
async def test_a_slow_peer_waits_for_the_next_try_when_the_log_stays_away(stage: Stage) -> None:
    await stage.open()
    ada, slow = await stage.join("ada"), await stage.join("slow")
    await stage.settles()
    slow.room = 0
    for revision in range(5):
        ada.type(insert(0, "a"), base=revision)
        await stage.settles()
    stage.log.failing = {"read"}
    slow.drain()
    await stage.passes(sum(live_module.PAUSES) + 1.0)
    assert slow.revisions() == []
    stage.log.failing = set()
    slow.drain()
    await stage.settles()
    assert slow.revisions() == [1, 2, 3, 4, 5]
