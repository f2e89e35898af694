"""What the repositories promise the use cases, on a real Mongo-wire server."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoUploaded
from pichaven_upload.blobs.model import Blob
from pichaven_upload.photos.model import Photo
from pichaven_upload.photos.repository import DigestTaken
from pichaven_upload.sessions.model import UNFINISHED, Failure, Upload, UploadState
from pichaven_upload.sessions.repository import SlotTaken
from pichaven_upload.usage.model import Account, Limits
from pichaven_upload.usage.repository import AccountRepository

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OWNER = new_id()
DIGEST = "a" * 64
ROOMY = Limits(quota_bytes=1 << 50, uploads_per_hour=10**6, open_uploads=10**6, bulk_after=10**6)


def _upload(**fields: Any) -> Upload:
    upload = Upload(
        upload_id=new_id(),
        owner_id=OWNER,
        photo_id=new_id(),
        filename="a.jpg",
        content_type="image/jpeg",
        size=25,
        sha256=DIGEST,
        key="k",
        multipart_id="m",
        part_size=10,
        taken_at=NOW,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )
    return replace(upload, **fields)


def _photo(**fields: Any) -> Photo:
    photo = Photo(
        photo_id=new_id(),
        owner_id=OWNER,
        sha256=DIGEST,
        size=25,
        key="k",
        uploads=(new_id(),),
        created_at=NOW,
    )
    return replace(photo, **fields)


def _to_event(photo: Photo, revision: int = 1) -> PhotoUploaded:
    return PhotoUploaded(
        photo_id=photo.photo_id,
        owner_id=photo.owner_id,
        revision=revision,
        upload_id=photo.uploads[-1],
        filename="a.jpg",
        content_type="image/jpeg",
        size=photo.size,
        sha256=photo.sha256,
        object_key=photo.key,
    )


async def test_an_upload_comes_back_as_it_was_kept(factory: Any) -> None:
    uploads = factory.repositories().uploads
    plain = _upload()
    streamed = _upload(multipart_id=None, scratch_key="s", taken_at=None)
    marquesas = timezone(timedelta(hours=-9, minutes=-30))
    claimed = _upload(sha256="b" * 64, taken_at=NOW.astimezone(marquesas))
    for upload in (plain, streamed, claimed):
        await uploads.add(upload)

    loaded = await uploads.get(claimed.upload_id)
    assert loaded == claimed
    assert loaded.taken_at.isoformat() == "2026-06-01T02:30:00-09:30"
    assert await uploads.get(plain.upload_id) == plain
    assert await uploads.get(streamed.upload_id) == streamed
    assert await uploads.find_in_slot(plain.slot) == plain
    assert await uploads.get(new_id()) is None


async def test_a_slot_is_held_until_the_upload_ends(factory: Any) -> None:
    uploads = factory.repositories().uploads
    first = _upload()
    await uploads.add(first)
    with pytest.raises(SlotTaken):
        await uploads.add(_upload())

    await uploads.transition(first.upload_id, UploadState.CANCELLED, since=UNFINISHED, now=NOW)
    await uploads.add(_upload())


async def test_only_one_of_many_moves_wins(factory: Any) -> None:
    uploads = factory.repositories().uploads
    upload = _upload()
    await uploads.add(upload)
    ends = [UploadState.CANCELLED, UploadState.EXPIRED, UploadState.STORED] * 3

    moved = await asyncio.gather(
        *(
            uploads.transition(
                upload.upload_id, end, since=UNFINISHED, now=NOW, failure=Failure("c", "m")
            )
            for end in ends
        )
    )

    [winner] = [one for one in moved if one is not None]
    assert await uploads.get(upload.upload_id) == winner


async def test_only_one_of_many_gets_to_replace_a_lost_multipart(factory: Any) -> None:
    uploads = factory.repositories().uploads
    upload = _upload()
    await uploads.add(upload)

    replaced = await asyncio.gather(
        *(uploads.replace_multipart(upload.upload_id, "m", f"n{n}") for n in range(5))
    )

    assert sorted(replaced) == [False] * 4 + [True]


async def test_one_photo_is_the_first_of_its_bytes(factory: Any) -> None:
    photos = factory.repositories().photos
    candidates = [_photo() for _ in range(5)]

    results = await asyncio.gather(
        *(photos.add(photo, _to_event(photo), first=True) for photo in candidates),
        return_exceptions=True,
    )

    assert sum(result is True for result in results) == 1
    assert sum(isinstance(result, DigestTaken) for result in results) == 4
    first = candidates[results.index(True)]
    assert await photos.add(first, _to_event(first), first=True) is False
    other = _photo()
    assert await photos.add(other, _to_event(other), first=False) is True
    await photos.purge(first.photo_id, now=NOW)
    next_first = _photo()
    assert await photos.add(next_first, _to_event(next_first), first=True) is True


async def test_revisions_are_given_out_one_by_one_and_once_per_upload(factory: Any) -> None:
    photos = factory.repositories().photos
    photo = _photo()
    await photos.add(photo, _to_event(photo), first=True)

    async def revise(upload_id: str) -> Photo:
        return await photos.revise(
            photo.photo_id, upload_id, f"k-{upload_id}", lambda revision: _to_event(photo, revision)
        )

    uploads = [new_id() for _ in range(4)]
    await asyncio.gather(*(revise(upload_id) for upload_id in uploads * 2))

    current = await photos.get(photo.photo_id)
    assert current.revision == 5
    assert sorted(current.uploads[1:]) == sorted(uploads)
    assert current.key == f"k-{current.uploads[-1]}"


async def test_a_blob_without_holders_can_be_removed_but_not_shared(factory: Any) -> None:
    blobs = factory.repositories().blobs
    blob = Blob(key="k", owner_id=OWNER, sha256=DIGEST, size=25, held_by=("u1",))
    await blobs.add(blob)
    assert await blobs.acquire_verified(OWNER, DIGEST, "u2") is None
    await blobs.verify("k", "b" * 64)
    assert await blobs.acquire_verified(OWNER, DIGEST, "u2") is None
    await blobs.verify("k", DIGEST)
    assert await blobs.acquire_verified(new_id(), DIGEST, "u2") is None

    joined = await blobs.acquire_verified(OWNER, DIGEST, "u2")
    assert joined.key == "k"
    assert await blobs.release(OWNER, DIGEST, ["u1"], now=NOW) == []
    assert await blobs.release(OWNER, DIGEST, ["u2"], now=NOW) == ["k"]
    assert await blobs.acquire_verified(OWNER, DIGEST, "u3") is None
    await blobs.add(blob)
    assert await blobs.list_unreferenced(NOW + timedelta(seconds=1), limit=9) == ["k"]
    await blobs.remove(["k"])
    assert not await blobs.exists("k")


async def test_changes_of_an_account_from_many_processes_are_all_counted(factory: Any) -> None:
    replicas = [AccountRepository(factory.database) for _ in range(3)]

    async def begin(replica: AccountRepository, name: str) -> None:
        async def change(account: Account) -> Account:
            return account.reserve(name, 10, ROOMY, NOW)

        await replica.update_optimistically(OWNER, change)

    await asyncio.gather(*(begin(replicas[n % 3], str(n)) for n in range(30)))

    account = await replicas[0].get(OWNER)
    assert account.bytes_reserved == 300
    assert account.started_within(60, NOW) == 30
    assert account.version == 30


async def test_accounts_with_something_waiting_are_found_by_its_age(factory: Any) -> None:
    accounts = factory.repositories().accounts

    async def begin(account: Account) -> Account:
        return account.reserve("u", 10, ROOMY, NOW)

    async def settle(account: Account) -> Account:
        return account.settle("u", added_bytes=10, added_photos=1)

    await accounts.update_optimistically(OWNER, begin)
    late = NOW + timedelta(seconds=1)
    assert [account.owner_id async for account in accounts.iterate_pending(late)] == [OWNER]
    assert [account async for account in accounts.iterate_pending(NOW)] == []
    await accounts.update_optimistically(OWNER, settle)
    assert [account async for account in accounts.iterate_pending(late)] == []


QUERIES = {
    "uploads": [
        {"slot": "s"},
        {"state": "open", "expires_at": {"$lt": NOW}},
        {"in_hand_since": {"$lt": NOW}},
        {"tidy_at": {"$lt": NOW}},
    ],
    "photos": [
        {"owner_id": OWNER, "sha256": {"$in": [DIGEST]}},
        {"release_at": {"$lt": NOW}},
    ],
    "blobs": [
        {"owner_id": OWNER, "sha256": DIGEST},
        {"unreferenced_at": {"$lt": NOW}},
    ],
    "accounts": [{"waiting_since": {"$lt": NOW}}],
}


@pytest.mark.parametrize(
    ("collection", "query"),
    [(collection, query) for collection, queries in QUERIES.items() for query in queries],
)
async def test_every_query_has_an_index(factory: Any, collection: str, query: Any) -> None:
    plan = await factory.database[collection].find(query).explain()

    assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
