"""Redis between the nodes: messages by topic, and what all nodes count together.  Everything here may be lost.

`redis://`, `rediss://`, `unix://`; `redis+cluster://host:port,host:port`; `redis+sentinel://host:port,host:port/service`
(and `rediss+…` for TLS).  Messages are signed with a key that only the nodes have, and a topic's channel is named by
it: nobody who may write to this Redis puts words into a document, and two installations can share one Redis.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.client import PubSub
from redis.asyncio.cluster import ClusterNode
from redis.exceptions import RedisError

from octavo.errors import Invalid

SCHEMES: Final = (
    "redis",
    "rediss",
    "unix",
    "redis+cluster",
    "rediss+cluster",
    "redis+sentinel",
    "rediss+sentinel",
)
WAITING: Final = 1_000
"""Messages that may wait to be sent; of more the oldest are dropped, for others read the log anyway."""

ANSWER_SECONDS: Final = 0.25
"""How long a count may take; then this node counts alone."""

_AT_ONCE: Final = 100
_PAUSES: Final = (0.05, 0.1, 0.25, 0.5, 1.0)
_SILENT_SECONDS: Final = 3.0
_SIGNATURE: Final = 16
_FAULTS: Final = (RedisError, OSError, TimeoutError, asyncio.TimeoutError)

_logger: Final = logging.getLogger(__name__)

# A token bucket by Redis's own clock: tokens and the time they were counted at.
_BUCKET: Final = """
local rate, burst, change = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(known[1]) or burst
tokens = math.min(burst, tokens + math.max(0, now - (tonumber(known[2]) or now)) * rate)
local wait = 0
if change > 0 then
    tokens = math.min(burst, tokens + change)
elseif tokens >= 1 then
    tokens = tokens - 1
else
    wait = (1 - tokens) / rate
end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return tostring(wait)
"""


def connect(url: str) -> Any:
    """A client; nothing is connected before it is used.  Raises Invalid."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise Invalid(
            "INVALID_REQUEST", f"OCTAVO_RELAY begins with one of {', '.join(s + '://' for s in SCHEMES)}"
        )
    options: dict[str, Any] = {"socket_timeout": _SILENT_SECONDS, "socket_connect_timeout": 1.0}
    scheme, _, kind = parts.scheme.partition("+")
    if not kind:
        return Redis.from_url(url, **options)
    user, _, hosts = parts.netloc.rpartition("@")
    addresses = [_address(host, 26379 if kind == "sentinel" else 6379) for host in hosts.split(",") if host]
    if not addresses:
        raise Invalid("INVALID_REQUEST", "OCTAVO_RELAY names no host")
    name, _, password = user.partition(":")
    options |= {"ssl": scheme == "rediss"} if scheme == "rediss" else {}
    options |= {"username": unquote(name)} if name else {}
    options |= {"password": unquote(password)} if password else {}
    if kind == "cluster":
        return RedisCluster(startup_nodes=[ClusterNode(*address) for address in addresses], **options)
    service = parts.path.strip("/") or "mymaster"
    given = dict(parse_qsl(parts.query))
    own = {
        key.removeprefix("sentinel_"): value for key, value in given.items() if key.startswith("sentinel_")
    }
    return Sentinel(  # type: ignore[no-untyped-call]
        addresses, sentinel_kwargs=own | {"socket_timeout": 1.0}, **options
    ).master_for(service)


