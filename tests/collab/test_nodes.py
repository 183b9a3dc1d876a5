"""Several nodes: what travels between them, and what happens when it does not."""

from __future__ import annotations

from msgspec import UNSET

from octavo.collab.hints import Carried, Changed, Here, carried, carry, read, write
from octavo.collab.nearby import SILENT_AFTER, Nearby
from octavo.collab.settings import HostSettings
from octavo.protocol import CloseCode, Cursor, Event, Presence, Upload, User, decode_server
from tests.collab.stage import DOCUMENT, Screen, Stage, change, closed, hint, insert, on_stage

SEVERAL = HostSettings(poll_every=1.0, confirm_within=5.0)


def person(client_id: str, index: int | None = None) -> Presence:
    cursor = None if index is None else Cursor(index)
    return Presence(client_id, User(f"u-{client_id}", client_id, "#123456"), cursor)


def seen(screen: Screen) -> set[str]:
    """Whose presence it has been told, and not that they left."""
    here = {one.client_id for one in screen.welcome.presences}
    for message in screen.presences():
        here |= {one.client_id for one in message.presences}
        here -= set(message.left)
    return here - {screen.name}


def events(screen: Screen) -> list[str]:
    messages = [decode_server(frame) for frame in screen.frames]
    return [message.event for message in messages if isinstance(message, Event)]


# --- hints ---------------------------------------------------------------------------------------------------------


def test_changes_travel_along_while_they_are_small() -> None:
    changes = [change(one, "c", one, one - 1, insert(0, "é😀")) for one in (4, 5)]
    found = read(write("n1", carry("e", 5, changes)))
    assert found is not None
    node, said = found
    assert node == "n1"
    assert isinstance(said, Changed)
    assert carried(said) == changes
    large = [change(1, "c", 1, 0, insert(0, "x" * 20_000))]
    assert carry("e", 1, large).changes == []


def test_what_cannot_be_read_is_nothing() -> None:
    assert read(b"") is None
    assert read(b"\x93") is None
    assert read(b"\x92\xa1n\x91\xa7unknown") is None  # of a version to come
    good = carry("e", 2, [change(one, "c", one, one - 1, insert(0, "x")) for one in (1, 2)])
    assert carried(Changed("e", 3, good.changes)) == []
    broken = Carried(2, b"[{]", "c", 2, "u", 0, 1, b"", None, None)
    assert carried(Changed("e", 2, [good.changes[0], broken])) == []


# --- who is where --------------------------------------------------------------------------------------------------


def test_a_whole_list_takes_out_who_is_not_on_it() -> None:
    nearby = Nearby()
    assert nearby.here("n1", Here(0, [person("a"), person("b")], [], False, 2), now=0.0) == []
    assert nearby.here("n1", Here(0, [person("b")], [], True, 1), now=1.0) == ["a"]
    assert (nearby.editors, nearby.users()) == (1, {"u-b"})


def test_who_has_moved_to_another_node_has_not_left() -> None:
    nearby = Nearby()
    nearby.here("n1", Here(0, [person("a")], [], False, 1), now=0.0)
    nearby.here("n2", Here(0, [person("a", 1)], [], False, 1), now=0.0)
    assert nearby.here("n1", Here(0, [], ["a"], False, 0), now=1.0) == []
    assert nearby.of("a") == person("a", 1)


def test_a_node_that_is_silent_has_nobody() -> None:
    nearby = Nearby()
    nearby.here("n1", Here(0, [person("a")], [], False, 1), now=0.0)
    nearby.heard("n2", now=SILENT_AFTER)
    assert nearby.silent(now=SILENT_AFTER) == ["a"]
    assert (len(nearby), nearby.editors, nearby.of("a")) == (1, 0, None)


@on_stage(SEVERAL)
async def test_cursors_are_seen_at_other_nodes_and_move_along(stage: Stage) -> None:
    await stage.open(nodes=2)
    ada, bob = await stage.join("ada"), await stage.join("bob", node=1)
    await stage.settles()
    assert (seen(ada), seen(bob)) == ({"bob"}, {"ada"})
    ada.type(insert(0, "hello"), base=0)
    await stage.settles()
    ada.point(1, 5)
    await stage.settles()
    assert bob.presences()[-1].presences[0].cursor == Cursor(5)
    late = await stage.join("eve", node=1)
    assert seen(late) == {"ada", "bob"}
    ada.leave()
    await stage.settles()
    assert (seen(bob), seen(late)) == ({"eve"}, {"bob"})


