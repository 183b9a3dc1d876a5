"""The composition root: settings -> store -> rooms -> gateway and REST -> one port; and the way down again."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn

from octavo import __version__, metrics
from octavo.accounts import Accounts
from octavo.adapters.fetch import PublicFetch
from octavo.adapters.pg_connect import place
from octavo.adapters.redis import RedisCounters, RedisRelay
from octavo.adapters.stores import Index, Store, open_search
from octavo.adapters.stores import open_store as _open_store
from octavo.anchoring import Anchors, AnchorsJob
from octavo.audit import Audit
from octavo.catalog import secrets as catalog_secrets
from octavo.collab.hints import EVERYWHERE, Hint, Work
from octavo.collab.host import RoomHost
from octavo.collab.settings import HostSettings
from octavo.comments import Comments
from octavo.copies import Copies
from octavo.delta import core_build
from octavo.documents import Documents
from octavo.errors import Unavailable
from octavo.feed import Feeds
from octavo.folders import Folders
from octavo.guests import Guests
from octavo.history import AttributionJob, History, SessionJob
from octavo.history.following import PAUSE as HISTORY_PAUSE
from octavo.images import Collector, Images, UseOfImages
from octavo.jobs import Job, Jobs, SnapshotJob
from octavo.leases import Guarded, Leases
from octavo.library import Library
from octavo.locks import Locks
from octavo.ports import Database
from octavo.protocol import Change
from octavo.sealing import Sealer, SealJob
from octavo.search import PAUSE, IndexJob, watch
from octavo.settings import Settings, unknown
from octavo.sharing import Sharing
from octavo.suggestions import Suggestions, SuggestionsSeen, known_suggestions
from octavo.trash import Trash
from octavo.web.api.accounts import cookie_name
from octavo.web.api.services import Home, Services
from octavo.web.app import create_app
from octavo.web.auth import Tickets
from octavo.web.connection import HttpConnection
from octavo.web.front import Front
from octavo.web.socket import Gateway, frame
from octavo.web.static import KEPT_FOLDER, Pages

logger = logging.getLogger("octavo.server")

SWITCH_INTERVAL: Final = 0.0001
"""Seconds.  With CPython's 5 ms a busy loop makes a 0.25 ms commit on another thread take 16 ms."""

FILES_KEPT: Final = 64
"""File descriptors that are not connections: database, listening sockets, logs, pipes."""

POLL_SECONDS: Final = 30.0
"""How soon an open document learns what the command line changed beside the server."""

POLL_AMONG_NODES: Final = 1.0
"""How soon it learns of what another node has logged, when the relay says nothing."""

CONFIRM_WITHIN: Final = 5.0
"""Among several nodes, one that could not confirm the rights for so long delivers nothing."""

ANCHORS_PAUSE: Final = 0.5
"""Seconds for which a document's anchors rest after they were moved along."""

KEY_FILE: Final = "signing.key"
KEY_NAME: Final = "signing"
_KEY_BYTES: Final = 32
_REDIRECT_MS: Final = 1000


class SystemClock:
    """`ports.Clock` on the machine's own clocks."""

    def now(self) -> int:
        return int(time.time())

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(slots=True)
class Application:
    """Everything of one process, wired together."""

    settings: Settings
    store: Store
    host: RoomHost
    jobs: Jobs
    collector: Collector
    gateway: Gateway
    services: Services
    front: Front
    connections: Callable[[], int] = lambda: 0
    chores: Sequence[asyncio.Future[None]] = ()
    """What goes on for as long as the process lives, and may be cut off at any moment."""


@asynccontextmanager
async def application(
    settings: Settings, *, max_connections: int = sys.maxsize
) -> AsyncIterator[Application]:
    """Open the store, start the rooms; on the way out, close both.  Raises Unavailable with what to do."""
    store = await asyncio.to_thread(open_store, settings)
    try:
        search = await open_search(store, settings.data_dir)
        try:
            nodes = await _connect(settings, store)
            app = await _wire(settings, store, search, nodes, max_connections)
            try:
                yield app
            finally:
                await nodes.stop()
                for chore in app.chores:
                    chore.cancel()
                await asyncio.gather(*app.chores, return_exceptions=True)
                await app.collector.stop()
                await app.jobs.stop()
                app.services.accounts.close()
        finally:
            await asyncio.to_thread(search.close)
    finally:
        await asyncio.to_thread(store.close)


