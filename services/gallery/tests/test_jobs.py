"""Jobs: one action on every photo of a list, in the background."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery, JsonObject, StartGallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoChanged, TakenAt


async def start(gallery: Gallery, owner: str, **body: Any) -> str:
    receipt = await gallery.call(owner, "POST", "/jobs", status=202, json=body)
    job_id: str = receipt["job_id"]
    return job_id


async def run(gallery: Gallery) -> None:
    """Run all steps that are due, as the worker does."""
    while (await gallery.container.run_jobs()).has_more:
        pass


async def job_of(gallery: Gallery, owner: str, job_id: str) -> JsonObject:
    job: JsonObject = await gallery.call(owner, "GET", f"/jobs/{job_id}")
    return job


async def finish(gallery: Gallery, owner: str, **body: Any) -> JsonObject:
    """Start a job, run it and return it."""
    job_id = await start(gallery, owner, **body)
    await run(gallery)
    return await job_of(gallery, owner, job_id)


def counts(job: JsonObject) -> tuple[str, int, int, int, int]:
    return job["state"], job["matched"], job["done"], job["changed"], job["failed"]


async def ids_in(gallery: Gallery, owner: str, path: str, **query: Any) -> set[str]:
    page = await gallery.call(owner, "GET", path, params={"limit": 500} | query)
    return {item["id"] for item in page["items"]}


async def add_photos(gallery: Gallery, owner: str, count: int) -> Sequence[Story]:
    """Add photos that were taken a day apart, the first on the first of June."""
    return [
        await gallery.add_ready_photo(
            owner, taken_at=TakenAt(at=UPLOADED_AT + timedelta(days=number))
        )
        for number in range(count)
    ]


@pytest.fixture
async def small_chunks(start_gallery: StartGallery) -> Gallery:
    return await start_gallery(job_chunk=2)


async def test_a_job_changes_every_photo_of_the_library_chunk_after_chunk(
    small_chunks: Gallery, owner: str, stranger: str
) -> None:
    gallery = small_chunks
    stories = await add_photos(gallery, owner, 5)
    theirs = await gallery.add_ready_photo(stranger)
    job_id = await start(gallery, owner, query={}, action="trash")
    assert counts(await job_of(gallery, owner, job_id)) == ("selecting", 0, 0, 0, 0)

    states = [counts(await job_of(gallery, owner, job_id))]
    while (await gallery.container.run_jobs()).has_more:
        states.append(counts(await job_of(gallery, owner, job_id)))

    assert states[1:] == [
        ("selecting", 2, 0, 0, 0),
        ("selecting", 4, 0, 0, 0),
        ("running", 5, 0, 0, 0),
        ("running", 5, 2, 2, 0),
        ("running", 5, 4, 4, 0),
        ("done", 5, 5, 5, 0),
    ]
    assert await ids_in(gallery, owner, "/photos") == set()
    assert await ids_in(gallery, owner, "/trash") == {story.photo_id for story in stories}
    assert await ids_in(gallery, stranger, "/photos") == {theirs.photo_id}


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"from": "2026-06-02", "to": "2026-06-03"}, {1, 2}),
        ({"from": "2026-06-03T12:00:00Z"}, {2, 3, 4}),
        ({"favorite": True}, {0}),
        ({"favorite": False, "to": "2026-06-02"}, {1}),
        ({"tag": "Dog"}, {3}),
        ({"status": "failed"}, set[int]()),
        ({"tag": "dog", "favorite": True}, set[int]()),
    ],
)
async def test_a_query_is_that_of_the_list(
    gallery: Gallery, owner: str, query: JsonObject, days: set[int]
) -> None:
    stories = await add_photos(gallery, owner, 5)
    await gallery.call(owner, "PATCH", f"/photos/{stories[0].photo_id}", json={"favorite": True})
    await gallery.ingest(stories[3].tagged_event("dog"))
    listed = await ids_in(gallery, owner, "/photos", **query)

    job = await finish(gallery, owner, query=query, action="add_tags", tags=["chosen"])

    assert listed == {stories[day].photo_id for day in days}
    assert await ids_in(gallery, owner, "/photos", tag="chosen") == listed
    assert counts(job) == ("done", len(days), len(days), len(days), 0)


async def test_photos_are_left_out_of_a_query(small_chunks: Gallery, owner: str) -> None:
    gallery = small_chunks
    stories = await add_photos(gallery, owner, 5)
    excluded = [stories[0].photo_id, stories[3].photo_id]

    job = await finish(gallery, owner, query={"excluded": excluded}, action="trash")

    assert counts(job) == ("done", 3, 3, 3, 0)
    assert await ids_in(gallery, owner, "/photos") == set(excluded)
    job = await finish(
        gallery,
        owner,
        query={"trashed": True, "excluded": [stories[1].photo_id]},
        action="restore",
    )
    assert job["changed"] == 2


async def test_the_photos_of_the_trash_are_restored(small_chunks: Gallery, owner: str) -> None:
    gallery = small_chunks
    stories = await add_photos(gallery, owner, 6)
    await finish(gallery, owner, ids=[story.photo_id for story in stories[:5]], action="trash")
    emptied = await start(gallery, owner, query={"trashed": True}, action="restore")

    await run(gallery)

    assert counts(await job_of(gallery, owner, emptied)) == ("done", 5, 5, 5, 0)
    assert len(await ids_in(gallery, owner, "/photos")) == 6


async def test_undo_changes_back_what_the_job_changed_and_nothing_else(
    small_chunks: Gallery, owner: str
) -> None:
    gallery = small_chunks
    stories = await add_photos(gallery, owner, 5)
    before = {stories[1].photo_id, stories[4].photo_id}
    await finish(gallery, owner, ids=sorted(before), action="favorite")
    job = await finish(gallery, owner, query={}, action="favorite")
    assert counts(job) == ("done", 5, 5, 3, 0)

    undone = await finish(gallery, owner, changed_by=job["id"], action="unfavorite")

    assert counts(undone) == ("done", 3, 3, 3, 0)
    assert await ids_in(gallery, owner, "/photos", favorite=True) == before


async def test_undo_of_an_unfinished_job_follows_it(small_chunks: Gallery, owner: str) -> None:
    gallery = small_chunks
    await add_photos(gallery, owner, 5)
    job_id = await start(gallery, owner, query={}, action="trash")
    await gallery.container.run_jobs()
    undo_id = await start(gallery, owner, changed_by=job_id, action="restore")

    await run(gallery)

    assert counts(await job_of(gallery, owner, undo_id)) == ("done", 5, 5, 5, 0)
    assert len(await ids_in(gallery, owner, "/photos")) == 5


async def test_photos_that_cannot_be_changed_are_counted_with_reasons(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    mine = await gallery.add_ready_photo(owner)
    trashed = await gallery.add_ready_photo(owner)
    theirs = await gallery.add_ready_photo(stranger)
    await gallery.call(owner, "DELETE", f"/photos/{trashed.photo_id}", status=204)
    missing = [new_id() for _ in range(150)]
    ids = [mine.photo_id, trashed.photo_id, theirs.photo_id, *missing, mine.photo_id]

    job = await finish(gallery, owner, ids=ids, action="favorite")

    assert counts(job) == ("done", 153, 1, 1, 152)
    assert len(job["failures"]) == 100
    codes = {failure["id"]: failure["code"] for failure in job["failures"]}
    assert codes[trashed.photo_id] == "photo_in_trash"
    assert codes[theirs.photo_id] == "not_found"


async def test_a_killed_job_goes_on_and_changes_each_photo_once(
    start_gallery: StartGallery, owner: str
) -> None:
    killed = await start_gallery(job_chunk=2)
    await add_photos(killed, owner, 5)
    job_id = await start(killed, owner, query={}, action="shift_time", shift="PT1H")
    for _ in range(4):
        await killed.container.run_jobs()
    jobs = killed.database["jobs"]
    as_it_was = await jobs.find_one({"_id": job_id})
    assert as_it_was is not None
    await killed.container.run_jobs()
    # Its photos were changed, and the progress was not written before the process ended.
    lease_until = killed.clock() + timedelta(seconds=30)
    await jobs.replace_one({"_id": job_id}, as_it_was | {"lease_until": lease_until})

    restarted = await start_gallery(clock=killed.clock, job_chunk=2)
    assert not (await restarted.container.run_jobs()).has_more
    killed.clock.advance(seconds=31)
    await run(restarted)

    assert counts(await job_of(restarted, owner, job_id)) == ("done", 5, 5, 5, 0)
    page = await restarted.call(owner, "GET", "/photos", params={"order": "asc"})
    times = [item["taken_at"] for item in page["items"]]
    assert times == [f"2026-06-0{day}T13:00:00Z" for day in range(1, 6)]


async def test_replicas_share_a_job(start_gallery: StartGallery, owner: str) -> None:
    replicas = [await start_gallery(job_chunk=2) for _ in range(3)]
    await add_photos(replicas[0], owner, 9)
    job_id = await start(replicas[0], owner, query={}, action="shift_time", shift="PT1H")

    await asyncio.gather(*(run(replica) for replica in replicas))
    await run(replicas[0])

    assert counts(await job_of(replicas[0], owner, job_id)) == ("done", 9, 9, 9, 0)
    page = await replicas[0].call(owner, "GET", "/photos")
    assert {item["taken_at"][11:] for item in page["items"]} == {"13:00:00Z"}


async def test_the_jobs_of_one_owner_keep_their_order_and_do_not_hold_up_anothers(
    small_chunks: Gallery, owner: str, stranger: str
) -> None:
    gallery = small_chunks
    await add_photos(gallery, owner, 4)
    await add_photos(gallery, stranger, 1)
    first = await start(gallery, owner, query={}, action="favorite")
    second = await start(gallery, owner, query={"favorite": True}, action="trash")
    theirs = await start(gallery, stranger, query={}, action="favorite")

    for _ in range(2):
        await gallery.container.run_jobs()
    assert (await job_of(gallery, stranger, theirs))["state"] == "done"
    assert (await job_of(gallery, owner, second))["matched"] == 0
    await run(gallery)

    assert counts(await job_of(gallery, owner, first)) == ("done", 4, 4, 4, 0)
    assert counts(await job_of(gallery, owner, second)) == ("done", 4, 4, 4, 0)


async def test_an_owner_has_five_unfinished_jobs_at_most(
    gallery: Gallery, owner: str, stranger: str
) -> None:
    body = {"query": {}, "action": "favorite"}
    headers = gallery.authority.headers(owner)
    responses = await asyncio.gather(
        *(gallery.http.post("/api/v1/jobs", json=body, headers=headers) for _ in range(9))
    )
    refused = [each for each in responses if each.status_code != 202]
    assert len(refused) == 4
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(429, "too_many_jobs")}
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
    await start(gallery, stranger, **body)

    await run(gallery)

    await start(gallery, owner, **body)


async def test_a_job_is_its_owners_alone(gallery: Gallery, owner: str, stranger: str) -> None:
    job_id = await start(gallery, owner, query={}, action="favorite")
    await gallery.call(stranger, "GET", f"/jobs/{job_id}", status=404)
    body = {"changed_by": job_id, "action": "unfavorite"}
    await gallery.call(stranger, "POST", "/jobs", json=body, status=404)
    await gallery.call(owner, "GET", f"/jobs/{new_id()}", status=404)


async def test_a_job_has_an_etag(gallery: Gallery, owner: str) -> None:
    job_id = await start(gallery, owner, query={}, action="favorite")
    headers = gallery.authority.headers(owner)
    first = await gallery.http.get(f"/api/v1/jobs/{job_id}", headers=headers)
    headers["If-None-Match"] = first.headers["ETag"]

    assert (await gallery.http.get(f"/api/v1/jobs/{job_id}", headers=headers)).status_code == 304
    await run(gallery)
    assert (await gallery.http.get(f"/api/v1/jobs/{job_id}", headers=headers)).status_code == 200


async def test_finished_jobs_are_forgotten_after_a_week(gallery: Gallery, owner: str) -> None:
    await add_photos(gallery, owner, 1)
    job = await finish(gallery, owner, query={}, action="favorite")
    gallery.clock.advance(days=6)
    await run(gallery)
    await job_of(gallery, owner, job["id"])

    gallery.clock.advance(days=2)
    await run(gallery)

    await gallery.call(owner, "GET", f"/jobs/{job['id']}", status=404)
    assert await gallery.database["job_chunks"].count_documents({}) == 0


async def test_a_job_whose_request_was_cut_off_is_dropped(gallery: Gallery, owner: str) -> None:
    story = await gallery.add_ready_photo(owner)
    job_id = await start(gallery, owner, ids=[story.photo_id], action="favorite")
    lease_until = gallery.clock() + timedelta(seconds=30)
    fields = {"state": "receiving", "lease_until": lease_until}
    await gallery.database["jobs"].update_one({"_id": job_id}, {"$set": fields})

    await run(gallery)
    assert (await job_of(gallery, owner, job_id))["state"] == "selecting"
    gallery.clock.advance(seconds=31)
    await run(gallery)

    await gallery.call(owner, "GET", f"/jobs/{job_id}", status=404)
    assert await ids_in(gallery, owner, "/photos", favorite=True) == set()


async def test_a_step_that_never_ends_is_given_up_for_the_next(
    small_chunks: Gallery, owner: str
) -> None:
    gallery = small_chunks
    stories = await add_photos(gallery, owner, 3)
    ids = [story.photo_id for story in stories]
    job_id = await start(gallery, owner, ids=ids, action="favorite")
    await gallery.database["jobs"].update_one({"_id": job_id}, {"$set": {"attempts": 5}})

    await run(gallery)

    job = await job_of(gallery, owner, job_id)
    assert counts(job) == ("done", 3, 1, 1, 2)
    assert {failure["code"] for failure in job["failures"]} == {"internal_error"}


async def test_each_change_of_a_job_is_published(gallery: Gallery, owner: str) -> None:
    stories = await add_photos(gallery, owner, 3)
    await finish(gallery, owner, query={}, action="favorite")

    changes = [each for each in await gallery.published_events() if isinstance(each, PhotoChanged)]
    favorites = [change.photo_id for change in changes if change.favorite]
    assert sorted(favorites) == sorted(story.photo_id for story in stories)


@pytest.mark.parametrize(
    "body",
    [
        {"action": "favorite"},
        {"action": "favorite", "query": {}, "ids": ["a"]},
        {"action": "favorite", "ids": []},
        {"action": "favorite", "ids": ["a"] * 20_001},
        {"action": "favorite", "query": {"tag": ""}},
        {"action": "favorite", "query": {"status": "lost"}},
        {"action": "restore", "query": {"trashed": True, "tag": "dog"}},
        {"action": "add_tags", "query": {}},
        {"action": "favorite", "query": {}, "tags": ["dog"]},
        {"action": "destroy", "query": {}},
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(
    gallery: Gallery, owner: str, body: JsonObject
) -> None:
    problem = await gallery.call(owner, "POST", "/jobs", json=body, status=422)
    assert problem["code"] == "invalid_request"
    assert problem["errors"]


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", " "])
async def test_a_date_that_is_none_is_refused_as_in_a_list(
    gallery: Gallery, owner: str, text: str
) -> None:
    query = {"action": "favorite", "query": {"to": text}}
    in_a_job = await gallery.call(owner, "POST", "/jobs", json=query, status=422)
    in_a_list = await gallery.call(owner, "GET", "/photos", params={"to": text}, status=422)
    assert in_a_job["code"] == in_a_list["code"] == "invalid_date"
    assert [error["path"] for error in in_a_job["errors"]] == ["body.query.to"]
    assert [error["path"] for error in in_a_list["errors"]] == ["query.to"]


async def test_an_unknown_filter_is_refused(gallery: Gallery, owner: str) -> None:
    body = {"action": "favorite", "query": {"favourite": True}}
    problem = await gallery.call(owner, "POST", "/jobs", json=body, status=422)
    assert problem["code"] == "unknown_field"
    assert problem["errors"][0]["path"] == "body.query.favourite"


async def test_ids_of_one_request_may_be_many(gallery: Gallery, owner: str) -> None:
    ids = [new_id() for _ in range(20_000)]
    job_id = await start(gallery, owner, ids=ids, action="favorite")
    assert (await job_of(gallery, owner, job_id))["matched"] == 20_000
