"""Events of processing and of the library."""

import asyncio
from typing import Any

from services.upload.tests.conftest import processed_event

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import (
    PROCESSING_FAILED,
    PhotoPurged,
    PhotoRejected,
    PhotoUploaded,
)


def _rejected_event(event: PhotoUploaded, revision: int | None = None) -> PhotoRejected:
    return PhotoRejected(
        photo_id=event.photo_id,
        owner_id=event.owner_id,
        revision=revision or event.revision,
        sha256=event.sha256,
        object_key=event.object_key,
        code="hash_mismatch",
        message="The bytes are not what was announced.",
    )


def _purged_event(event: PhotoUploaded) -> PhotoPurged:
    return PhotoPurged(photo_id=event.photo_id, owner_id=event.owner_id)


async def _upload(app: Any, **fields: Any) -> PhotoUploaded:
    await app.photo(app.picture(), **fields)
    return (await app.published_events())[-1]


async def test_a_rejected_original_is_removed_and_its_bytes_are_free(app: Any) -> None:
    event = await _upload(app)

    await app.handle(_rejected_event(event), _rejected_event(event))

    assert app.store.objects == {}
    usage = await app.usage()
    assert (usage["bytes_used"], usage["photos"]) == (0, 0)
    assert await app.database["blobs"].count_documents({}) == 0


async def test_an_original_that_could_not_be_processed_stays(app: Any) -> None:
    event = await _upload(app)

    rejection = _rejected_event(event).model_copy(update={"code": PROCESSING_FAILED})
    await app.handle(rejection)

    assert list(app.store.objects) == [event.object_key]
    assert (await app.usage())["photos"] == 1
    # Made anew it is a photo like any other.
    await app.handle(processed_event(event), _rejected_event(event))
    assert list(app.store.objects) == [event.object_key]


async def test_a_late_rejection_of_an_older_revision_changes_nothing(app: Any) -> None:
    await _upload(app)
    event = await _upload(app, on_duplicate="replace")

    await app.handle(_rejected_event(event, revision=1))

    assert list(app.store.objects) == [event.object_key]
    assert (await app.usage())["photos"] == 1


async def test_a_verified_original_outlives_a_later_rejection(app: Any) -> None:
    event = await _upload(app)

    await app.handle(processed_event(event), _rejected_event(event))

    assert list(app.store.objects) == [event.object_key]


async def test_a_purged_photo_takes_its_original_along_however_often_it_is_heard(app: Any) -> None:
    event = await _upload(app)
    await app.handle(processed_event(event))

    await asyncio.gather(*(app.handle(_purged_event(event)) for _ in range(8)))

    assert app.store.objects == {}
    usage = await app.usage()
    assert (usage["bytes_used"], usage["photos"]) == (0, 0)
    account = await app.repositories.accounts.get(app.owner)
    assert account.releasing == {}


async def test_purging_a_rejected_photo_gives_its_bytes_back_once(app: Any) -> None:
    event = await _upload(app)

    await app.handle(_rejected_event(event))
    await app.handle(_purged_event(event))
    await app.handle(processed_event(event), _rejected_event(event))

    assert (await app.usage())["bytes_used"] == 0
    assert (await app.repositories.photos.get(event.photo_id)).state == "purged"


async def test_events_of_unknown_photos_are_ignored(app: Any) -> None:
    event = await _upload(app)
    unknown = event.model_copy(update={"photo_id": new_id(), "object_key": "originals/x/y/z"})

    await app.handle(processed_event(unknown), _rejected_event(unknown))
    await app.handle(_purged_event(unknown))

    assert list(app.store.objects) == [event.object_key]


async def test_an_upload_that_has_been_ended_long_ago_leaves_no_trace(app: Any) -> None:
    event = await _upload(app)
    await app.handle(_purged_event(event))

    photo = await app.database["photos"].find_one({"_id": event.photo_id})
    upload = await app.database["uploads"].find_one({"_id": event.upload_id})

    # Mongo itself removes both when that time has come.
    assert photo["forget_at"] > app.clock.now and upload["forget_at"] > app.clock.now
    assert "claim" not in photo and "slot" not in upload
