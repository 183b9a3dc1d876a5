"""The REST application: routes, errors, OpenAPI; and the rule that a route without a row in the matrix does
not start.
"""

from __future__ import annotations

import copy
import logging
from typing import Any

import msgspec
from litestar import Controller, Litestar, MediaType, Request, Response, Router, get
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from octavo import __version__
from octavo.accounts import Identity
from octavo.errors import Denied, Invalid, Missing, OctavoError
from octavo.web import access_matrix
from octavo.web.api import (
    accounts,
    comments,
    documents,
    feed,
    history,
    home,
    images,
    profile,
    sharing,
    suggestions,
    system,
)
from octavo.web.api.services import Services, provide_identity, provide_key
from octavo.web.api.types import ErrorView
from octavo.web.front import error_body, error_headers

logger = logging.getLogger("octavo.http")


class Description(Controller):
    """The one route of OpenAPI; Litestar's own would add a dozen pages that load scripts from elsewhere."""

    path = access_matrix.API
    include_in_schema = False

    @get("/openapi.json")
    async def read(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """This API, described."""
        return Response(msgspec.json.encode(describe(request.app)), media_type=MediaType.JSON)


def describe(app: Litestar) -> dict[str, Any]:
    """OpenAPI, with the errors that every operation may answer with in place of Litestar's own."""
    (reference,), components = msgspec.json.schema_components(
        [ErrorView], ref_template="#/components/schemas/{name}"
    )
    described = copy.deepcopy(app.openapi_schema.to_schema())
    described["components"]["schemas"].update(components)
    error = {"description": "An error", "content": {"application/json": {"schema": reference}}}
    for path in described["paths"].values():
        for operation in path.values():
            answers = operation["responses"]
            operation["responses"] = {
                status: answer for status, answer in answers.items() if status < "4"
            } | {"default": error}
    return described


def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Who is nobody gets no further than the matrix says; a token without the scope neither."""
    method = connection.scope["method"]  # type: ignore[typeddict-item]
    path = connection.scope["path_template"]
    row = access_matrix.ROUTES.get((method, path))
    if row is None:
        raise PermissionDeniedException(f"{method} {path} has no row in the access matrix")
    identity = connection.scope["state"].get("identity")
    if row.login and identity is None:
        raise Denied("UNAUTHENTICATED", "sign in, or send an access token")
    if isinstance(identity, Identity):
        _guard_known(identity, row, row.scope or ("read" if method == "GET" else "write"))


def _guard_known(identity: Identity, row: access_matrix.Row, needed: str) -> None:
    if identity.person.guest and row.login and not row.guests:
        raise Denied("FORBIDDEN", "guests may only use the documents whose links they have; sign in for more")
    if needed not in identity.scopes and not (needed == "suggest" and "write" in identity.scopes):
        raise Denied("FORBIDDEN", f"this API token has no scope `{needed}`")
    if row.in_person and identity.kind == "api":
        raise Denied("FORBIDDEN", "an API token may not do this; sign in")


def answer(fault: OctavoError) -> Response[bytes]:
    """An error as the protocol has it."""
    return Response(
        error_body(fault),
        status_code=fault.status,
        media_type=MediaType.JSON,
        headers=error_headers(fault),
    )


def _on_octavo_error(request: Request[Any, Any, Any], fault: OctavoError) -> Response[bytes]:
    return answer(fault)


def _on_http_exception(request: Request[Any, Any, Any], fault: HTTPException) -> Response[bytes]:
    if fault.status_code in (404, 405):
        return answer(Missing("NOT_FOUND", f"there is no {request.method} {request.url.path}"))
    if fault.status_code < 500:
        return answer(Invalid("INVALID_REQUEST", _explain(fault)))
    return _on_exception(request, fault)


def _explain(fault: HTTPException) -> str:
    """What Litestar found wrong, naming the members."""
    extra = fault.extra if isinstance(fault.extra, list) else []
    named = [
        f"{item.get('key') or 'body'}: {item.get('message')}" for item in extra if isinstance(item, dict)
    ]
    return "; ".join(named) or f"the body: {fault.detail}"


def _on_exception(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    # The path, never the query: a query may hold what must not be logged.
    logger.error("%s %s failed", request.method, request.url.path, exc_info=fault)
    return answer(OctavoError("INTERNAL", "the server made a mistake; it is in its log"))


def create_app(services: Services) -> Litestar:
    """The REST application.  Raises LookupError for a route without a row in the access matrix, and the
    reverse.
    """
    app = Litestar(
        route_handlers=[
            system.healthz,
            system.readyz,
            system.read_metrics,
            Router(
                access_matrix.API,
                route_handlers=[
                    system.read_schema,
                    accounts.router,
                    profile.router,
                    documents.router,
                    feed.router,
                    history.router,
                    home.router,
                    images.router,
                    sharing.router,
                    comments.router,
                    suggestions.router,
                ],
            ),
        ],
        guards=[guard],
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False, use_cache=True),
            "identity": Provide(provide_identity, sync_to_thread=False),
            "key": Provide(provide_key, sync_to_thread=False),
        },
        exception_handlers={
            OctavoError: _on_octavo_error,
            HTTPException: _on_http_exception,
            Exception: _on_exception,
        },
        openapi_config=OpenAPIConfig(
            title="Octavo",
            version=__version__,
            use_handler_docstrings=True,
            components=Components(
                security_schemes={
                    "bearer": SecurityScheme(type="http", scheme="bearer"),
                    "cookie": SecurityScheme(
                        type="apiKey",
                        name=accounts.cookie_name(services.settings),
                        security_scheme_in="cookie",
                    ),
                }
            ),
            security=[{"bearer": []}, {"cookie": []}],
            openapi_controller=Description,  # type: ignore[arg-type]  # any controller does
        ),
        logging_config=None,
        request_max_body_size=None,
    )
    check_matrix(app)
    return app


def routes(app: Litestar) -> set[tuple[str, str]]:
    """(method, path) of every route; HEAD and OPTIONS follow from the others."""
    return {
        (method, route.path_format)
        for route in app.routes
        for method in route.methods
        if method not in ("HEAD", "OPTIONS")
    }


def check_matrix(app: Litestar) -> None:
    """Raises LookupError when routes and matrix differ."""
    differing = routes(app) ^ set(access_matrix.ROUTES)
    if differing:
        raise LookupError(f"routes and the access matrix differ: {sorted(differing)}")