@dataclass(frozen=True, slots=True)
class Nodes:
    """What this process shares with the others: a secret, and what Redis carries if there is one."""

    key: bytes
    relay: RedisRelay | None = None
    counters: RedisCounters | None = None

    async def stop(self) -> None:
        if self.relay is not None:
            await self.relay.stop()
        if self.counters is not None:
            await self.counters.stop()


async def _connect(settings: Settings, store: Store) -> Nodes:
    key = await signing_key(store.database, settings.data_dir)
    if not settings.relay:
        return Nodes(key)
    relay = RedisRelay(settings.relay, key)
    relay.start()
    return Nodes(key, relay, RedisCounters(settings.relay, key))


async def _wire(
    settings: Settings, store: Store, search: Index, nodes: Nodes, max_connections: int
) -> Application:
    clock = SystemClock()
    accounts = Accounts(store.database, clock, settings, nodes.key)
    documents = Documents(store.database, store.log, clock, settings)
    locks = Locks(store.database, clock)
    blobs = store.blobs
    guarded = Guarded(store.database)
    sealer = Sealer(guarded, blobs, clock)
    images = Images(store.database, blobs, clock, settings, PublicFetch())
    indexing = IndexJob(guarded, store.log, search)
    anchors = Anchors(guarded, store.log, store.snapshots)
    anchoring = AnchorsJob(anchors, store.log)
    following = (SessionJob(guarded, store.log), AttributionJob(guarded, store.log))
    jobs = _jobs(settings, store, guarded, [indexing, anchoring, SealJob(sealer), *following])
    feeds = Feeds(store.log, documents)
    host = _rooms(settings, store, documents, locks, jobs, nodes, feeds)
    tickets = Tickets(clock, settings.ticket_seconds, nodes.key if settings.several else None)
    app: Application
    most = min(max_connections, settings.max_connections or max_connections)

    def has_room() -> bool:
        return app.connections() <= most

    gateway = Gateway(host, tickets, settings, has_room, nodes.counters)
    documents.connect(host, gateway.online)
    indexing.connect(host)
    locks.connect(host)
    comments = Comments(store.database, clock, host, anchors)
    anchoring.connect(comments.moved)
    suggestions = Suggestions(store.database, store.log, documents, host)
    services = Services(
        accounts,
        documents,
        Sharing(store.database, host, clock, settings),
        Guests(store.database, accounts, clock),
        locks,
        Audit(store.database),
        _home(store, search, documents, images, host, settings),
        images,
        suggestions,
        comments,
        _history(store, documents, following, host),
        feeds,
        gateway,
        tickets,
        settings,
        store.ready,
        nodes.counters,
    )
    pages = await asyncio.to_thread(Pages, kept=settings.data_dir / KEPT_FOLDER)
    front = Front(create_app(services), pages, accounts, settings, cookie_name(settings), has_room)
    collector = Collector(images, partial(jobs.catch_up, UseOfImages.name))
    app = Application(settings, store, host, jobs, collector, gateway, services, front)
    await indexing.prepare()
    await _start(app, sealer)
    return app


def _rooms(
    settings: Settings,
    store: Store,
    documents: Documents,
    locks: Locks,
    jobs: Jobs,
    nodes: Nodes,
    feeds: Feeds,
) -> RoomHost:
    def changed(document_id: str, changes: Sequence[Change]) -> None:
        jobs.changed(document_id, changes)
        feeds.changed(document_id, changes)

    return RoomHost(
        log=store.log,
        snapshots=store.snapshots,
        relay=nodes.relay,
        clock=SystemClock(),
        roles=documents.role,
        conditions=locks.conditions,
        marks=partial(known_suggestions, store.database, store.log),
        frame=frame,
        settings=host_settings(settings),
        on_changes=changed,
    )


