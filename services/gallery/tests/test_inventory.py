"""The inventory lists every photo in turn, and what an index lacks is published again."""

from typing import Any

import pytest
from services.gallery.tests.conftest import Gallery, StartGallery
from services.gallery.tests.story import Story

from pichaven_chassis.ids import id_at, milliseconds_of
from pichaven_contracts.inventory import (
    AFTER_ALL_IDS,
    BEFORE_ALL_IDS,
    IndexGapsDetected,
    InventoryItem,
    LibraryInventoried,
)
from pichaven_contracts.photo import PhotoChanged, PhotoReanalyzeRequested
from pichaven_gallery.inventory import subscribers
from testing.dispatch import dispatch


async def next_pages(gallery: Gallery, **advance: float) -> list[LibraryInventoried]:
    """Return the pages that a sweep publishes after this time."""
    gallery.clock.advance(**advance)
    gallery.sent.events.clear()
    await gallery.container.inventory_library()
    return [event for event in gallery.sent.events if isinstance(event, LibraryInventoried)]


async def repeat(gallery: Gallery, **gaps: Any) -> list[Any]:
    """Return what is published when an index lacks these photos."""
    await gallery.published_events()
    gallery.sent.records.clear()
    event = IndexGapsDetected(after=BEFORE_ALL_IDS, **gaps)
    await dispatch(subscribers.router, gallery.container, event)
    return list(await gallery.published_events())


async def test_the_inventory_has_every_photo_as_it_is(gallery: Gallery, owner: str) -> None:
    analysed, trashed, purged = [await gallery.add_ready_photo(owner) for _ in range(3)]
    tagging = analysed.tagged_event("beach")
    await gallery.ingest(tagging, analysed.text_read_event("done", "EXIT"))
    for story in (trashed, purged):
        await gallery.call(owner, "DELETE", f"/photos/{story.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{purged.photo_id}", status=204)
    await gallery.ingest(Story(owner).processed_event())

    [page] = await next_pages(gallery, hours=1)

    assert (page.after, page.until) == (BEFORE_ALL_IDS, AFTER_ALL_IDS)
    version = (await gallery.call(owner, "GET", f"/photos/{analysed.photo_id}"))["version"]
    assert page.photos[0] == InventoryItem(
        photo_id=analysed.photo_id, version=version, model=tagging.model, text_read=True
    )
    assert [item.photo_id for item in page.photos[1:]] == [trashed.photo_id, purged.photo_id]
    assert [item.purged for item in page.photos] == [False, False, True]
    assert [item.model for item in page.photos[1:]] == [None, None]


async def test_a_change_of_the_last_minutes_is_not_settled(gallery: Gallery, owner: str) -> None:
    await gallery.add_ready_photo(owner)
    [page] = await next_pages(gallery, minutes=4)
    assert [item.settled for item in page.photos] == [False]
    [page] = await next_pages(gallery, hours=24)
    assert [item.settled for item in page.photos] == [True]


async def test_a_round_goes_on_page_by_page_and_the_next_one_waits(
    gallery: Gallery, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pichaven_gallery.inventory.commands._MAX_PHOTOS", 2)
    ids = [(await gallery.add_ready_photo(owner)).photo_id for _ in range(3)]

    [first] = await next_pages(gallery)
    [second] = await next_pages(gallery)

    assert [item.photo_id for item in (*first.photos, *second.photos)] == ids
    assert (first.after, first.until) == (BEFORE_ALL_IDS, ids[1])
    assert (second.after, second.until) == (ids[1], AFTER_ALL_IDS)
    assert await next_pages(gallery, hours=23) == []
    assert len(await next_pages(gallery, hours=1)) == 1


async def test_pages_reach_farther_where_photos_are_rare(
    gallery: Gallery, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pichaven_gallery.inventory.commands._MAX_PHOTOS", 2)
    begin_ms = int(gallery.clock().timestamp() * 1000) - 10_000
    ids = [id_at(begin_ms + after_ms) for after_ms in (0, 10, 15, 5_000, 5_001)]
    for photo_id in ids:
        await gallery.add_ready_photo(owner, Story(owner, photo_id=photo_id))

    pages = await next_pages(gallery)
    while pages[-1].until != AFTER_ALL_IDS:
        pages += await next_pages(gallery)

    assert [item.photo_id for page in pages for item in page.photos] == ids
    assert [page.after for page in pages[1:]] == [page.until for page in pages[:-1]]
    reach = [milliseconds_of(page.until) - milliseconds_of(page.after) for page in pages[1:-1]]
    assert reach[:4] == [10, 10, 20, 40]


async def test_replicas_share_a_round_and_a_page_that_was_cut_off_comes_again(
    start_gallery: StartGallery, owner: str
) -> None:
    gallery, other = await start_gallery(), await start_gallery()
    await gallery.add_ready_photo(owner)
    gallery.sent.away = True
    with pytest.raises(Exception, match="unavailable"):
        await next_pages(gallery, minutes=30)

    other.clock.now = gallery.clock.now
    assert await next_pages(other) == []
    [page] = await next_pages(other, minutes=1)
    assert len(page.photos) == 1


async def test_the_state_of_a_photo_is_published_again_in_the_same_version(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.ingest(story.tagged_event("beach"))
    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")

    for _ in range(2):
        [change] = await repeat(gallery, changes=(story.photo_id,))
        assert isinstance(change, PhotoChanged)
        assert (change.version, change.status) == (photo["version"], "ready")
    [analysis] = await repeat(gallery, analyses=(story.photo_id,))
    assert isinstance(analysis, PhotoReanalyzeRequested)
    assert analysis.processed == story.processed_event()
    both = await repeat(gallery, changes=(story.photo_id,), analyses=(story.photo_id,))
    assert [type(event) for event in both] == [PhotoChanged, PhotoReanalyzeRequested]
    assert (await gallery.call(owner, "GET", f"/photos/{story.photo_id}")) == photo


async def test_nothing_is_repeated_of_photos_that_are_gone(gallery: Gallery, owner: str) -> None:
    purged = await gallery.add_ready_photo(owner)
    await gallery.call(owner, "DELETE", f"/photos/{purged.photo_id}", status=204)
    await gallery.call(owner, "DELETE", f"/trash/{purged.photo_id}", status=204)
    ids = (purged.photo_id, Story(owner).photo_id)
    assert await repeat(gallery, changes=ids, analyses=ids) == []
