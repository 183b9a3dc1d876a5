"""Three nodes behind HAProxy, PostgreSQL and Redis, and everything that can befall them."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import octavo
from tests.balancers import Balancer
from tests.chaos.processes import ServerProcess
from tests.chaos.proxy import TcpProxy
from tests.postgres import Cluster as Postgres
from tests.redis_server import RedisServer

NODES = 3
LATER = "9999"


async def lasting(seconds: float) -> None:
    """How long something stays broken is a part of the fault; nothing is waited for."""
    over = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(seconds, over.set_result, None)
    await over


class Cluster:
    """All of it on this machine; each service is reached through a proxy."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self.directory = directory
        self.chance = chance
        self.postgres = Postgres(directory / "postgres")
        self.redis = RedisServer(directory / "redis")
        self.nodes: list[ServerProcess] = []
        self._sources = Path(octavo.__file__).parents[1]

    async def start(self) -> None:
        await asyncio.to_thread(self.postgres.create)
        await asyncio.to_thread(self.postgres.start)
        await asyncio.to_thread(self.redis.start)
        self.database_proxy, self.redis_proxy = TcpProxy(self.postgres.port), TcpProxy(self.redis.port)
        for proxy in (self.database_proxy, self.redis_proxy):
            await proxy.start()
        url = f"postgresql://octavo@127.0.0.1:{self.database_proxy.port}/postgres"
        environment = {
            "OCTAVO_DATABASE": url,
            "OCTAVO_RELAY": f"redis://127.0.0.1:{self.redis_proxy.port}",
            "OCTAVO_DRAIN_NOTICE": "1",
        }
        for number in range(NODES):
            node = ServerProcess(self.directory, name=f"node{number + 1}", environment=environment)
            self.nodes.append(node)
        await asyncio.gather(*(node.start() for node in self.nodes))
        self.balancer = Balancer("haproxy", self.directory / "haproxy", [node.port for node in self.nodes])
        await asyncio.to_thread(self.balancer.start)

    async def stop(self) -> None:
        for node in self.nodes:
            await node.end()
        self.balancer.stop()
        self.redis.kill()
        await self.database_proxy.stop()
        await self.redis_proxy.stop()
        await asyncio.to_thread(self.postgres.stop, signal.SIGKILL)

    def tails(self) -> str:
        return "\n".join(f"--- {node.name}\n{node.tail()}" for node in self.nodes)

    # --- what befalls it ------------------------------------------------------------------------------------------

    def faults(self) -> list[Callable[[], Awaitable[None]]]:
        """Each once; every one heals before it returns."""
        return [
            self.node_killed,
            self.node_stopped,
            self.node_drained,
            self.database_killed,
            self.database_hangs,
            self.database_cut,
            self.database_away,
            self.relay_killed,
            self.relay_hangs,
            self.relay_cut,
        ]

    def _pause(self) -> float:
        return 0.5 + self.chance.random() * 2.0

    async def node_killed(self) -> None:
        node = self.chance.choice(self.nodes)
        await node.end(signal.SIGKILL)
        await lasting(self._pause() / 2)
        await node.start()

    async def node_stopped(self) -> None:
        node = self.chance.choice(self.nodes)
        node.signal(signal.SIGSTOP)
        await lasting(self._pause())
        node.signal(signal.SIGCONT)

    async def node_drained(self) -> None:
        node = self.chance.choice(self.nodes)
        assert await node.end(signal.SIGTERM) == 0, node.tail()
        await node.start()

    async def database_killed(self) -> None:
        await asyncio.to_thread(self.postgres.stop, signal.SIGKILL)
        await lasting(self._pause() / 2)
        await asyncio.to_thread(self.postgres.start)

    async def database_hangs(self) -> None:
        self.postgres.pause(True)
        await lasting(self._pause())
        self.postgres.pause(False)

    async def database_cut(self) -> None:
        for _ in range(3):
            self.database_proxy.cut()
            await lasting(0.2)

    async def database_away(self) -> None:
        self.database_proxy.refuse(True)
        await lasting(self._pause())
        self.database_proxy.refuse(False)

    async def relay_killed(self) -> None:
        self.redis.kill()
        await lasting(self._pause())
        await asyncio.to_thread(self.redis.start)

    async def relay_hangs(self) -> None:
        self.redis_proxy.stall(True)
        await lasting(self._pause())
        self.redis_proxy.stall(False)

    async def relay_cut(self) -> None:
        self.redis_proxy.cut()

    async def upgraded(self) -> None:
        """Each node in turn to a later version with a later table, the others at work meanwhile."""
        later = await asyncio.to_thread(self._later_version)
        for node in self.nodes:
            assert await node.end(signal.SIGTERM) == 0, node.tail()
            node.environment["PYTHONPATH"] = str(later)
            await node.start()

    def _later_version(self) -> Path:
        """This source with another version and one more migration."""
        later = self.directory / "later"
        shutil.copytree(
            self._sources / "octavo", later / "octavo", ignore=shutil.ignore_patterns("__pycache__", "static")
        )
        static = self._sources / "octavo/web/static"
        if static.exists():
            (later / "octavo/web/static").symlink_to(static)
        begin = later / "octavo/__init__.py"
        begin.write_text(
            re.sub(r'__version__ = "[^"]+"', '__version__ = "99.0"', begin.read_text("utf-8")), "utf-8"
        )
        migrate = later / "octavo/catalog/migrate.py"
        text = migrate.read_text("utf-8")
        head = re.search(r'HEAD: Final = "(\d+)"', text)
        assert head is not None
        migrate.write_text(text.replace(head.group(0), f'HEAD: Final = "{LATER}"'), "utf-8")
        (later / f"octavo/catalog/migrations/versions/{LATER}_later.py").write_text(
            f'revision = "{LATER}"\ndown_revision = "{head.group(1)}"\nbranch_labels = depends_on = None\n\n\n'
            "def upgrade():\n    import sqlalchemy as sa\n    from alembic import op\n\n"
            '    op.add_column("documents", sa.Column("later", sa.Text(), nullable=True))\n',
            "utf-8",
        )
        return later
