"""A store whose logs are sealed under the hands of whoever reads them."""

from __future__ import annotations

from contextlib import suppress

from octavo.adapters.memory import MemoryBlobs
from octavo.errors import Missing
from octavo.ports import Database, OperationLog
from octavo.protocol import Change
from octavo.sealed import SealedLog
from octavo.sealing import EVERYTHING, Policy, Sealer


class Clock:
    seconds = 1_800_000_000

    def now(self) -> int:
        return self.seconds

    def monotonic(self) -> float:
        return float(self.seconds)


class SealingLog(SealedLog):
    """Before each reading everything is sealed but the last change, in segments of three."""

    def __init__(self, rows: OperationLog, database: Database) -> None:
        blobs = MemoryBlobs()
        super().__init__(rows, database, blobs)
        self.sealer = Sealer(database, blobs, Clock(), Policy(size=3, keep=1, age=0))

    async def read(self, document_id: str, *, after: int, limit: int = 1000) -> list[Change]:
        with suppress(Missing):  # the reading says so itself
            await self.sealer.seal(document_id)
        return await super().read(document_id, after=after, limit=limit)


__all__ = ["EVERYTHING", "Clock", "SealingLog"]
