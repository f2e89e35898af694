"""The same bytes again: by one owner with each wish, and by two."""

import asyncio
from typing import Any

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoUploaded


async def _upload_verified(app: Any, photo_id: str) -> PhotoUploaded:
    """Return the photo's last event, after processing verified the photo."""
    events = [event for event in await app.published_events() if event.photo_id == photo_id]
    event = events[-1]
    await app.container.verify_photo(photo_id, event.revision, event.object_key, event.sha256)
    return event


async def test_skip_answers_with_the_photo_that_is_there(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)

    response = await app.announce(data, filename="other.jpg")

    assert (response.status_code, response.json()) == (200, {"duplicate_of": photo})


async def test_another_owner_learns_nothing_and_shares_nothing(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)
    other = new_id()

    matches = await app.call("POST", "/uploads/check", {"sha256": [app.sha256(data)]}, owner=other)
    theirs = await app.photo(data, owner=other)

    assert matches.json() == {"items": []}
    assert theirs != photo
    assert sorted(key.split("/")[1] for key in app.store.objects) == sorted([app.owner, other])


async def test_check_names_what_is_there_once_and_in_the_order_asked(app: Any) -> None:
    first, second, third = (app.picture(seed=seed) for seed in "abc")
    photos = {app.sha256(data): await app.photo(data) for data in (first, second)}
    digests = [app.sha256(data) for data in (third, second, first, second)]

    response = await app.call("POST", "/uploads/check", {"sha256": digests})

    assert response.json()["items"] == [
        {"sha256": digest, "photo_id": photos[digest]} for digest in digests[1:3]
    ]
    assert (await app.call("POST", "/uploads/check", {"sha256": []})).json() == {"items": []}


async def test_check_takes_five_thousand_digests_and_no_more(app: Any) -> None:
    photo = await app.photo(app.picture())
    digests = [f"{number:064x}" for number in range(4999)] + [app.sha256(app.picture())]

    most = await app.call("POST", "/uploads/check", {"sha256": digests})
    more = await app.call("POST", "/uploads/check", {"sha256": [*digests, "0" * 64]})

    assert [item["photo_id"] for item in most.json()["items"]] == [photo]
    assert (more.status_code, more.json()["code"]) == (422, "invalid_request")


async def test_what_lies_in_the_trash_is_no_duplicate_until_it_is_taken_out(app: Any) -> None:
    data = app.picture()
    thrown_away = await app.photo(data)
    check = {"sha256": [app.sha256(data)]}
    await app.container.track_trash(thrown_away, in_trash=True, version=2)

    matches = await app.call("POST", "/uploads/check", check)
    anew = await app.photo(data)
    again = await app.announce(data)
    await app.container.track_trash(thrown_away, in_trash=False, version=3)
    both = await app.call("POST", "/uploads/check", check)

    assert matches.json() == {"items": []}
    assert anew != thrown_away
    assert again.json() == {"duplicate_of": anew}
    assert [item["photo_id"] for item in both.json()["items"]] == [thrown_away]
    assert (await app.usage())["photos"] == 2


async def test_what_comes_out_of_the_trash_takes_nothing_from_a_photo_that_was_being_made(
    app: Any,
) -> None:
    """Its process ended before the upload was accepted; the completion is repeated."""
    data = app.picture()
    thrown_away = await app.photo(data)
    await app.container.track_trash(thrown_away, in_trash=True, version=2)
    upload = await app.begin(data)
    photo = (await app.complete(upload)).json()["photo_id"]
    uploads = app.database["uploads"]
    await uploads.update_one({"_id": upload.id}, {"$set": {"state": "stored"}})
    await app.container.track_trash(thrown_away, in_trash=False, version=3)

    again = await app.complete(upload)

    assert (again.status_code, again.json()["photo_id"]) == (202, photo)
    photos = [await app.repositories.photos.get(photo_id) for photo_id in (thrown_away, photo)]
    assert {each.key for each in photos} <= set(app.store.objects)


