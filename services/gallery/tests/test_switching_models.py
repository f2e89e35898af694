"""While two models run, tags follow the active one, and no analysis is requested twice."""

from datetime import timedelta

from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import PhotoAnalyzed, PhotoEvent
from pichaven_gallery.ingest.projection import photo_of, with_analysis, with_original, with_outcome
from pichaven_gallery.ingest.reconciler import reconcile
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.deadlines import Timeouts, due_at
from pichaven_gallery.photos.lifecycle import next_version
from pichaven_gallery.photos.photo import Photo, public_state

STORY = Story(new_id())
NOW = UPLOADED_AT + timedelta(minutes=1)


def _later(*names: str, seconds: float, **changes: object) -> PhotoAnalyzed:
    return STORY.analyzed(*names, occurred_at=UPLOADED_AT + timedelta(seconds=seconds), **changes)


def _ready(*analyses: PhotoAnalyzed) -> tuple[Photo, int]:
    """Return the photo after these analyses, and how many versions they gave."""
    photo = photo_of(None, STORY.uploaded(), NOW)
    photo = with_outcome(with_original(photo, STORY.uploaded()), STORY.processed())
    events: list[PhotoEvent] = []
    for analysis in analyses:
        after = with_analysis(photo, analysis)
        change = next_version(photo, after, NOW, ChangeAction.TAGGED, "ml")
        photo, events = change.photo, [*events, *change.events]
    return photo, len(events)


def test_a_candidates_analysis_changes_nothing_that_clients_see() -> None:
    mine, theirs = _later("dog", seconds=10), _later("wolf", seconds=20, candidate=True, model="b")
    alone, _ = _ready(mine)
    for order in ([mine, theirs], [theirs, mine], [theirs, mine, theirs, theirs]):
        photo, versions = _ready(*order)
        assert public_state(photo) == public_state(alone)
        assert versions == 1


def test_the_new_models_tags_come_once_when_it_is_active() -> None:
    old = _later("dog", seconds=10, model="a")
    candidate = _later("wolf", seconds=20, candidate=True, model="b")
    final = _later("wolf", seconds=30, model="b")
    photo, versions = _ready(old, candidate, final, candidate, final)
    assert [tag.name for tag in photo.tags] == ["wolf"]
    assert versions == 2


def test_a_photo_analyzed_by_the_old_model_is_not_requested_after_a_switch() -> None:
    photo, _ = _ready(_later("dog", seconds=10, model="a"))
    assert due_at(photo, Timeouts()) is None
    photo, _ = _ready(_later("dog", seconds=10), _later(seconds=20, tagging="unavailable"))
    assert due_at(photo, Timeouts()) is None


def test_a_candidates_analysis_alone_does_not_stop_requests() -> None:
    photo, _ = _ready(_later("wolf", seconds=20, candidate=True))
    due = due_at(photo, Timeouts())
    assert due is not None
    change = reconcile(photo, due, Timeouts())
    assert change is not None
    assert len(change.events) == 1


def test_photo_changed_has_the_originals_revision() -> None:
    photo, _ = _ready()
    change = next_version(None, photo, NOW, ChangeAction.PROCESSED, "processing")
    assert change.events[0].revision == 1
