"""The HTTP application of a service: problems, request ids, access log, health, metrics."""

import re
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar
from urllib.parse import quote

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pichaven_chassis import ended_sessions, gateway_problems
from pichaven_chassis.application import service_of
from pichaven_chassis.body_limit import BodyLimitMiddleware
from pichaven_chassis.disconnects import CLIENT_CLOSED_REQUEST
from pichaven_chassis.health import Health
from pichaven_chassis.idempotency import IdempotencyMiddleware
from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.methods import HeadMiddleware, MethodTable
from pichaven_chassis.metrics import HTTP_REQUESTS
from pichaven_chassis.operation_documents import describe_operations
from pichaven_chassis.outages import is_outage
from pichaven_chassis.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    InvalidJson,
    MethodNotAllowed,
    Problem,
    Unavailable,
    body_problem,
)
from pichaven_chassis.request_checks import CheckRequest

if TYPE_CHECKING:
    from pichaven_chassis.runtime import Service

C = TypeVar("C")

_log = get_logger(__name__)
PUBLIC_PREFIX: Final = "/api/v1"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
_QUIET: Final = frozenset({"/livez", "/readyz", "/metrics", ended_sessions.PATH})
_PLAIN_CODES: Final = {404: "not_found"}
_UNREADABLE_BODY: Final = "There was an error parsing the body"
"""What FastAPI says of bodies that are not in UTF-8 or nested too deeply."""


async def public_base_url(request: Request) -> str:
    """Return the base URL of the client's request: URLs are signed for its host."""
    fixed = service_of(request.app).public_url
    if fixed:
        return fixed.rstrip("/")
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    return f"{'https' if scheme == 'https' else 'http'}://{host}"


def container_of(cls: type[C]) -> Callable[[Request], Awaitable[C]]:
    """Return the FastAPI dependency that gives a route its service's container.

    A coroutine, as all dependencies here: FastAPI starts a thread for each plain function.
    """

    async def get_container(request: Request) -> C:
        container = service_of(request.app).container
        assert isinstance(container, cls)
        return container

    return get_container


PublicBase = Annotated[str, Depends(public_base_url)]


def create_app(service: "Service", health: Health | None = None, lifespan: Any = None) -> FastAPI:
    """Return the service's application."""
    health = health or Health()
    # A stream ends when its client disconnects, which would count as an error.
    untraced = _QUIET | service.streams
    untraced_folders = tuple(path for path in service.streams if path.endswith("/"))
    app = FastAPI(
        title=f"PicHaven {service.name}",
        version="1",
        openapi_url="/internal/openapi.json",
        docs_url=None,
        redoc_url=None,
        # Starlette redirects to the scheme of its own connection; see _on_http.
        redirect_slashes=False,
        lifespan=lifespan,
        # One span per request; metrics and logs are the chassis' own.
        telemetry={
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "exclude": lambda scope: (
                scope["path"] in untraced or scope["path"].startswith(untraced_folders)
            ),
        },
        responses={
            "default": {
                "description": "A problem (RFC 9457).",
                "content": {
                    MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
                },
            }
        },
    )
    app.state.service = service
    app.state.methods = methods = MethodTable()
    operations = [_operations(health), gateway_problems.router]
    if service.serves_api:
        routers = [(router, PUBLIC_PREFIX) for router in service.routers]
        routers += [(router, "") for router in service.internal_routers]
        check = CheckRequest(route for router, _ in routers for route in router.routes)
        for router, prefix in routers:
            app.include_router(router, prefix=prefix, dependencies=[Depends(check)])
            methods.add_router(router, prefix=prefix)
        methods.add_paths(service.methods_elsewhere)
    for router in operations:
        app.include_router(router)
        methods.add_router(router)
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    app.add_middleware(BodyLimitMiddleware)
    if service.idempotency is not None:
        app.add_middleware(
            IdempotencyMiddleware,
            store=service.idempotency,
            methods=methods,
            ignored=service.ignores_keys,
        )
    app.add_middleware(HeadMiddleware)
    # Starlette runs the last added first: the request id exists before anything else.
    app.add_middleware(_RequestContext)
    describe_operations(app)
    return app


def _operations(health: Health) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/livez")
    async def livez() -> Response:
        failures = await health.live()
        return JSONResponse({"failures": failures}, 503 if failures else 200)

    @router.get("/readyz")
    async def readyz() -> Response:
        failures = await health.ready()
        return JSONResponse({"failures": failures}, 503 if failures else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        # The checks measure the lag of consumers.
        await health.ready()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _problem_response(problem: Problem) -> Response:
    return JSONResponse(
        problem.body(_request_id()),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


async def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _problem_response(error)


async def _on_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    items = error.errors()
    if any(item["type"] == "json_invalid" for item in items):
        return _problem_response(InvalidJson())
    return _problem_response(body_problem(items))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    methods: MethodTable = request.app.state.methods
    path = str(request.scope["path"])
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = methods.methods(path)
        if request.method == "OPTIONS":
            return Response(
                status_code=HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(allowed)}
            )
        return _problem_response(MethodNotAllowed(allowed))
    if (
        error.status_code == HTTPStatus.NOT_FOUND
        and path.endswith("/")
        and methods.methods(path.rstrip("/"))
    ):
        # Without scheme and host: those that the client used stay.
        query = f"?{request.url.query}" if request.url.query else ""
        return Response(
            status_code=HTTPStatus.TEMPORARY_REDIRECT,
            headers={"Location": quote(path.rstrip("/")) + query},
        )
    if error.status_code == BodyTooLarge.status:
        return _problem_response(BodyTooLarge())
    if error.detail == _UNREADABLE_BODY:
        return _problem_response(InvalidJson())
    problem = Problem(str(error.detail), headers=error.headers)
    body = problem.body(_request_id()) | {
        "status": error.status_code,
        "title": str(error.detail),
        "code": (code := _PLAIN_CODES.get(error.status_code, "http_error")),
        "type": f"urn:pichaven:problem:{code}",
    }
    return JSONResponse(body, error.status_code, problem.headers, media_type=MEDIA_TYPE)


async def _on_disconnect(_request: Request, _error: Exception) -> Response:
    return Response(status_code=CLIENT_CLOSED_REQUEST)


def _unexpected_response(error: Exception) -> Response:
    if is_outage(error):
        _log.warning("engine_away", error=repr(error)[:300])
        return _problem_response(Unavailable())
    _log.exception("request_failed", exc_info=error)
    return _problem_response(
        Problem("Something went wrong here. It is logged under the request id.")
    )


class _RequestContext:
    """Request id, access log, duration, and the security headers of every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        header = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = header if _REQUEST_ID.fullmatch(header) else new_id()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started_at = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Cache-Control", "no-store")
                path = getattr(scope.get("route"), "path", "unmatched")
                duration = HTTP_REQUESTS.labels(scope["method"], path, str(status))
                duration.observe(time.perf_counter() - started_at)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Problem as problem:
            # Raised by a middleware, before any route.
            await _problem_response(problem)(scope, receive, send_with_headers)
        except Exception as error:
            response = _unexpected_response(error)
            if status:
                # The response has begun: only a closed connection shows the failure.
                raise
            await response(scope, receive, send_with_headers)
        finally:
            if scope["path"] not in _QUIET:
                _log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    ms=round((time.perf_counter() - started_at) * 1000, 1),
                )
            structlog.contextvars.unbind_contextvars("request_id")
