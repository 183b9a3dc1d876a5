"""The laws of `ports.Relay`."""

from __future__ import annotations

from octavo.adapters.memory import MemoryRelay


def test_every_listener_hears_every_hint_until_it_stops() -> None:
    relay = MemoryRelay()
    first: list[tuple[str, int]] = []
    second: list[tuple[str, int]] = []
    stop = relay.subscribe(lambda document_id, revision: first.append((document_id, revision)))
    relay.subscribe(lambda document_id, revision: second.append((document_id, revision)))
    relay.publish("d1", 1)
    stop()
    stop()
    relay.publish("d1", 2)
    assert first == [("d1", 1)]
    assert second == [("d1", 1), ("d1", 2)]


def test_a_listener_may_stop_while_it_is_told() -> None:
    relay = MemoryRelay()
    heard: list[int] = []

    def once(_: str, revision: int) -> None:
        heard.append(revision)
        stop()

    stop = relay.subscribe(once)
    relay.subscribe(lambda _, revision: heard.append(-revision))
    relay.publish("d1", 1)
    relay.publish("d1", 2)
    assert heard == [1, -1, -2]