@on_stage(SEVERAL)
async def test_places_of_images_are_seen_at_other_nodes_until_their_sender_may_not_edit(stage: Stage) -> None:
    await stage.open(nodes=2)
    ada, bob = await stage.join("ada"), await stage.join("bob", node=1)
    await stage.settles()
    ada.type(insert(0, "hello"), base=0)
    await stage.settles()
    ada.point(1, 5, uploads=[Upload("1", 3)])
    await stage.settles()
    assert bob.presences()[-1].presences[0].uploads == [Upload("1", 3)]
    bob.type(insert(3, "xy"), base=1)
    await stage.settles()
    late = await stage.join("eve", node=1)
    assert [one.uploads for one in late.welcome.presences if one.client_id == "ada"] == [[Upload("1", 5)]]
    stage.roles["u-ada"] = "viewer"
    await stage.log.raise_fence(DOCUMENT)
    await stage.passes(2.0)
    assert bob.presences()[-1].presences[0].uploads is UNSET


@on_stage(SEVERAL)
async def test_who_was_at_a_node_that_died_vanishes(stage: Stage) -> None:
    await stage.open(nodes=2)
    await stage.join("ada")
    bob = await stage.join("bob", node=1)
    await stage.passes(10.0)
    assert seen(bob) == {"ada"}
    stage.host.stop()
    for live in stage.host.rooms():
        live.between.close()
        live.closed = True
    await stage.passes(SILENT_AFTER + 2)
    assert seen(bob) == set()


# --- hints, connections, events, places ----------------------------------------------------------------------------


@on_stage(SEVERAL)
async def test_small_changes_of_another_node_need_no_read(stage: Stage) -> None:
    await stage.open(nodes=2)
    ada, bob = await stage.join("ada"), await stage.join("bob", node=1)
    await stage.settles()
    reads = stage.log.asked["read"]
    for number in range(20):
        ada.type(insert(0, "a"), base=number)
        await stage.settles()
    assert bob.revisions() == list(range(1, 21))
    assert stage.log.asked["read"] == reads