async def test_an_old_word_of_the_trash_changes_nothing(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)
    for in_trash, version in [(True, 2), (False, 3), (True, 2)]:
        await app.container.track_trash(photo, in_trash=in_trash, version=version)

    assert (await app.announce(data)).json() == {"duplicate_of": photo}


async def test_keep_makes_a_photo_of_its_own_that_shares_a_verified_original(app: Any) -> None:
    data = app.picture()
    first = await app.photo(data)
    original = await _upload_verified(app, first)

    second = await app.photo(data, on_duplicate="keep")

    [event] = await app.published_events()
    assert second != first
    assert (event.photo_id, event.object_key) == (second, original.object_key)
    assert list(app.store.objects) == [original.object_key]
    usage = await app.usage()
    assert (usage["photos"], usage["bytes_used"]) == (2, 2 * len(data))

    await app.container.purge_photo(first)
    assert list(app.store.objects) == [original.object_key]
    await app.container.purge_photo(second)
    assert app.store.objects == {}
    assert (await app.usage())["bytes_used"] == 0


async def test_keep_before_the_first_is_verified_keeps_its_own_bytes(app: Any) -> None:
    data = app.picture()
    first = await app.photo(data)

    await app.photo(data, on_duplicate="keep")
    await app.container.reject_photo(first, 1)

    assert len(app.store.objects) == 1
    assert (await app.usage())["photos"] == 1


async def test_replace_processes_the_same_photo_again_under_a_higher_revision(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)
    [first] = await app.published_events()

    again = await app.photo(data, on_duplicate="replace")

    [second] = await app.published_events()
    assert again == photo == second.photo_id
    assert (first.revision, second.revision) == (1, 2)
    assert list(app.store.objects) == [second.object_key] != [first.object_key]
    usage = await app.usage()
    assert (usage["photos"], usage["bytes_used"], usage["bytes_reserved"]) == (1, len(data), 0)


async def test_replacing_a_verified_photo_keeps_its_stored_original(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)
    original = await _upload_verified(app, photo)

    await app.photo(data, on_duplicate="replace")

    [event] = await app.published_events()
    assert (event.revision, event.object_key) == (2, original.object_key)
    assert list(app.store.objects) == [original.object_key]
    await app.container.reject_photo(photo, 2)
    assert list(app.store.objects) == [original.object_key]


async def test_replacing_at_once_from_many_sides_gives_each_its_revision(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)
    uploads = [
        await app.begin(data, on_duplicate="replace", filename=f"{number}.jpg")
        for number in range(4)
    ]

    await asyncio.gather(*(app.complete(upload) for upload in uploads))

    events = await app.published_events()
    assert [event.revision for event in events] == [1, 2, 3, 4, 5]
    assert {event.photo_id for event in events} == {photo}
    assert len(app.store.objects) == 1


async def test_replacing_a_photo_that_is_purged_meanwhile_makes_a_new_one(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)
    upload = await app.begin(data, on_duplicate="replace")
    await app.container.purge_photo(photo)

    receipt = (await app.complete(upload)).json()

    assert receipt["photo_id"] != photo
    assert (await app.published_events())[-1].photo_id == receipt["photo_id"]
    usage = await app.usage()
    assert (usage["photos"], usage["bytes_used"]) == (1, len(data))


async def test_replace_without_a_photo_is_a_plain_upload(app: Any) -> None:
    await app.photo(app.picture(), on_duplicate="replace")

    [event] = await app.published_events()

    assert event.revision == 1


async def test_rejected_bytes_may_be_sent_again(app: Any) -> None:
    data = app.picture()
    photo = await app.photo(data)
    await app.container.reject_photo(photo, 1)
    assert app.store.objects == {}

    again = await app.photo(data)

    assert again != photo
    assert (await app.usage())["photos"] == 1
