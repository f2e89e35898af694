"""What time does to uploads that nobody comes back to, and to what belongs to no upload."""

from typing import Any

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoUploaded
from pichaven_contracts.upload import UploadFailed
from pichaven_upload.sessions.model import UNFINISHED, UploadState
from pichaven_upload.usage.model import Account, Limits


async def test_an_abandoned_upload_expires_with_its_parts(app: Any) -> None:
    upload = await app.begin(app.picture(12 << 20))
    app.clock.advance(hours=23)
    await app.reconciler.sweep()
    assert len(app.multiparts()) == 1

    app.clock.advance(hours=2)
    await app.reconciler.sweep()
    await app.reconciler.sweep()

    assert app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0
    [event] = await app.published_events()
    assert isinstance(event, UploadFailed)
    assert (event.code, event.upload_id) == ("expired", upload.id)
    status = (await app.call("GET", f"/uploads/{upload.id}")).json()
    assert (status["state"], status["failure"]["code"]) == ("expired", "expired")


async def test_coming_back_to_an_upload_gives_it_a_full_day_again(app: Any) -> None:
    upload = await app.begin(app.picture())
    app.clock.advance(hours=23)
    await app.announce(app.picture())
    app.clock.advance(hours=23)

    await app.reconciler.sweep()

    assert (await app.complete(upload)).status_code == 202


async def test_a_completion_that_stopped_before_storage_can_be_repeated(app: Any) -> None:
    upload = await app.begin(app.picture())
    await _leave_completing(app, upload.id)
    assert (await app.call("DELETE", f"/uploads/{upload.id}")).status_code == 409

    app.clock.advance(minutes=6)
    await app.reconciler.sweep()

    status = (await app.call("GET", f"/uploads/{upload.id}")).json()
    assert (status["state"], status["parts_received"]) == ("open", [1])
    assert (await app.complete(upload)).status_code == 202


async def test_a_completion_that_stopped_after_storage_is_finished(app: Any) -> None:
    upload = await app.begin(app.picture())
    stored = await app.repositories.uploads.get(upload.id)
    await _leave_completing(app, upload.id)
    parts = [(part["number"], part["etag"]) for part in upload.parts]
    await app.store.complete_multipart(stored.key, stored.multipart_id, parts)

    app.clock.advance(minutes=6)
    await app.reconciler.sweep()

    [event] = await app.published_events()
    assert isinstance(event, PhotoUploaded) and event.photo_id == upload.photo_id
    assert (await app.complete(upload)).json()["photo_id"] == upload.photo_id


async def test_asking_after_an_interrupted_completion_finishes_it(app: Any) -> None:
    upload = await app.begin(app.picture())
    stored = await app.repositories.uploads.get(upload.id)
    await _leave_completing(app, upload.id)
    parts = [(part["number"], part["etag"]) for part in upload.parts]
    await app.store.complete_multipart(stored.key, stored.multipart_id, parts)

    status = (await app.call("GET", f"/uploads/{upload.id}")).json()

    assert status["state"] == "accepted"
    assert len(await app.published_events()) == 1


async def test_multiparts_without_an_upload_are_dropped_when_old(app: Any) -> None:
    current = await app.begin(app.picture(), send=False)
    store = app.store
    await store.create_multipart(f"originals/{app.owner}/x/{new_id()}.jpg", content_type="a/b")
    await store.create_multipart("originals/odd", content_type="a/b")
    await store.create_multipart("derived/not-ours", content_type="a/b")

    await app.reconciler.sweep_deep()
    assert len(app.multiparts()) == 4
    app.clock.advance(hours=2)
    await app.reconciler.sweep_deep()

    upload = await app.repositories.uploads.get(current.id)
    left = {info.key async for info in store.list_multiparts("")}
    assert left == {upload.key, "derived/not-ours"}


async def test_reservations_without_an_upload_are_given_back(app: Any) -> None:
    current = await app.begin(app.picture(700), send=False)
    limits = Limits(quota_bytes=1 << 30, uploads_per_hour=9, open_uploads=9, bulk_after=9)

    async def leak(account: Account) -> Account:
        return account.reserve(new_id(), 5000, limits, app.clock.now)

    await app.repositories.accounts.update_optimistically(app.owner, leak)
    app.clock.advance(hours=2)
    await app.reconciler.sweep_deep()

    assert (await app.usage())["bytes_reserved"] == 700
    assert (await app.call("GET", f"/uploads/{current.id}")).json()["state"] == "open"


async def test_one_upload_that_cannot_be_swept_does_not_keep_the_others(
    app: Any, factory: Any
) -> None:
    for seed in "ab":
        await app.begin(app.picture(seed=seed), send=False)
    app.clock.advance(hours=25)
    first = next(iter(app.store._multiparts))
    working = app.store.abort_multipart

    async def failing(key: str, upload_id: str) -> None:
        if upload_id == first:
            raise OSError("storage refuses")
        await working(key, upload_id)

    app.store.abort_multipart = failing
    await app.reconciler.sweep()
    assert app.multiparts() == [first]

    app.store.abort_multipart = working
    app.clock.advance(minutes=2)
    await app.reconciler.sweep()
    assert app.multiparts() == []
    assert (await app.usage())["bytes_reserved"] == 0


async def _leave_completing(app: Any, upload_id: str) -> None:
    moved = await app.repositories.uploads.transition(
        upload_id, UploadState.COMPLETING, since=UNFINISHED, now=app.clock.now
    )
    assert moved is not None