@on_stage(SEVERAL)
async def test_a_gap_before_what_came_along_is_read_from_the_log(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    history = [change(one, "x", one, one - 1, insert(0, "x")) for one in (1, 2, 3)]
    stage.log.put(DOCUMENT, *history)
    stage.relay.publish(DOCUMENT, write("elsewhere", carry("epoch-1", 3, history[2:])))
    await stage.settles()
    assert ada.revisions() == [1, 2, 3]
    assert await stage.text() == "xxx\n"


@on_stage(SEVERAL)
async def test_changes_of_another_history_are_not_taken(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    forged = [change(1, "x", 1, 0, insert(0, "other"))]
    stage.relay.publish(DOCUMENT, write("elsewhere", carry("epoch-0", 1, forged)))
    await stage.passes(2.0)
    assert ada.revisions() == []
    assert closed(ada) == [None]


@on_stage(SEVERAL)
async def test_with_the_relay_away_others_see_it_within_two_seconds(stage: Stage) -> None:
    await stage.open(nodes=2)
    ada, bob = await stage.join("ada"), await stage.join("bob", node=1)
    await stage.settles()
    stage.relay.publish = lambda topic, message: None  # type: ignore[method-assign]
    asked = stage.log.asked["heads"]
    for second in range(300):
        ada.type(insert(0, "a"), base=second)
        await stage.passes(1.0)
    await stage.passes(1.0)
    assert bob.revisions() == list(range(1, 301))
    assert stage.log.asked["heads"] - asked <= 2 * 302  # one question a node and second
    assert closed(ada, bob) == [None, None]


@on_stage(SEVERAL)
async def test_of_two_connections_at_two_nodes_the_lower_is_closed(stage: Stage) -> None:
    await stage.open(nodes=3)
    old = await stage.join("ada", connection=1)
    new = await stage.join("ada", node=1, connection=2)
    await stage.settles()
    assert closed(old, new) == [CloseCode.REPLACED, None]
    late = await stage.join("ada", node=2, connection=1)
    await stage.settles()
    assert closed(new, late) == [None, CloseCode.REPLACED]


@on_stage(SEVERAL)
async def test_of_equal_connections_at_two_nodes_exactly_one_stays(stage: Stage) -> None:
    await stage.open(nodes=2)
    for _ in range(5):
        first = await stage.join("ada")
        second = await stage.join("ada", node=1)
        await stage.settles()
        assert sorted(map(str, closed(first, second))) == [str(CloseCode.REPLACED), "None"]
        first.leave()
        second.leave()


@on_stage(SEVERAL)
async def test_events_reach_everybody_everywhere(stage: Stage) -> None:
    await stage.open(nodes=2)
    ada, bob = await stage.join("ada"), await stage.join("bob", node=1)
    await stage.settles()
    stage.host.event(DOCUMENT, "title.changed", {"title": "New"})
    stage.host.event(DOCUMENT, "access.requested", {}, user_id="u-bob")
    await stage.settles()
    assert events(ada) == ["title.changed"]
    assert events(bob) == ["title.changed", "access.requested"]


@on_stage(HostSettings(poll_every=1.0, editors=2))
async def test_places_are_counted_at_all_nodes(stage: Stage) -> None:
    await stage.open(nodes=2)
    await stage.join("ada")
    await stage.join("bob", node=1)
    await stage.passes(6.0)
    eve = await stage.join("eve", node=1)
    eve.type(insert(0, "x"), base=0)
    await stage.settles()
    assert [code for _, code in eve.errors()] == ["ROOM_FULL"]
    assert await stage.logged() == []


# --- rights that nobody can confirm --------------------------------------------------------------------------------


@on_stage(SEVERAL)
async def test_a_node_that_cannot_confirm_roles_delivers_nothing_until_it_can(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    await stage.passes(2.0)
    stage.log.failing = {"heads", "head", "append"}
    await stage.passes(4.0)
    first = [change(1, "x", 1, 0, insert(0, "x"))]
    stage.log.put(DOCUMENT, *first)
    stage.relay.publish(DOCUMENT, write("elsewhere", carry("epoch-1", 1, first)))
    await stage.settles()
    assert ada.revisions() == [1]
    await stage.passes(3.0)
    second = [change(2, "x", 2, 1, insert(0, "y"))]
    stage.log.put(DOCUMENT, *second)
    stage.relay.publish(DOCUMENT, write("elsewhere", carry("epoch-1", 2, second)))
    stage.host.event(DOCUMENT, "title.changed", {"title": "secret"})
    await stage.passes(5.0)
    assert ada.revisions() == [1]
    assert events(ada) == []
    stage.log.failing = set()
    await stage.passes(3.0)
    assert ada.revisions() == [1, 2]
    assert events(ada) == ["title.changed"]
    assert closed(ada) == [None]


@on_stage(SEVERAL)
async def test_who_lost_the_right_meanwhile_gets_nothing_of_what_was_withheld(stage: Stage) -> None:
    await stage.open()
    ada = await stage.join("ada")
    await stage.passes(2.0)
    stage.log.failing = {"heads", "head"}
    await stage.passes(7.0)
    stage.roles["u-ada"] = None
    await stage.log.raise_fence(DOCUMENT)
    stage.log.put(DOCUMENT, change(1, "x", 1, 0, insert(0, "secret")))
    hint(stage, 1)
    await stage.passes(2.0)
    stage.log.failing = set()
    await stage.passes(3.0)
    assert ada.revisions() == []
    assert closed(ada) == [CloseCode.FORBIDDEN]


@on_stage(HostSettings())
async def test_one_node_alone_needs_no_confirmation(stage: Stage) -> None:
    await stage.open()
    ada, bob = await stage.join("ada"), await stage.join("bob")
    stage.log.failing = {"heads", "head"}
    await stage.passes(100.0)
    ada.type(insert(0, "x"), base=0)
    await stage.settles()
    assert bob.revisions() == [1]
    assert stage.log.asked["heads"] == 0
