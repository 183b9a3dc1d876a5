"""An event loop whose time is a number: it jumps to the next timer when nothing is left to do."""

from __future__ import annotations

import asyncio
from typing import Any

TURNS_AT_ONE_TIME = 100_000


class _Selector:
    """Selecting costs nothing but virtual time.  There are no sockets."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._turns = 0

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("the simulation waits for something that will never happen")
        self._turns = 0 if timeout > 0 else self._turns + 1
        if self._turns > TURNS_AT_ONE_TIME:
            raise RuntimeError("the simulation turns without end")
        if timeout > 0:
            self._loop.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Starts at second 0."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = _Selector(self)
        self._clock_resolution = 1e-6

    def time(self) -> float:
        return self.now

    def _process_events(self, events: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class VirtualClock:
    """`ports.Clock` over a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.off = 0
        """Seconds by which the time of day is wrong."""

    def now(self) -> int:
        return 1_700_000_000 + int(self._loop.now) + self.off

    def monotonic(self) -> float:
        return self._loop.now
