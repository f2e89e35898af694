"""`Idempotency-Key`: a repeated unsafe request gets the first response and has no effect."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pichaven_chassis.auth import Principal, authenticator_of, required_scopes
from pichaven_chassis.idempotency_store import (
    MongoIdempotencyStore,
    ResponseNotKept,
    StoredResponse,
)
from pichaven_chassis.ids import new_id
from pichaven_chassis.media_types import is_json
from pichaven_chassis.methods import MethodTable
from pichaven_chassis.problems import BodyTooLarge, InvalidRequest, Problem

UNSAFE_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEY_PATTERN: Final = "^[!-~]{1,255}$"
"""A space at an end is no part of a header's value, and other signs have no agreed encoding."""
_LARGEST_BODY: Final = 1 << 20
_NOT_STORED: Final = frozenset({401, 403, 404, 408, 409, 412, 413, 425, 429})
"""Statuses that are not stored: the same request may succeed later."""


_NOT_KEPT: Final = "response_is_not_kept"


async def response_with_secret(request: Request) -> None:
    """FastAPI dependency of routes whose responses are not to be stored.

    A repetition has no effect and is told so: 409 `response_not_kept`.
    """
    setattr(request.state, _NOT_KEPT, True)


class IdempotencyMiddleware:
    """Replays the responses of JSON requests that have a key and come from a signed-in user."""

    def __init__(
        self,
        app: ASGIApp,
        store: MongoIdempotencyStore,
        methods: MethodTable,
        ignored: tuple[str, ...] = (),
    ) -> None:
        """`ignored` is how paths begin whose calls ignore the header."""
        self._app = app
        self._store = store
        self._methods = methods
        self._ignored = ignored

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in UNSAFE_METHODS:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = headers.get("idempotency-key")
        media_type = headers.get("content-type", "application/json").partition(";")[0]
        streams = not is_json(media_type)
        # Where no route takes the request, a key says nothing: 404 or 405 comes first.
        routed = scope["method"] in self._methods.methods(scope["path"])
        if key is None or streams or not routed or scope["path"].startswith(self._ignored):
            await self._app(scope, receive, send)
            return
        if not re.fullmatch(KEY_PATTERN, key):
            raise InvalidRequest("Idempotency-Key is 1 to 255 ASCII letters, digits and signs.")
        try:
            principal = await authenticator_of(scope["app"]).principal(headers)
        except Problem:
            # The route answers unauthenticated requests.
            await self._app(scope, receive, send)
            return
        await self._once(key, principal, scope, receive, send)

    async def _once(
        self, header: str, principal: Principal, scope: Scope, receive: Receive, send: Send
    ) -> None:
        body = await _read(receive)
        if body is None:
            # The client disconnected before the end of its request.
            return
        digest = hashlib.sha256(body)
        digest.update(f"{scope['method']} {scope['path']}?".encode() + scope["query_string"])
        owner_id, claim = principal.user_id, new_id()
        stored = await self._store.begin(owner_id, header, digest.hexdigest(), claim)
        if stored is not None:
            principal.require(stored.scopes)
            await _send_stored(stored, send)
            return
        recorder, scopes = _Recorder(send), required_scopes(scope)
        try:
            await self._app(scope, _replay_body(body, receive), recorder)
        except BaseException:
            await self._store.release(owner_id, header, claim)
            raise
        response = recorder.response(scopes)
        if response and response.status < 300 and scope["state"].get(_NOT_KEPT):  # noqa: PLR2004
            response = replace(response, body=None)
        if response and response.status < 500 and response.status not in _NOT_STORED:  # noqa: PLR2004
            await self._store.finish(owner_id, header, claim, response)
        else:
            await self._store.release(owner_id, header, claim)


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body; None when the client disconnects before its end."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LARGEST_BODY:
            raise BodyTooLarge("The body is larger than 1 MiB.")
    return bytes(body)


def _replay_body(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def receive_again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def _send_stored(response: StoredResponse, send: Send) -> None:
    """Raises `ResponseNotKept`."""
    if response.body is None:
        raise ResponseNotKept(response.status)
    headers = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers
    ]
    headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


class _Recorder:
    """Passes a response on and keeps a copy of one that is small."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body: bytearray | None = bytearray()
        self._complete = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            if self._body is not None:
                self._body += message.get("body", b"")
                if len(self._body) > _LARGEST_BODY:
                    self._body = None
            self._complete = not message.get("more_body", False)
        await self._send(message)

    def response(self, scopes: Iterable[str]) -> StoredResponse | None:
        """Return the response once it is complete, without its body where that is large."""
        if self._start is None or not self._complete:
            return None
        return StoredResponse(
            status=self._start["status"],
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in self._start["headers"]
                if name not in {b"x-request-id", b"set-cookie"}
            ),
            body=None if self._body is None else bytes(self._body),
            scopes=tuple(sorted(scopes)),
        )
