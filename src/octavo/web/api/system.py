"""Liveness, readiness, metrics, and what the content may hold."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from octavo import metrics
from octavo.delta import schema
from octavo.errors import Unavailable
from octavo.web.api.services import Called


@get("/healthz", tags=["system"])
async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@get("/readyz", tags=["system"])
async def readyz(services: Called) -> dict[str, str]:
    """The store takes writes, and the server is not on its way down."""
    fault = "the server is going away" if services.gateway.going else await services.failed()
    if fault is not None:
        raise Unavailable("UNAVAILABLE", fault)
    return {"status": "ready"}


@get("/metrics", tags=["system"], media_type="text/plain")
async def read_metrics() -> Response[bytes]:
    """Prometheus text format."""
    return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)


@get("/schema", tags=["system"])
async def read_schema() -> dict[str, Any]:
    """Every attribute and embed that content may hold, with its values."""
    return schema.describe()
