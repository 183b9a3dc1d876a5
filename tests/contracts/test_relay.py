"""The laws of `ports.Relay` and `ports.Counters`, on every adapter that has them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from octavo.ports import Counters, Relay
from tests.contracts.relays import Nodes


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what comes from elsewhere comes when it comes
            await asyncio.sleep(0.002)


async def listening(relay: Relay, topic: str, listener: Callable[[bytes], None]) -> Callable[[], None]:
    joined = asyncio.Event()
    stop = relay.subscribe(topic, listener, joined.set)
    async with asyncio.timeout(10):
        await joined.wait()
    return stop


async def test_every_listener_of_a_topic_hears_every_message_until_it_stops(nodes: Nodes) -> None:
    here, there = nodes.relay(), nodes.relay()
    first: list[bytes] = []
    second: list[bytes] = []
    own: list[bytes] = []
    stop = await listening(there, "d1", first.append)
    await listening(there, "d1", second.append)
    await listening(here, "d1", own.append)
    here.publish("d1", b"one")
    here.publish("d2", b"elsewhere")
    await until(lambda: [first, second, own] == [[b"one"]] * 3)
    stop()
    stop()
    here.publish("d1", b"two")
    await until(lambda: second == [b"one", b"two"] == own)
    assert first == [b"one"]


async def test_a_listener_may_stop_while_it_is_told(nodes: Nodes) -> None:
    relay = nodes.relay()
    heard: list[bytes] = []
    stops: list[Callable[[], None]] = []

    def once(message: bytes) -> None:
        heard.append(b"once " + message)
        stops[0]()

    stops.append(await listening(relay, "d1", once))
    await listening(relay, "d1", heard.append)
    relay.publish("d1", b"1")
    await until(lambda: len(heard) == 2)
    relay.publish("d1", b"2")
    await until(lambda: len(heard) == 3)
    assert heard == [b"once 1", b"1", b"2"]


async def test_who_stops_and_listens_again_hears(nodes: Nodes) -> None:
    here, there = nodes.relay(), nodes.relay()
    heard: list[bytes] = []
    for number in range(20):
        stop = await listening(there, "d1", heard.append)
        here.publish("d1", b"%d" % number)
        await until(lambda: len(heard) == number + 1)  # noqa: B023
        stop()
    assert heard == [b"%d" % number for number in range(20)]


async def test_a_message_is_any_bytes(nodes: Nodes) -> None:
    here, there = nodes.relay(), nodes.relay()
    heard: list[bytes] = []
    await listening(there, "*", heard.append)
    messages = [bytes(range(256)), b"", b"x" * 20_000]
    for message in messages:
        here.publish("*", message)
    await until(lambda: len(heard) == 3)
    assert heard == messages


async def test_a_bucket_is_one_for_all_nodes(nodes: Nodes) -> None:
    here, there = nodes.counters(), nodes.counters()
    taken = [await one.take("k", rate=0.01, burst=4) for one in (here, there, here, there)]
    assert taken == [0.0] * 4
    wait = await here.take("k", rate=0.01, burst=4)
    assert 50 < wait <= 100  # seconds until there is one again
    assert await there.take("another", rate=0.01, burst=4) == 0.0
    await there.give_back("k", rate=0.01, burst=4)
    assert await here.take("k", rate=0.01, burst=4) == 0.0
    assert await there.take("k", rate=0.01, burst=4) > 0


async def test_a_bucket_holds_no_more_than_its_burst(nodes: Nodes) -> None:
    counters: Counters = nodes.counters()
    for _ in range(5):
        await counters.give_back("k", rate=0.01, burst=2)
    assert [await counters.take("k", rate=0.01, burst=2) > 0 for _ in range(3)] == [False, False, True]


async def test_the_first_is_one_at_all_nodes(nodes: Nodes) -> None:
    here, there = nodes.counters(), nodes.counters()
    asked = await asyncio.gather(*(one.first("ticket", 60) for one in (here, there) * 10))
    assert sorted(asked) == [False] * 19 + [True]
    assert await there.first("another", 60)
    assert not await here.first("another", 60)
