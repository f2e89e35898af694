"""Photos that the library does not have, or not as processing left them, are published again."""

from collections.abc import Sequence
from typing import Any

import pytest
from services.upload.tests.conftest import processed_event

from pichaven_chassis.events import Tombstone
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoChanged, PhotoPurged, PhotoUploaded
from pichaven_contracts.topics import LIBRARY
from pichaven_upload.photos.subscribers import router
from testing.dispatch import dispatch


async def _upload(app: Any, seed: str = "a", **fields: Any) -> PhotoUploaded:
    await app.photo(app.picture(seed=seed), **fields)
    return (await app.published_events())[-1]


def _changed(event: PhotoUploaded, status: str, version: int) -> PhotoChanged:
    return PhotoChanged(
        photo_id=event.photo_id,
        owner_id=event.owner_id,
        version=version,
        revision=event.revision if status == "ready" else None,
        status=status,  # type: ignore[arg-type]
        filename=event.filename,
        content_type=event.content_type,
        size=event.size,
        sha256=event.sha256,
        taken_at=event.occurred_at,
        created_at=event.occurred_at,
        original_key=event.object_key,
    )


async def _sweep(app: Any, **advance: float) -> Sequence[Event]:
    """Return what a sweep publishes after this time."""
    app.clock.advance(**advance)
    await app.reconciler.sweep()
    return await app.published_events()


@pytest.mark.parametrize("status", ["processing", "failed"])
async def test_a_verified_photo_that_is_not_ready_in_the_library_is_published_again(
    app: Any, status: str
) -> None:
    event = await _upload(app, lane="bulk")
    await app.handle(_changed(event, "processing", 1), processed_event(event))
    await app.handle(_changed(event, status, 2))

    assert await _sweep(app, seconds=110) == []
    assert await _sweep(app, seconds=20) == [event]
    assert await _sweep(app, seconds=220) == []
    assert await _sweep(app, seconds=40) == [event]

    await app.handle(_changed(event, "ready", 3))
    assert await _sweep(app, days=9) == []


async def test_a_verified_photo_that_the_library_lacks_is_published_again(app: Any) -> None:
    event = await _upload(app)
    await app.handle(processed_event(event))

    assert await _sweep(app, minutes=3) == [event]


async def test_an_accepted_photo_that_nobody_has_is_published_again(app: Any) -> None:
    event = await _upload(app)

    assert await _sweep(app, minutes=59) == []
    assert await _sweep(app, minutes=2) == [event]
    assert await _sweep(app, minutes=119) == []
    assert await _sweep(app, minutes=2) == [event]


async def test_a_photo_in_the_queue_of_processing_is_not_published_again(app: Any) -> None:
    event = await _upload(app, lane="bulk")
    await app.handle(_changed(event, "processing", 1))

    assert await _sweep(app, days=9) == []


@pytest.mark.parametrize("library_first", [True, False])
async def test_a_ready_photo_is_not_published_again(app: Any, library_first: bool) -> None:
    event = await _upload(app)
    events = [processed_event(event), _changed(event, "ready", 2)]
    # The topics race, and each event may come twice.
    for each in reversed(events) if library_first else events:
        await app.handle(each, each)

    assert await _sweep(app, days=9) == []


async def test_a_new_original_is_to_be_confirmed_again(app: Any) -> None:
    first = await _upload(app)
    await app.handle(processed_event(first), _changed(first, "ready", 2))
    await app.photo(app.picture(), on_duplicate="replace")
    second = (await app.published_events())[-1]
    assert (second.photo_id, second.revision) == (first.photo_id, 2)
    await app.handle(_changed(first, "ready", 3))

    [again] = await _sweep(app, minutes=61)

    assert isinstance(again, PhotoUploaded)
    assert (again.photo_id, again.revision) == (first.photo_id, 2)
    await app.handle(_changed(second, "ready", 4))
    assert await _sweep(app, days=9) == []


async def test_replicas_publish_again_once(app: Any, factory: Any) -> None:
    other = await factory.make()
    event = await _upload(app)
    await app.handle(processed_event(event))
    app.clock.advance(minutes=3)

    await app.reconciler.sweep()
    await other.reconciler.sweep()

    assert await app.published_events() == [event]


async def test_a_purged_photo_is_not_published_again(app: Any) -> None:
    event = await _upload(app)
    await app.handle(processed_event(event))
    await app.handle(PhotoPurged(photo_id=event.photo_id, owner_id=event.owner_id))

    assert await _sweep(app, days=1) == []


async def test_the_tombstone_of_a_purged_photo_removes_its_original(app: Any) -> None:
    event = await _upload(app)

    for _ in range(2):
        await dispatch(router, app.container, Tombstone(LIBRARY, event.photo_id))

    assert app.store.objects == {}
    assert (await app.usage())["photos"] == 0
