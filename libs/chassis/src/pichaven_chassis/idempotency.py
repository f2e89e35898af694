"""`Idempotency-Key`: a repeated unsafe request gets the first response and has no effect."""

import hashlib
from datetime import timedelta
from typing import Any, ClassVar, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pichaven_chassis.auth import Principal, authenticator_of, required_scopes
from pichaven_chassis.clock import utc_now
from pichaven_chassis.ids import new_id
from pichaven_chassis.mongo import MongoDatabase, insert_unless_exists
from pichaven_chassis.problems import BodyTooLarge, Conflict, InvalidRequest, Problem

_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LONGEST_KEY: Final = 255
_LARGEST_BODY: Final = 1 << 20
_NOT_STORED: Final = frozenset({401, 403, 404, 408, 409, 412, 413, 425, 429})
"""Statuses that are not stored: the same request may succeed later."""
_RETENTION: Final = timedelta(hours=24)
_ABANDONED: Final = timedelta(seconds=60)


class KeyReused(InvalidRequest):
    code: ClassVar[str] = "idempotency_key_reused"
    title: ClassVar[str] = "The idempotency key belongs to another request"


class RequestInProgress(Conflict):
    code: ClassVar[str] = "request_in_progress"
    title: ClassVar[str] = "The first request with this key is still in progress"


class MongoIdempotencyStore:
    """Responses in the service's database; a crashed process's claim expires after a minute."""

    def __init__(self, database: MongoDatabase) -> None:
        self._responses = database["idempotency"]

    async def ensure_indexes(self) -> None:
        await self._responses.create_index(
            "created_at", expireAfterSeconds=int(_RETENTION.total_seconds())
        )

    async def begin(self, key: str, fingerprint: str, claim: str) -> dict[str, Any] | None:
        """Claim the key and return None, or return the stored response.

        Raises `KeyReused` for another request's key, `RequestInProgress` while the first runs.
        """
        now = utc_now()
        claimed = {"_id": key, "fingerprint": fingerprint, "created_at": now, "claim": claim}
        if await insert_unless_exists(self._responses, claimed):
            return None
        stored = await self._responses.find_one({"_id": key})
        if stored is None:
            raise RequestInProgress("Send it again in a moment.")
        if stored["fingerprint"] != fingerprint:
            raise KeyReused("Use a new Idempotency-Key for a new request.")
        response: dict[str, Any] | None = stored.get("answer")
        if response is not None:
            return response
        takeover = await self._responses.update_one(
            {"_id": key, "answer": None, "created_at": {"$lt": now - _ABANDONED}},
            {"$set": {"created_at": now, "claim": claim}},
        )
        if takeover.modified_count == 0:
            raise RequestInProgress("Send it again in a moment.")
        return None

    async def finish(self, key: str, claim: str, response: dict[str, Any]) -> None:
        """Store the response, unless another has claimed the key meanwhile."""
        await self._responses.update_one(
            {"_id": key, "claim": claim}, {"$set": {"answer": response}}
        )

    async def release(self, key: str, claim: str) -> None:
        """Release the key, unless another has claimed it meanwhile."""
        await self._responses.delete_one({"_id": key, "claim": claim})


class IdempotencyMiddleware:
    """Replays the responses of JSON requests that have a key and come from a signed-in user."""

    def __init__(self, app: ASGIApp, store: MongoIdempotencyStore) -> None:
        self._app = app
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _UNSAFE:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = headers.get("idempotency-key")
        streams = not headers.get("content-type", "application/json").startswith("application/json")
        if key is None or streams:
            await self._app(scope, receive, send)
            return
        if not 0 < len(key) <= _LONGEST_KEY or not key.isprintable():
            raise InvalidRequest("Idempotency-Key is 1 to 255 printable characters.")
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
        key, claim = f"{principal.user_id}:{header}", new_id()
        stored = await self._store.begin(key, digest.hexdigest(), claim)
        if stored is not None:
            principal.require(stored.get("scopes", ()))
            await _send_stored(stored, send)
            return
        recorder, scopes = _Recorder(send), required_scopes(scope)
        try:
            await self._app(scope, _replay_body(body, receive), recorder)
        except BaseException:
            await self._store.release(key, claim)
            raise
        response = recorder.response
        if response and response["status"] < 500 and response["status"] not in _NOT_STORED:  # noqa: PLR2004
            await self._store.finish(key, claim, response | {"scopes": sorted(scopes)})
        else:
            await self._store.release(key, claim)


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


async def _send_stored(response: dict[str, Any], send: Send) -> None:
    headers = [(name.encode(), value.encode()) for name, value in response["headers"]]
    headers.append((b"idempotent-replayed", b"true"))
    await send({"type": "http.response.start", "status": response["status"], "headers": headers})
    await send({"type": "http.response.body", "body": bytes(response["body"])})


class _Recorder:
    """Passes a response on and keeps a copy of one that is small."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()
        self.response: dict[str, Any] | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        elif self._start is not None and len(self._body) <= _LARGEST_BODY:
            self._body += message.get("body", b"")
            if not message.get("more_body", False) and len(self._body) <= _LARGEST_BODY:
                self.response = {
                    "status": self._start["status"],
                    "headers": [
                        [name.decode("latin-1"), value.decode("latin-1")]
                        for name, value in self._start["headers"]
                        if name not in {b"x-request-id", b"set-cookie"}
                    ],
                    "body": bytes(self._body),
                }
        await self._send(message)
