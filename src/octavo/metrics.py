"""What operators watch: counters, gauges and histograms for Prometheus, each with the question it answers.

One registry for the process, read by `GET /metrics`.  Times are seconds.  No label holds an id.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

REGISTRY: Final = CollectorRegistry()
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_LATENCY: Final = (
    0.0005,
    0.001,
    0.002,
    0.004,
    0.006,
    0.01,
    0.015,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

operations: Final = Counter(
    "octavo_operations_total", "Operations received, by socket or REST.", registry=REGISTRY
)
changes: Final = Counter("octavo_changes_total", "Changes logged.", registry=REGISTRY)
transformed: Final = Counter(
    "octavo_operations_transformed_total",
    "Operations that were based on an older revision and had to be transformed; divide by operations.",
    registry=REGISTRY,
)
refusals: Final = Counter(
    "octavo_refusals_total", "Operations and messages refused, by protocol code.", ["code"], registry=REGISTRY
)
resyncs: Final = Counter(
    "octavo_resyncs_total",
    "Times a peer was brought up from the log after it had been skipped.",
    registry=REGISTRY,
)
propagation: Final = Histogram(
    "octavo_propagation_seconds",
    "From an operation's arrival until its change was handed to every peer's socket.",
    buckets=_LATENCY,
    registry=REGISTRY,
)
commit: Final = Histogram(
    "octavo_commit_seconds",
    "One durable commit of the log, waiting included.",
    buckets=_LATENCY,
    registry=REGISTRY,
)
batch_size: Final = Histogram(
    "octavo_batch_changes",
    "Changes that became durable in one append of a document.",
    buckets=_SIZES,
    registry=REGISTRY,
)
load: Final = Histogram(
    "octavo_document_load_seconds",
    "Opening a document, by where its content came from: room, snapshot or replay.",
    ["source"],
    buckets=_LATENCY,
    registry=REGISTRY,
)
upgrades: Final = Counter(
    "octavo_websocket_upgrades_total",
    "WebSocket upgrades by result: tried, accepted; their difference was refused.",
    ["result"],
    registry=REGISTRY,
)
rooms: Final = Gauge("octavo_rooms", "Documents open in memory.", registry=REGISTRY)
peers: Final = Gauge("octavo_peers", "Sockets that have said hello.", registry=REGISTRY)
requests: Final = Counter(
    "octavo_http_requests_total",
    "HTTP requests by method and status.",
    ["method", "status"],
    registry=REGISTRY,
)
sockets_skipped: Final = Counter(
    "octavo_sockets_skipped_total",
    "Frames not written because too much waited for the peer.",
    registry=REGISTRY,
)
job_failures: Final = Counter(
    "octavo_job_failures_total",
    "Failed runs of jobs that follow the log, by job.",
    ["job"],
    registry=REGISTRY,
)


images: Final = Counter(
    "octavo_images_total",
    "Images by what became of them: stored, collected (no revision of a document has them).",
    ["result"],
    registry=REGISTRY,
)


sealed: Final = Counter(
    "octavo_sealed_changes_total", "Changes moved from rows into sealed segments.", registry=REGISTRY
)


def render() -> bytes:
    """All metrics in the Prometheus text format."""
    return generate_latest(REGISTRY)
