"""The event stream: progress in words, changes, and a resume that misses nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from testing.api_client import Person
from testing.images import jpeg, truncated_jpeg


async def _events(
    person: Person, *, last_event_id: str | None = None
) -> AsyncIterator[dict[str, Any]]:
    """The stream's events as they come: name, id and data."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    async with person.http.stream("GET", "/events", headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, Any] = {}
        async for line in answer.aiter_lines():
            if not line:
                if "data" in event:
                    yield event
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = json.loads(value) if name == "data" else value


async def _first(
    events: AsyncIterator[dict[str, Any]], name: str, **wanted: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first event of a name with these values, and all that came before it."""
    seen = []
    async with asyncio.timeout(60):
        async for event in events:
            seen.append(event)
            data = event["data"]
            if event.get("event") == name and wanted.items() <= data.items():
                return event, seen
    raise AssertionError(f"the stream ended before {name} {wanted}: {seen[-3:]}")


async def test_a_photos_steps_and_its_readiness_are_told_as_they_happen(person: Person) -> None:
    events = _events(person)
    await anext(events)
    photo_id = await person.upload("a.jpg", jpeg(31))

    ready, seen = await _first(events, "photo.changed", id=photo_id, status="ready")

    steps = {
        (event["data"]["step"], event["data"]["state"])
        for event in seen
        if event.get("event") == "photo.progress" and event["data"]["photo_id"] == photo_id
    }
    assert ready["id"]
    assert any(state == "started" for _, state in steps)
    # Ready is said only when the thumbnail answers.
    photo = await person.photo(photo_id)
    for variant in photo["variants"]:
        assert (await person.storage.get(variant["url"])).status_code == 200


async def test_a_failure_is_told_in_words(person: Person) -> None:
    events = _events(person)
    await anext(events)
    photo_id = await person.upload("half.jpg", truncated_jpeg(32))

    failed, _ = await _first(events, "photo.changed", id=photo_id, status="failed")

    assert failed["data"]
    assert (await person.photo(photo_id))["failure"]["message"]


async def test_a_stream_that_broke_goes_on_from_its_last_event(person: Person) -> None:
    events = _events(person)
    await anext(events)
    first = await person.upload("a.jpg", jpeg(33))
    last, _ = await _first(events, "photo.changed", id=first, status="ready")
    await events.aclose()  # type: ignore[attr-defined]
    missed = await person.upload("b.jpg", jpeg(34))
    await person.ready(missed)

    resumed = _events(person, last_event_id=last["id"])

    await _first(resumed, "photo.changed", id=missed, status="ready")


async def test_nobody_hears_of_anothers_photos(person: Person, stranger: Person) -> None:
    events = _events(stranger)
    await anext(events)
    theirs = await person.upload("a.jpg", jpeg(35))
    await person.ready(theirs)
    own = await stranger.upload("b.jpg", jpeg(36))

    _, seen = await _first(events, "photo.changed", id=own, status="ready")

    assert theirs not in json.dumps(seen)
