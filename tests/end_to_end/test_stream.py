"""The event stream: progress, changes, and a resume that misses nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from testing.api_client import ApiClient
from testing.images import jpeg, truncated_jpeg


async def _events(
    person: ApiClient, *, last_event_id: str | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Yield the stream's events as they arrive: name, id and data."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    async with person.http.stream("GET", "/events", headers=headers, timeout=60) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        event: dict[str, Any] = {}
        async for line in response.aiter_lines():
            if not line:
                if "data" in event:
                    yield event
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = json.loads(value) if name == "data" else value


async def _first(
    events: AsyncIterator[dict[str, Any]], name: str, **values: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the first event of a name with these values, and all events up to it."""
    received = []
    async with asyncio.timeout(60):
        async for event in events:
            received.append(event)
            data = event["data"]
            if event.get("event") == name and values.items() <= data.items():
                return event, received
    raise AssertionError(f"the stream ended before {name} {values}: {received[-3:]}")


async def test_a_photos_steps_and_its_readiness_are_streamed(person: ApiClient) -> None:
    events = _events(person)
    await anext(events)
    photo_id = await person.upload("a.jpg", jpeg(31))

    ready, received = await _first(events, "photo.changed", id=photo_id, status="ready")

    steps = {
        (event["data"]["step"], event["data"]["state"])
        for event in received
        if event.get("event") == "photo.progress" and event["data"]["photo_id"] == photo_id
    }
    assert ready["id"]
    assert any(state == "started" for _, state in steps)
    # A photo is ready only once its variants are in storage.
    photo = await person.photo(photo_id)
    for variant in photo["variants"]:
        assert (await person.storage.get(variant["url"])).status_code == 200


async def test_a_failure_is_streamed_with_a_message(person: ApiClient) -> None:
    events = _events(person)
    await anext(events)
    photo_id = await person.upload("half.jpg", truncated_jpeg(32))

    failed, _ = await _first(events, "photo.changed", id=photo_id, status="failed")

    assert failed["data"]
    assert (await person.photo(photo_id))["failure"]["message"]


async def test_a_stream_resumes_after_the_last_event(person: ApiClient) -> None:
    events = _events(person)
    await anext(events)
    first = await person.upload("a.jpg", jpeg(33))
    last, _ = await _first(events, "photo.changed", id=first, status="ready")
    await events.aclose()  # type: ignore[attr-defined]
    missed = await person.upload("b.jpg", jpeg(34))
    await person.wait_until_ready(missed)

    resumed = _events(person, last_event_id=last["id"])

    await _first(resumed, "photo.changed", id=missed, status="ready")


async def test_a_stream_has_no_event_of_anothers_photos(
    person: ApiClient, stranger: ApiClient
) -> None:
    events = _events(stranger)
    await anext(events)
    theirs = await person.upload("a.jpg", jpeg(35))
    await person.wait_until_ready(theirs)
    own = await stranger.upload("b.jpg", jpeg(36))

    _, received = await _first(events, "photo.changed", id=own, status="ready")

    assert theirs not in json.dumps(received)
