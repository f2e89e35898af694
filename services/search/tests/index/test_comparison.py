"""An index that differs from the library is mended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from services.search.tests.fakes import (
    MODEL,
    changed_event,
    embedded_event,
    text_read_event,
)

from pichaven_contracts.inventory import (
    AFTER_ALL_IDS,
    BEFORE_ALL_IDS,
    IndexGapsDetected,
    InventoryItem,
    LibraryInventoried,
)
from pichaven_contracts.photo import PhotoChanged
from pichaven_search.index.compare_with_library import DIFFERENCES, CompareWithLibrary
from pichaven_search.index.inventory import IndexInventory
from testing.recording_publisher import RecordingPublisher

pytestmark = pytest.mark.engines

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def item(photo: PhotoChanged, **fields: Any) -> InventoryItem:
    whole = {"version": photo.version, "model": MODEL.name, "text_read": True}
    return InventoryItem(photo_id=photo.photo_id, **whole | fields)


def page(*items: InventoryItem, **fields: Any) -> LibraryInventoried:
    ends = {"after": BEFORE_ALL_IDS, "until": AFTER_ALL_IDS, "occurred_at": NOW}
    return LibraryInventoried(photos=items, **ends | fields)


async def add(alone: Any, count: int, **fields: Any) -> list[PhotoChanged]:
    """Index photos with all their parts, in the order of their ids."""
    photos = [changed_event(owner_id=alone.owner, caption="lake", **fields) for _ in range(count)]
    for photo in photos:
        await alone.index(photo, embedded_event(photo, "lake"), text_read_event(photo, "EXIT"))
    return photos


async def compare(alone: Any, inventory: LibraryInventoried) -> list[IndexGapsDetected]:
    """Return what is requested."""
    adapters, publisher = alone.adapters, RecordingPublisher()
    await CompareWithLibrary(
        adapters.indexes, IndexInventory(adapters.elastic), adapters.photos, publisher
    )(inventory)
    await alone.refresh()
    return [event for event in publisher.events if isinstance(event, IndexGapsDetected)]


async def delete(alone: Any, photo: PhotoChanged) -> None:
    index = await alone.get_searched()
    await alone.adapters.elastic.delete(
        index=index.name, id=photo.photo_id, routing=photo.owner_id, refresh=True
    )


def count(kind: str) -> float:
    return float(DIFFERENCES.labels(kind)._value.get())


async def test_an_index_that_is_as_the_library_is_left_alone(alone: Any) -> None:
    photos = await add(alone, 3)
    assert await compare(alone, page(*map(item, photos))) == []
    assert set(await alone.ids(q="lake")) == {photo.photo_id for photo in photos}


async def test_a_lost_document_is_requested_with_its_analysis(alone: Any) -> None:
    other, lost = await add(alone, 2)
    await delete(alone, lost)
    before = count("changes")

    [gaps] = await compare(alone, page(item(other), item(lost)))

    assert (gaps.changes, gaps.analyses) == ((lost.photo_id,), (lost.photo_id,))
    assert count("changes") == before + 1


async def test_a_document_without_a_change_is_requested_and_then_equal(alone: Any) -> None:
    [photo] = await add(alone, 1)
    trashed = photo.model_copy(update={"version": 2, "trashed": True})

    [gaps] = await compare(alone, page(item(trashed)))
    assert (gaps.changes, gaps.analyses) == ((photo.photo_id,), ())

    await alone.index(trashed)
    assert await compare(alone, page(item(trashed))) == []
    # An inventory may be late.
    assert await compare(alone, page(item(photo))) == []


async def test_an_embedding_or_a_text_that_is_lost_is_requested(alone: Any) -> None:
    no_embedding, no_text, other_model = (changed_event(owner_id=alone.owner) for _ in range(3))
    await alone.index(no_embedding, text_read_event(no_embedding, None))
    await alone.index(no_text, embedded_event(no_text, "lake"))
    await alone.index(other_model, text_read_event(other_model, "EXIT"))

    inventory = page(item(no_embedding), item(no_text), item(other_model, model="another"))
    [gaps] = await compare(alone, inventory)

    assert gaps.changes == ()
    assert set(gaps.analyses) == {no_embedding.photo_id, no_text.photo_id}


async def test_what_changed_a_moment_ago_is_no_difference_yet(alone: Any) -> None:
    photo = changed_event(owner_id=alone.owner)
    assert await compare(alone, page(item(photo, settled=False))) == []


async def test_a_purged_photo_leaves_the_index(alone: Any) -> None:
    photo, purged = await add(alone, 2)
    before = count("removals")

    assert await compare(alone, page(item(photo), item(purged, purged=True, version=3))) == []

    assert await alone.ids(q="lake") == [photo.photo_id]
    assert count("removals") == before + 1


async def test_a_photo_that_is_unknown_leaves_the_index_unless_it_may_be_new(alone: Any) -> None:
    [old] = await add(alone, 1, created_at=NOW - timedelta(days=2))
    [new] = await add(alone, 1, created_at=NOW - timedelta(hours=1))

    assert await compare(alone, page()) == []

    assert await alone.ids(q="lake") == [new.photo_id]
    assert old.photo_id < new.photo_id


async def test_only_photos_of_the_page_are_compared(alone: Any) -> None:
    first, second, third = await add(alone, 3, created_at=NOW - timedelta(days=2))

    inventory = page(item(second), after=first.photo_id, until=second.photo_id)
    assert await compare(alone, inventory) == []

    wanted = {first.photo_id, second.photo_id, third.photo_id}
    assert set(await alone.ids(q="lake")) == wanted


async def test_an_index_with_more_photos_than_a_request_returns_is_read_whole(
    alone: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pichaven_search.index.inventory._PAGE", 2)
    photos = await add(alone, 5)
    assert await compare(alone, page(*map(item, photos))) == []