def _history(
    store: Store, documents: Documents, jobs: tuple[SessionJob, AttributionJob], host: RoomHost
) -> History:
    for job in jobs:
        job.connect(host)
    return History(store.database, store.log, store.snapshots, SystemClock(), documents, *jobs, host)


def _home(
    store: Store,
    search: Index,
    documents: Documents,
    images: Images,
    host: RoomHost,
    settings: Settings,
) -> Home:
    clock = SystemClock()
    return Home(
        Library(store.database, search),
        Folders(store.database, clock, settings),
        Copies(store.database, documents, images, host, settings),
        Trash(store.database, documents, clock),
    )


def _jobs(settings: Settings, store: Store, database: Guarded, more: Sequence[Job]) -> Jobs:
    clock = SystemClock()
    return Jobs(
        [
            SnapshotJob(store.log, store.snapshots),
            UseOfImages(database, clock),
            SuggestionsSeen(database, store.log),
            *more,
        ],
        database=database,
        clock=clock,
        leases=Leases(store.database, clock) if settings.several else None,
        runs=settings.has_role("worker"),
        on_failure=lambda job: metrics.job_failures.labels(job).inc(),
        pauses={
            IndexJob.name: PAUSE,
            AnchorsJob.name: ANCHORS_PAUSE,
            SessionJob.name: HISTORY_PAUSE,
        },
    )


async def _start(app: Application, sealer: Sealer) -> None:
    host, jobs = app.host, app.jobs

    def heard(_: str, hint: Hint) -> None:
        if isinstance(hint, Work):
            jobs.heard(hint.job, hint.document_id)

    host.listeners.append(heard)
    jobs.connect(lambda job, document_id: host.tell(EVERYWHERE, Work(job, document_id)))
    await host.start()
    await jobs.start()
    if not app.settings.has_role("worker"):
        return
    app.collector.start()
    app.chores = [
        asyncio.ensure_future(watch(app.store.database, jobs.touched)),
        asyncio.ensure_future(app.services.home.trash.sweep_always()),
        asyncio.ensure_future(sealer.collect_always()),
    ]


@asynccontextmanager
async def accounts_only(settings: Settings) -> AsyncIterator[Accounts]:
    """The accounts without a server, for the command line; beside a running one too."""
    store = await asyncio.to_thread(open_store, settings, exclusive=False)
    key = await signing_key(store.database, settings.data_dir)
    accounts = Accounts(store.database, SystemClock(), settings, key)
    try:
        yield accounts
    finally:
        accounts.close()
        await asyncio.to_thread(store.close)


def host_settings(settings: Settings) -> HostSettings:
    """What the rooms need of the settings."""
    return HostSettings(
        document_units=settings.document_units,
        components=settings.components,
        message_bytes=settings.message_bytes,
        operations_per_second=settings.operations_per_second,
        editors=settings.editors,
        unload_after=settings.unload_seconds,
        memory_bytes=settings.memory_bytes,
        poll_every=POLL_AMONG_NODES if settings.several else POLL_SECONDS,
        confirm_within=CONFIRM_WITHIN if settings.several else None,
    )


def open_store(settings: Settings, *, exclusive: bool = True, read_only: bool = False) -> Store:
    """The store that the settings name; blocks.  Raises Unavailable: what is wrong with it, and what to do."""
    return _open_store(
        settings.database,
        settings.data_dir,
        exclusive=exclusive,
        read_only=read_only,
        on_damaged_snapshot=_report_damage,
    )


def _report_damage(document_id: str, revision: int, fault: str) -> None:
    logger.error(
        "snapshot of %s at %d is damaged (%s); the one before it is used", document_id, revision, fault
    )


async def signing_key(database: Database, data_dir: Path) -> bytes:
    """The key that signs access tokens and tickets: made at the first start, kept in the database for all nodes.

    One that an earlier version left in the data directory is taken over.
    """
    found = await database.read(lambda connection: catalog_secrets.find(connection, KEY_NAME))
    if found is None:
        path = data_dir / KEY_FILE
        made = path.read_bytes() if path.exists() else b""
        made = made if len(made) >= _KEY_BYTES else secrets.token_bytes(_KEY_BYTES)
        found = await database.write(lambda connection: catalog_secrets.keep(connection, KEY_NAME, made))
    return found


