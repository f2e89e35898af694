"""While two models run, tags follow the active one, and no analysis is requested twice.

A candidate publishes embeddings alone, on a topic of its own; no photo changes by them.
"""

from datetime import timedelta

import pytest
from services.gallery.tests.conftest import Gallery
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import (
    PhotoEvent,
    PhotoReanalyzeRequested,
    PhotoTagged,
)
from pichaven_gallery.ingest.projection import photo_of, with_analysis, with_original, with_outcome
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.deadlines import Timeouts, due_at
from pichaven_gallery.photos.lifecycle import next_version
from pichaven_gallery.photos.photo import Photo

STORY = Story(new_id())
NOW = UPLOADED_AT + timedelta(minutes=1)


def _later(*names: str, seconds: float, **changes: object) -> PhotoTagged:
    return STORY.tagged_event(
        *names, occurred_at=UPLOADED_AT + timedelta(seconds=seconds), **changes
    )


def _ready(*tagged: PhotoTagged) -> tuple[Photo, int]:
    """Return the photo after these events, and how many versions they gave."""
    photo = photo_of(None, STORY.uploaded_event(), NOW)
    photo = with_outcome(with_original(photo, STORY.uploaded_event()), STORY.processed_event())
    events: list[PhotoEvent] = []
    for event in tagged:
        after = with_analysis(photo, event)
        change = next_version(photo, after, NOW, ChangeAction.TAGGED, "ml")
        photo, events = change.photo, [*events, *change.events]
    return photo, len(events)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 0, 1, 1)])
async def test_a_candidates_embedding_changes_nothing_that_clients_see(
    gallery: Gallery, owner: str, order: tuple[int, ...]
) -> None:
    story = await gallery.add_ready_photo(owner)
    events = [story.tagged_event("dog", model="a"), story.embedded_event()]
    await gallery.ingest(*(events[number] for number in order))

    photo = await gallery.call(owner, "GET", f"/photos/{story.photo_id}")
    assert photo["analysis"] == {"state": "done", "model": "a", "tagging": "done"}
    assert [tag["name"] for tag in photo["tags"]] == ["dog"]
    assert photo["version"] == 3


def test_the_new_models_tags_come_once_when_it_is_active() -> None:
    old = _later("dog", seconds=10, model="a")
    final = _later("wolf", seconds=30, model="b")
    for order in ([old, final, old, final], [old, final, final]):
        photo, versions = _ready(*order)
        assert [tag.name for tag in photo.tags] == ["wolf"]
        assert versions == 2


def test_a_photo_tagged_by_the_old_model_is_not_requested_after_a_switch() -> None:
    photo, _ = _ready(_later("dog", seconds=10, model="a"))
    assert due_at(photo, Timeouts()) is None
    photo, _ = _ready(_later("dog", seconds=10), _later(seconds=20, state="unavailable"))
    assert due_at(photo, Timeouts()) is None


async def test_a_candidates_embedding_alone_does_not_stop_requests(
    gallery: Gallery, owner: str
) -> None:
    story = await gallery.add_ready_photo(owner)
    await gallery.ingest(story.embedded_event())
    await gallery.published_events()
    gallery.sent.records.clear()
    gallery.clock.advance(minutes=11)

    await gallery.container.reconcile_photos()

    [request] = await gallery.published_events()
    assert isinstance(request, PhotoReanalyzeRequested)


def test_photo_changed_has_the_originals_revision() -> None:
    photo, _ = _ready()
    change = next_version(None, photo, NOW, ChangeAction.PROCESSED, "processing")
    assert change.events[0].revision == 1
