"""Responses to requests with an `Idempotency-Key`, bounded by size and number per owner.

A key is remembered for a day, as long as it is among its owner's newest. Bodies are compressed.
What is too large to keep loses its body but not its key: the request is not carried out again.
"""

import asyncio
import hashlib
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final

from pichaven_chassis.clock import utc_now
from pichaven_chassis.mongo import Document, MongoDatabase, insert_unless_exists
from pichaven_chassis.problems import Conflict, InvalidRequest

_RETENTION: Final = timedelta(hours=24)
_ABANDONED: Final = timedelta(seconds=60)
_COMPRESSED_IN_THREAD: Final = 32 << 10
_COUNTED_OWNERS: Final = 10_000
"""Owners whose growth this process knows; of others the next response is checked."""


class KeyReused(InvalidRequest):
    code: ClassVar[str] = "idempotency_key_reused"
    title: ClassVar[str] = "The idempotency key belongs to another request"


class RequestInProgress(Conflict):
    code: ClassVar[str] = "request_in_progress"
    title: ClassVar[str] = "The first request with this key is still in progress"


class ResponseNotKept(Conflict):
    code: ClassVar[str] = "response_not_kept"
    title: ClassVar[str] = "The request was carried out, and its response was not kept"

    def __init__(self, status: int) -> None:
        super().__init__(
            f"The first request with this Idempotency-Key was answered with {status}. The response "
            "is not kept, since it has a secret, is large or many came after it. Read what the "
            "request changed."
        )


@dataclass(frozen=True, slots=True)
class StoredResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    """None where it is not to be kept."""
    scopes: tuple[str, ...]
    """What a caller needs to be sent this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBounds:
    """Bounds of what is kept, in compressed bytes."""

    largest: int = 64 << 10
    """Of one response."""
    bytes_per_owner: int = 1 << 20
    """Of an owner's responses; the oldest lose their bodies first."""
    keys_per_owner: int = 5000
    """The oldest are surplus first."""
    keys_between_checks: int = 250
    """An owner may be beyond the bounds by so many keys, and by a quarter of the bytes."""


@dataclass(slots=True)
class _Growth:
    """What this process has added for an owner since its last check."""

    keys: int = 0
    size: int = 0


class MongoIdempotencyStore:
    """Responses in the service's database; a crashed process's claim expires after a minute."""

    def __init__(self, database: MongoDatabase, bounds: ResponseBounds | None = None) -> None:
        self._responses = database["idempotency"]
        self._bounds = bounds or ResponseBounds()
        self._growth: OrderedDict[str, _Growth] = OrderedDict()

    async def ensure_indexes(self) -> None:
        await self._responses.create_index(
            "created_at", expireAfterSeconds=int(_RETENTION.total_seconds())
        )
        await self._responses.create_index("owner_id")

    async def begin(
        self, owner_id: str, key: str, fingerprint: str, claim: str
    ) -> StoredResponse | None:
        """Claim the key and return None, or return the stored response.

        Raises `KeyReused` for another request's key, `RequestInProgress` while the first runs.
        """
        now = utc_now()
        key_id = _key_id(owner_id, key)
        claimed = {
            "_id": key_id,
            "owner_id": owner_id,
            "fingerprint": fingerprint,
            "created_at": now,
            "claim": claim,
        }
        if await insert_unless_exists(self._responses, claimed):
            return None
        stored = await self._responses.find_one({"_id": key_id})
        if stored is None:
            raise RequestInProgress("Send it again in a moment.")
        if stored["fingerprint"] != fingerprint:
            raise KeyReused("Use a new Idempotency-Key for a new request.")
        answer: Document | None = stored.get("answer")
        if answer is not None:
            return _to_response(answer)
        takeover = await self._responses.update_one(
            {"_id": key_id, "answer": None, "created_at": {"$lt": now - _ABANDONED}},
            {"$set": {"created_at": now, "claim": claim}},
        )
        if takeover.modified_count == 0:
            raise RequestInProgress("Send it again in a moment.")
        return None

    async def finish(self, owner_id: str, key: str, claim: str, response: StoredResponse) -> None:
        """Store the response, unless another has claimed the key meanwhile."""
        answer, size = await self._to_answer(response)
        await self._responses.update_one(
            {"_id": _key_id(owner_id, key), "claim": claim},
            {"$set": {"answer": answer, "size": size}},
        )
        if self._may_be_beyond_bounds(owner_id, size):
            await self._check_bounds(owner_id)

    async def release(self, owner_id: str, key: str, claim: str) -> None:
        """Release the key, unless another has claimed it meanwhile."""
        await self._responses.delete_one({"_id": _key_id(owner_id, key), "claim": claim})

    async def _to_answer(self, response: StoredResponse) -> tuple[Document, int]:
        """Return what is stored of the response, and its size in bytes."""
        body = response.body
        if body is not None:
            in_thread = len(body) > _COMPRESSED_IN_THREAD
            body = (
                await asyncio.to_thread(zlib.compress, body) if in_thread else zlib.compress(body)
            )
        size = len(body or b"") + sum(len(name) + len(value) for name, value in response.headers)
        if body is None or size > self._bounds.largest:
            return _without_body(response), 0
        return (
            {
                "status": response.status,
                "headers": [list(header) for header in response.headers],
                "body": body,
                "scopes": list(response.scopes),
            },
            size,
        )

    def _may_be_beyond_bounds(self, owner_id: str, size: int) -> bool:
        """Count a response, and return whether the owner's are to be checked now."""
        growth = self._growth.pop(owner_id, None)
        if growth is not None:
            growth.keys += 1
            growth.size += size
        due = (
            growth is None
            or growth.keys >= self._bounds.keys_between_checks
            or growth.size >= self._bounds.bytes_per_owner // 4
        )
        self._growth[owner_id] = _Growth() if due or growth is None else growth
        while len(self._growth) > _COUNTED_OWNERS:
            self._growth.popitem(last=False)
        return due

    async def _check_bounds(self, owner_id: str) -> None:
        """Forget the owner's oldest keys and drop the oldest bodies, as far as the bounds say."""
        fields = {"created_at": 1, "size": 1, "answer.status": 1, "answer.scopes": 1}
        cursor = self._responses.find({"owner_id": owner_id}, fields)
        finished = [document async for document in cursor if document.get("answer")]
        finished.sort(key=lambda document: document["created_at"], reverse=True)
        surplus = [document["_id"] for document in finished[self._bounds.keys_per_owner :]]
        if surplus:
            await self._responses.delete_many({"_id": {"$in": surplus}})
        room = self._bounds.bytes_per_owner
        dropped = []
        for document in finished[: self._bounds.keys_per_owner]:
            room -= document["size"]
            if room < 0 and document["size"]:
                dropped.append(document["_id"])
        if dropped:
            await self._responses.update_many(
                {"_id": {"$in": dropped}},
                {"$unset": {"answer.body": "", "answer.headers": ""}, "$set": {"size": 0}},
            )


def _key_id(owner_id: str, key: str) -> str:
    """Return the id of a key, which is short however long the key is."""
    return f"{owner_id}:{hashlib.sha256(key.encode()).hexdigest()}"


def _without_body(response: StoredResponse) -> Document:
    return {"status": response.status, "scopes": list(response.scopes)}


def _to_response(answer: Document) -> StoredResponse:
    headers: list[Any] = answer.get("headers", [])
    body = answer.get("body")
    return StoredResponse(
        status=answer["status"],
        headers=tuple((name, value) for name, value in headers),
        body=None if body is None else zlib.decompress(body),
        scopes=tuple(answer.get("scopes", ())),
    )