# --- the port ---------------------------------------------------------------------------------------------


def listen(settings: Settings) -> list[socket.socket]:
    """Sockets on the host's addresses and the port.  Raises Unavailable, naming the flag to use."""
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return [_bind(family, address) for family, _, _, _, address in dict.fromkeys(found)]
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            message = f"port {settings.port} is taken; use another: --port {settings.port + 1}"
        elif fault.errno == errno.EACCES:
            message = f"port {settings.port} needs root; use another: --port 8000"
        else:
            message = f"cannot listen on {settings.host}:{settings.port}: {fault.strerror or fault}"
        raise Unavailable("UNAVAILABLE", message) from None


def _bind(family: int, address: Any) -> socket.socket:
    # Named, because asyncio turns Nagle's algorithm off (40 ms an answer) only where it sees that it is TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(2048)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def raise_file_limit() -> int:
    """Raise the soft limit on open files to the hard one; returns how many connections that allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 1 << 20 if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        wanted = soft if soft != resource.RLIM_INFINITY else wanted
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(1, wanted - FILES_KEPT)


# --- serving ----------------------------------------------------------------------------------------------


class Server(uvicorn.Server):
    """uvicorn's server, which drains the rooms before it closes the sockets and then exits with 0."""

    def __init__(self, config: uvicorn.Config, app: Application) -> None:
        super().__init__(config)
        self._application = app
        app.connections = lambda: len(self.server_state.connections)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again at the end, which would end the process by it.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self._application
        logger.info("going down: redirecting %d connections", len(self.server_state.connections))
        app.gateway.going = True
        await asyncio.sleep(app.settings.drain_notice)  # the balancer sends nobody here any more
        app.gateway.draining = True
        try:
            async with asyncio.timeout(app.settings.drain_seconds):
                await app.host.drain(_REDIRECT_MS)
        except TimeoutError:
            logger.error("not everything became durable within %.0f s", app.settings.drain_seconds)
        await super().shutdown(sockets)


def configuration(settings: Settings, app: Application) -> uvicorn.Config:
    """How uvicorn runs here: our connections, our sockets, no log that could hold a ticket."""
    return uvicorn.Config(
        app.front,
        http=partial(HttpConnection, settings),  # type: ignore[arg-type]  # called as a class is
        ws=app.gateway.protocol,  # type: ignore[arg-type]
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        ws_per_message_deflate=False,
        ws_max_size=settings.message_bytes,
        ws_ping_interval=settings.ping_seconds,
        ws_ping_timeout=settings.ping_seconds,
        timeout_graceful_shutdown=1,
    )


async def _serve(settings: Settings, listeners: Sequence[socket.socket], capacity: int) -> None:
    async with application(settings, max_connections=capacity) as app:
        server = Server(configuration(settings, app), app)
        for listener in listeners:
            name = listener.getsockname()
            logger.info("listening on http://%s:%d", f"[{name[0]}]" if ":" in name[0] else name[0], name[1])
        await server.serve(sockets=list(listeners))
    logger.info("down")


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.  Raises Unavailable with what to do."""
    configure_logging(settings.log_level)
    for name in unknown():
        logger.warning("%s is no setting of this version; `octavo settings` lists all", name)
    listeners = listen(settings)
    sys.setswitchinterval(SWITCH_INTERVAL)
    capacity = raise_file_limit()
    logger.info(
        "octavo %s, %s core, data in %s, up to %d connections",
        __version__,
        core_build(),
        settings.data_dir if not settings.database else f"{place(settings.database)} and {settings.data_dir}",
        min(capacity, settings.max_connections or capacity),
    )
    import uvloop  # here, so that the other commands start without it

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listeners, capacity))


def configure_logging(level: str) -> None:
    """One line per event on standard error.  Libraries speak from info up: their debug lines hold whole
    requests.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    logging.getLogger("octavo").setLevel(level.upper())
    for name in ("uvicorn", "websockets", "asyncio", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