def _address(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit("//" + text)
    try:
        return parts.hostname or "localhost", parts.port or port
    except ValueError:
        raise Invalid("INVALID_REQUEST", f"OCTAVO_RELAY: {text!r} is no host and port") from None


class RedisRelay:
    """`ports.Relay`.  While Redis is away nothing is sent and nothing heard; it comes back by itself."""

    def __init__(self, url: str, key: bytes) -> None:
        """`key` is the nodes' shared secret.  Raises Invalid for a URL that cannot be one."""
        self._client = connect(url)
        self._key = hmac.digest(key, b"relay", "sha256")
        self._prefix = f"octavo:{self._key.hex()[:8]}:"
        self._out: deque[tuple[str, bytes]] = deque(maxlen=WAITING)
        self._more = asyncio.Event()
        self._topics: dict[str, list[tuple[Callable[[bytes], None], Callable[[], None] | None]]] = {}
        self._wanted: dict[str, None] = {}
        self._heard: set[str] = set()
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.connected = False

    def start(self) -> None:
        """Call it on the loop on which messages are to be heard."""
        self._tasks = [
            asyncio.ensure_future(self._send_always()),
            asyncio.ensure_future(self._listen_always()),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(1.0):
                await self._client.aclose()
        except _FAULTS as fault:
            _logger.debug("closing the relay: %s", fault)

    # --- out ------------------------------------------------------------------------------------------------------

    def publish(self, topic: str, message: bytes) -> None:
        self._out.append((topic, message))
        self._more.set()

    async def _send_always(self) -> None:
        failures = 0
        while True:
            await self._more.wait()
            self._more.clear()
            batch = [self._out.popleft() for _ in range(min(_AT_ONCE, len(self._out)))]
            if self._out:
                self._more.set()
            try:
                await self._send(batch)
                failures = 0
            except _FAULTS as fault:
                _logger.debug("%d messages to other nodes are lost: %s", len(batch), fault)
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    async def _send(self, batch: list[tuple[str, bytes]]) -> None:
        signed = [(self._prefix + topic, self._sign(topic, message) + message) for topic, message in batch]
        if len(signed) == 1 or isinstance(self._client, RedisCluster):
            for channel, message in signed:
                await self._client.publish(channel, message)
            return
        async with self._client.pipeline(transaction=False) as pipeline:
            for channel, message in signed:
                pipeline.publish(channel, message)
            await pipeline.execute()

    def _sign(self, topic: str, message: bytes) -> bytes:
        return hmac.digest(self._key, topic.encode() + b"\0" + message, "sha256")[:_SIGNATURE]

    # --- in -------------------------------------------------------------------------------------------------------

    def subscribe(
        self, topic: str, listener: Callable[[bytes], None], joined: Callable[[], None] | None = None
    ) -> Callable[[], None]:
        entry = (listener, joined)
        listeners = self._topics.setdefault(topic, [])
        listeners.append(entry)
        if topic in self._heard and joined is not None:
            asyncio.get_running_loop().call_soon(joined)
        self._want(topic)

        def stop() -> None:
            if entry in listeners:
                listeners.remove(entry)
                if not listeners and self._topics.get(topic) is listeners:
                    del self._topics[topic]
                    self._want(topic)

        return stop

    def _want(self, topic: str) -> None:
        self._wanted[topic] = None
        self._changed.set()

    async def _listen_always(self) -> None:
        failures = 0
        while True:
            pubsub = self._client.pubsub()
            try:
                await self._listen(pubsub)
            except _FAULTS as fault:
                if self.connected or not failures:
                    _logger.warning("the relay does not answer (%s); nodes read the log meanwhile", fault)
                failures = 1 if self.connected else failures + 1
                self.connected = False
                self._heard.clear()
                await asyncio.sleep(_PAUSES[min(failures - 1, len(_PAUSES) - 1)])
            finally:
                await _close(pubsub)

    async def _listen(self, pubsub: PubSub) -> None:
        """Until the connection breaks."""
        self._wanted = dict.fromkeys(self._topics)
        self._changed.set()
        await pubsub.subscribe(self._prefix)  # a channel of its own, so that there is always one to listen on
        follower = asyncio.ensure_future(self._follow_always(pubsub))
        try:
            await self._read(pubsub)
        finally:
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    async def _read(self, pubsub: PubSub) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            message = await pubsub.get_message(timeout=_SILENT_SECONDS / 2)
            if message is not None:
                last = loop.time()
                self._take(message)
            elif loop.time() - last > _SILENT_SECONDS:
                raise TimeoutError(f"nothing came for {_SILENT_SECONDS:.0f} s")
            else:
                await pubsub.ping()

    async def _follow_always(self, pubsub: PubSub) -> None:
        """Subscribe to what is wanted since, and to no more; a fault here is met by the reader too."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted, self._wanted = self._wanted, {}
            new = [self._prefix + topic for topic in wanted if topic in self._topics]
            old = [self._prefix + topic for topic in wanted if topic not in self._topics]
            for start in range(0, len(new), 500):
                await pubsub.subscribe(*new[start : start + 500])
            for start in range(0, len(old), 500):
                await pubsub.unsubscribe(*old[start : start + 500])

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        channel = message["channel"]
        topic = (channel.decode() if isinstance(channel, bytes) else str(channel or "")).removeprefix(
            self._prefix
        )
        if kind == "subscribe":
            if not self.connected:
                self.connected = True
                _logger.info("the relay answers")
            if topic in self._topics:
                self._heard.add(topic)
                for _, joined in list(self._topics[topic]):
                    if joined is not None:
                        _call(joined)
        elif kind == "unsubscribe":
            self._heard.discard(topic)
        elif kind == "message":
            data: bytes = message["data"]
            signature, said = data[:_SIGNATURE], data[_SIGNATURE:]
            if hmac.compare_digest(signature, self._sign(topic, said)):
                for listener, _ in list(self._topics.get(topic, ())):
                    _call(listener, said)


class RedisCounters:
    """`ports.Counters`; with Redis away everything is allowed."""

    def __init__(self, url: str, key: bytes) -> None:
        self._client = connect(url)
        self._prefix = f"octavo:{hmac.digest(key, b'relay', 'sha256').hex()[:8]}:"
        self._bucket = self._client.register_script(_BUCKET)

    async def stop(self) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._client.aclose()
        except _FAULTS as fault:
            _logger.debug("closing the counters: %s", fault)

    async def take(self, key: str, *, rate: float, burst: float) -> float:
        return await self._change(key, rate, burst, 0)

    async def give_back(self, key: str, *, rate: float, burst: float) -> None:
        await self._change(key, rate, burst, 1)

    async def first(self, key: str, seconds: int) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return bool(
                    await self._client.set(self._name("first", key), b"1", nx=True, ex=max(1, seconds))
                )
        except _FAULTS as fault:
            _logger.debug("the counters do not answer: %s", fault)
            return True

    async def _change(self, key: str, rate: float, burst: float, change: int) -> float:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                wait = await self._bucket(keys=[self._name("bucket", key)], args=[rate, burst, change])
                return float(wait)
        except _FAULTS as fault:
            _logger.debug("the counters do not answer: %s", fault)
            return 0.0

    def _name(self, kind: str, key: str) -> str:
        """Keys hold addresses of people: only a digest of them is stored."""
        return f"{self._prefix}{kind}:{hmac.digest(self._prefix.encode(), key.encode(), 'sha256').hex()[:32]}"


def _call(listener: Callable[..., None], *given: bytes) -> None:
    try:
        listener(*given)
    except Exception:
        _logger.exception("what another node said could not be heeded")


async def _close(pubsub: PubSub) -> None:
    try:
        async with asyncio.timeout(1.0):
            await pubsub.aclose()  # type: ignore[no-untyped-call]
    except _FAULTS as fault:
        _logger.debug("closing a subscription: %s", fault)
