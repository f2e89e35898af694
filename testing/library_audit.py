"""Whether a library has what was acknowledged: each photo ready, once, searchable, and storage
the objects of the library and no others."""

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import httpx

from pichaven_local.stack import Stack
from testing.api_client import ApiClient
from testing.polling import eventually
from testing.storage import object_keys

_PAGE: Final = 500
_SEARCH_PAGE: Final = 200
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Audit:
    """What differs from the library that should be; all are empty when nothing does."""

    lost: frozenset[str]
    """Acknowledged photos that the library does not have."""
    extra: frozenset[str]
    """Photos that no acknowledgement names."""
    repeated: frozenset[str]
    """Photos that a list or a search has twice."""
    unready: dict[str, str]
    """Status or state of analysis of photos that are not ready and analyzed."""
    not_found: frozenset[str]
    """Ready photos that a search for everything does not have."""
    missing_objects: frozenset[str]
    """These and orphaned ones only once no photo is lost or unready."""
    orphaned_objects: frozenset[str]

    @property
    def faults(self) -> dict[str, Any]:
        """The parts that are not empty."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in fields.items() if value}


async def audit(person: ApiClient, stack: Stack, acknowledged: Collection[str]) -> Audit:
    """Compare an account with the ids of the photos that it should have.

    Raises `AssertionError` while the platform does not answer.
    """
    expected = set(acknowledged)
    try:
        photos = await _all_pages(person, "/photos", _PAGE)
        hits = await _all_pages(person, "/search", _SEARCH_PAGE)
        listed = Counter(str(photo["id"]) for photo in photos)
        hits_by_id = Counter(str(hit["photo"]["id"]) for hit in hits)
        unready = {
            str(photo["id"]): f"{photo['status']} {photo.get('failure') or ''}".strip()
            for photo in photos
            if photo["status"] != "ready"
        }
        lost = expected - set(listed)
        ready = [photo_id for photo_id in listed if photo_id not in unready]
        # A request for each photo, so not before all are there.
        details = [] if lost or unready else await _details(person, ready)
    except httpx.TransportError as error:
        raise AssertionError(f"the platform does not answer: {error!r}") from error
    states = {photo["id"]: photo["analysis"]["state"] for photo in details}
    unready |= {photo_id: f"analysis {it}" for photo_id, it in states.items() if it != "done"}
    objects = {_key(variant["url"]) for photo in details for variant in photo["variants"]}
    objects |= {_key(photo["original_url"]) for photo in details if photo["original_url"]}
    stored = await object_keys(stack, person.user_id) if details or not expected else objects
    counts = (listed, hits_by_id)
    return Audit(
        lost=frozenset(lost),
        extra=frozenset(set(listed) | set(hits_by_id)) - expected,
        repeated=frozenset(name for each in counts for name in each if each[name] > 1),
        unready=unready,
        not_found=frozenset(ready) - set(hits_by_id),
        missing_objects=frozenset(objects - stored),
        orphaned_objects=frozenset(stored - objects),
    )


async def wait_until_whole(
    person: ApiClient, stack: Stack, acknowledged: Collection[str], timeout_s: float
) -> Audit:
    """Return the first audit without a fault. Raises `AssertionError` at the deadline."""

    async def whole() -> Audit:
        report = await audit(person, stack, acknowledged)
        assert not report.faults, {name: _sample(value) for name, value in report.faults.items()}
        return report

    return await eventually(whole, "the library is what was acknowledged", timeout_s)


def _sample(value: Collection[str] | dict[str, str]) -> str:
    items = [f"{key}: {it}" for key, it in value.items()] if isinstance(value, dict) else value
    return f"{len(value)}, as {sorted(items)[:3]}"


async def _all_pages(person: ApiClient, path: str, limit: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    parameters: dict[str, Any] = {"limit": limit}
    while True:
        page = await person.json("GET", path, params=parameters)
        items += page["items"]
        if not page["next_cursor"]:
            return items
        parameters["cursor"] = page["next_cursor"]


async def _details(person: ApiClient, photo_ids: Collection[str]) -> list[dict[str, Any]]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(photo_id: str) -> dict[str, Any]:
        async with gate:
            return await person.photo(photo_id)

    return list(await asyncio.gather(*map(one, photo_ids)))


def _key(url: str) -> str:
    return url.split("?", maxsplit=1)[0].split("/", 4)[4]
