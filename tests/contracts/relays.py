"""Nodes that share a relay, in memory or over a real Redis."""

from __future__ import annotations

import asyncio

from octavo.adapters.memory import MemoryCounters, MemoryRelay
from octavo.adapters.redis import RedisCounters, RedisRelay
from octavo.ports import Counters, Relay

KEY = bytes(32)


class Nodes:
    """Each `relay()` and `counters()` is another node's."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._memory = MemoryRelay()
        self._counters: list[RedisCounters] = []
        self._relays: list[RedisRelay] = []
        self._memory_counters: MemoryCounters | None = None

    def relay(self) -> Relay:
        if self._url is None:
            return self._memory
        relay = RedisRelay(self._url, KEY)
        relay.start()
        self._relays.append(relay)
        return relay

    def counters(self) -> Counters:
        if self._url is None:
            if self._memory_counters is None:
                self._memory_counters = MemoryCounters(asyncio.get_running_loop().time)
            return self._memory_counters
        counters = RedisCounters(self._url, KEY)
        self._counters.append(counters)
        return counters

    async def close(self) -> None:
        for relay in self._relays:
            await relay.stop()
        for counters in self._counters:
            await counters.stop()
