"""Back up a platform in use, restore it into an empty one, and compare: `make restore-drill`.

The second platform has new engines: no topics, no index, no variants but those of the backup.
"""

import argparse
import asyncio
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pichaven_local.ports import Ports
from pichaven_local.process import own_environment
from pichaven_local.stack import Stack
from testing.api_client import ApiClient, logged_in_client, registered_client
from testing.images import encode
from testing.polling import eventually
from testing.processes import run
from testing.running_stack import READY_S, running
from testing.sketches import Wish, draw

PHOTOS: Final = 24
QUERIES: Final = ("beach", "a forest", "city at night", "pier", "camera")
SETTINGS: Final = ("beach", "forest", "city")
_CHANGES: Final = ("version", "changed_at", "updated_at", "etag")
"""Of a photo, which the index's repair may count on."""
_RESTORED_WITHIN_S: Final = 300
_SOON: Final = {
    "PICHAVEN_GALLERY_INVENTORY_SETTLE_S": "1",
    "PICHAVEN_GALLERY_INVENTORY_INTERVAL_S": "20",
}
"""The index is compared with the library at once, and again soon."""


@dataclass(frozen=True, slots=True)
class Library:
    """What an owner sees of a library, and its files."""

    photos: Mapping[str, Mapping[str, Any]]
    digests: Mapping[str, str]
    """SHA-256 of each original, as it is downloaded."""
    trash: frozenset[str]
    months: Sequence[Mapping[str, Any]]
    hits: Mapping[str, Sequence[str]]
    past_searches: frozenset[str]
    bytes_used: int

    def differences(self, other: "Library") -> list[str]:
        """Return what differs, part by part."""
        return [
            f"{name}{difference}"
            for name in self.__slots__
            for difference in _differences(getattr(self, name), getattr(other, name))
        ]


def _differences(one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            for difference in _differences(one.get(key), other.get(key)):
                yield f".{key}{difference}"
    elif one != other:
        yield f": {str(one)[:200]} is now {str(other)[:200]}"


async def read_library(person: ApiClient) -> Library:
    page = await person.json("GET", "/photos", params={"limit": 500})
    ids = [photo["id"] for photo in page["items"]]
    photos = {photo_id: await person.photo(photo_id) for photo_id in ids}
    digests = {}
    for photo_id, photo in photos.items():
        response = await person.storage.get(photo["original_url"])
        digests[photo_id] = hashlib.sha256(response.raise_for_status().content).hexdigest()
        for variant in photo["variants"]:
            (await person.storage.get(variant["url"])).raise_for_status()
    timeline = await person.json("GET", "/timeline")
    trash = await person.json("GET", "/trash")
    history = await person.json("GET", "/search/history")
    return Library(
        photos={photo_id: _lasting(photo) for photo_id, photo in photos.items()},
        digests=digests,
        trash=frozenset(photo["id"] for photo in trash["items"]),
        months=[{name: each[name] for name in ("month", "count")} for each in timeline["buckets"]],
        hits={query: await _search(person, query) for query in QUERIES},
        past_searches=frozenset(each["q"] for each in history["items"]),
        bytes_used=(await person.json("GET", "/me/usage"))["bytes_used"],
    )


def _lasting(value: Any) -> Any:
    """Return the parts of a photo that are the same in another platform."""
    if isinstance(value, dict):
        return {
            name: _lasting(each)
            for name, each in value.items()
            if name not in _CHANGES and not name.endswith("url") and name != "steps"
        }
    return [_lasting(each) for each in value] if isinstance(value, list) else value


async def _search(person: ApiClient, query: str) -> list[str]:
    page = await person.json("GET", "/search", params={"q": query, "limit": 100})
    assert page["degraded"] == [], page["degraded"]
    return sorted(item["photo"]["id"] for item in page["items"])


async def _wait_until_whole(person: ApiClient, photo_id: str) -> dict[str, Any]:
    """Return the photo once it is ready, analysed, and its text is read."""

    async def whole_photo() -> dict[str, Any]:
        photo = await person.photo(photo_id)
        assert photo["analysis"]["state"] == "done", photo["analysis"]
        assert photo["text"] is not None
        return photo

    return await eventually(whole_photo, f"photo {photo_id} is whole", 120)


async def _use(person: ApiClient, count: int) -> None:
    """Upload photos, change some, and put one into the trash."""
    photo_ids = []
    for number in range(count):
        wish = Wish(setting=SETTINGS[number % 3], hour="day")
        image = draw(770_000 + number, height=400, aspect=4 / 3, wish=wish).image
        photo_ids.append(await person.upload(f"camera-{number}.jpg", encode(image, "JPEG")))
    for photo_id in photo_ids:
        await _wait_until_whole(person, photo_id)
        await person.wait_for_hit(photo_id, q="camera")
    first, second, third, *_ = photo_ids
    await person.json("PATCH", f"/photos/{first}", json={"caption": "the pier", "favorite": True})
    await person.json("PATCH", f"/photos/{second}", json={"taken_at": "1999-12-31T23:30:00"})
    await person.json("DELETE", f"/photos/{third}")
    await person.wait_for_hit(first, q="pier")

    async def hits_without_it() -> list[str]:
        hits = await _search(person, "camera")
        assert third not in hits
        return hits

    hits: list[str] = await eventually(hits_without_it, "the trashed photo is no hit", 60)
    assert len(hits) == count - 1


def _admin(stack: Stack, command: str, folder: Path) -> float:
    """Run a command of the administration and return how many seconds it took."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "pichaven_chassis.admin", command, str(folder)],
        env=own_environment() | stack.environment("gallery"),
        check=True,
    )
    return time.monotonic() - began


async def _library_with_searches(person: ApiClient) -> Library:
    """Return the library once its past searches have all queries: reading it makes them."""

    async def whole_library() -> Library:
        library = await read_library(person)
        assert library.past_searches >= set(QUERIES), library.past_searches
        return library

    return await eventually(whole_library, "searches are recorded", 120)


async def _drill(folder: Path, count: int) -> None:
    backup = folder / "backup"
    records = str(backup / "search.jsonl")
    first = Stack(folder / "first", ports=Ports.free())
    with running(first):
        async with registered_client(first.url) as person:
            await _use(person, count)
            before = await _library_with_searches(person)
            seconds = await asyncio.to_thread(_admin, first, "backup", backup)
            print(await run(first, "search", ["export", records], 60))
    print(f"{len(before.photos)} photos backed up in {seconds:.1f} s; their platform is removed")

    ports = Ports.free()
    engines = Stack(folder / "second", ports=ports, services=())
    with engines:
        engines.wait_ready(READY_S)
        seconds = await asyncio.to_thread(_admin, engines, "restore", backup)
    print(f"restored in {seconds:.1f} s")
    second = Stack(folder / "second", ports=ports, extra_env=_SOON)
    began = time.monotonic()
    with running(second):
        print(await run(second, "search", ["import", records], 60))
        async with logged_in_client(second.url, person) as same_person:

            async def same_library() -> Library:
                library = await read_library(same_person)
                differences = before.differences(library)
                assert not differences, "\n".join(differences[:10])
                return library

            after: Library = await eventually(
                same_library, "the library is as it was", _RESTORED_WITHIN_S
            )
    seconds = time.monotonic() - began
    print(
        f"equal {seconds:.0f} s after the start of the services: {len(after.photos)} photos, files"
        f" by hash, trash, months, {len(QUERIES)} searches, past searches, usage"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=PHOTOS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pichaven-restore-") as name:
        asyncio.run(_drill(Path(name), options.count))


if __name__ == "__main__":
    main()
