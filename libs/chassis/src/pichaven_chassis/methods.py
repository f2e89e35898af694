"""Which methods a path has: `HEAD` beside every `GET`, `OPTIONS`, and `Allow` in a 405."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PARAMETER: Final = "{"


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: re.Pattern[str]
    literal: bool
    methods: frozenset[str]


class MethodTable:
    """The methods of all paths of an application."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add_router(self, router: APIRouter, *, prefix: str = "") -> None:
        for route in router.routes:
            if isinstance(route, APIRoute):
                self.add(prefix + route.path, route.methods or ())

    def add_paths(self, paths: Mapping[str, Sequence[str]]) -> None:
        for path, methods in paths.items():
            self.add(path, methods)

    def add(self, path: str, methods: Iterable[str]) -> None:
        pattern, _, _ = compile_path(path)
        self._entries.append(_Entry(pattern, _PARAMETER not in path, frozenset(methods)))

    def methods(self, path: str) -> list[str]:
        """Return the methods of a path in order; none where there is no such path.

        A path without parameters, `/photos/batch`, has its own and not those of `/photos/{id}`.
        """
        matching = [entry for entry in self._entries if entry.pattern.match(path)]
        literal = [entry for entry in matching if entry.literal]
        methods = {method for entry in literal or matching for method in entry.methods}
        if not methods:
            return []
        return sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))


class _HeadersSentError(Exception):
    """Ends a response whose headers were all that was asked for."""


class HeadMiddleware:
    """Answers `HEAD` with the status and the headers that `GET` has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        inner = {**scope, "method": "GET"}
        ended = False

        async def send_head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                # For the label of the metrics.
                scope["route"] = inner.get("route")
                await send(message)
                return
            if not ended:
                ended = True
                await send({"type": "http.response.body", "body": b""})
            if message.get("more_body", False):
                # A stream would go on for as long as its client listens.
                raise _HeadersSentError

        try:
            await self._app(inner, receive, send_head)
        except _HeadersSentError:
            return
