"""Any order and any repetition of the same events ends in the same photo."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.ids import new_id
from pichaven_contracts.photo import (
    Location,
    PhotoChanged,
    ProgressState,
    TakenAt,
)
from pichaven_gallery.ingest import projection
from pichaven_gallery.ingest.projection import SourceEvent, apply
from pichaven_gallery.photos import lifecycle
from pichaven_gallery.photos.change_entry import ChangeAction
from pichaven_gallery.photos.edits import EditPatch
from pichaven_gallery.photos.photo import LibraryState, Photo, Status, public_state
from pichaven_gallery.photos.steps import Step

OWNER = new_id()
STORY = Story(OWNER)
NOW = UPLOADED_AT + timedelta(minutes=1)
FILE_TIME = datetime(2019, 7, 4, 10, tzinfo=UTC)
REPLACED = STORY.uploaded_event(
    revision=2, sha256="cd" * 32, occurred_at=UPLOADED_AT + timedelta(seconds=30)
)
EVENTS: list[SourceEvent] = [
    STORY.uploaded_event(),
    STORY.processed_event(taken_at=TakenAt(at=FILE_TIME), keywords=("holiday",)),
    STORY.processed_event(pipeline_version=2, occurred_at=UPLOADED_AT + timedelta(seconds=20)),
    STORY.rejected_event(occurred_at=UPLOADED_AT + timedelta(seconds=10)),
    STORY.tagged_event("dog", "beach"),
    STORY.tagged_event("cat", occurred_at=UPLOADED_AT + timedelta(seconds=25)),
    STORY.tagged_event(state="unavailable", occurred_at=UPLOADED_AT + timedelta(seconds=26)),
    REPLACED,
    STORY.processed_event(
        revision=2, sha256="cd" * 32, occurred_at=UPLOADED_AT + timedelta(seconds=33)
    ),
    STORY.tagged_event("tree", revision=2, occurred_at=UPLOADED_AT + timedelta(seconds=36)),
]


def project(events: list[SourceEvent]) -> Photo:
    photo: Photo | None = None
    for event in events:
        photo = apply(photo, event, NOW).photo
    assert photo is not None
    return photo


@settings(max_examples=150)
@given(st.data())
def test_any_order_and_repetition_ends_the_same(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(EVENTS), min_size=1, unique=True))
    again = data.draw(st.lists(st.sampled_from(chosen), max_size=6))
    shuffled = data.draw(st.permutations([*chosen, *again]))

    assert public_state(project(shuffled)) == public_state(project(chosen))


@settings(max_examples=60)
@given(st.permutations(range(6)))
def test_steps_end_the_same_in_any_order(order: list[int]) -> None:
    progress = [
        STORY.progressed_event("decode"),
        STORY.progressed_event("decode", ProgressState.DONE, percent=30),
        STORY.progressed_event("variants", occurred_at=UPLOADED_AT + timedelta(seconds=1.5)),
        STORY.progressed_event("variants", ProgressState.FAILED, message="out of memory"),
        STORY.progressed_event(
            "variants", ProgressState.DONE, occurred_at=UPLOADED_AT + timedelta(seconds=1.9)
        ),
        STORY.progressed_event("old", revision=1),
    ]
    photo = project([STORY.uploaded_event(), STORY.processed_event()])

    for number in order:
        photo = projection.with_steps(photo, [Step.from_event(progress[number], "processing")])

    assert {step.name: step.state for step in photo.current_steps()} == {
        "decode": ProgressState.DONE,
        "variants": ProgressState.DONE,
        "old": ProgressState.DONE,
    }


def test_a_photo_is_visible_once_it_is_uploaded() -> None:
    early = project([STORY.processed_event(), STORY.tagged_event("dog")])
    assert (early.library_state, early.version) == (LibraryState.PENDING, 0)

    after = projection.with_original(early, STORY.uploaded_event())
    photo = lifecycle.next_version(early, after, NOW, ChangeAction.UPLOADED, "upload")

    assert (photo.photo.library_state, photo.photo.status) == (LibraryState.LIBRARY, Status.READY)
    [event] = photo.events
    assert isinstance(event, PhotoChanged)
    assert (event.version, event.status, event.tags[0].name) == (1, "ready", "dog")


def test_an_event_without_news_gives_no_new_version() -> None:
    photo = project([STORY.uploaded_event(), STORY.processed_event()])

    later = STORY.processed_event(occurred_at=UPLOADED_AT + timedelta(hours=1))
    after = projection.with_outcome(photo, later)
    again = lifecycle.next_version(photo, after, NOW, ChangeAction.PROCESSED, "processing")

    assert (again.photo.version, again.events) == (photo.version, ())


def test_a_replaced_photo_is_processed_again_and_keeps_its_arrival() -> None:
    photo = project(
        [STORY.uploaded_event(), STORY.processed_event(), STORY.tagged_event("dog"), REPLACED]
    )

    assert photo.status is Status.PROCESSING
    assert photo.created_at == UPLOADED_AT
    assert photo.tags == ()


def test_taken_at_is_the_owners_edit_then_the_files_then_the_clients() -> None:
    client = datetime(2020, 1, 1, tzinfo=UTC)
    own = datetime(1999, 1, 1, tzinfo=UTC)
    bare = project([STORY.uploaded_event(), STORY.processed_event()])
    claimed = project(
        [
            STORY.uploaded_event(taken_at=client),
            STORY.processed_event(taken_at=TakenAt(at=FILE_TIME, source="upload")),
        ]
    )
    dated = project(
        [
            STORY.uploaded_event(taken_at=client),
            STORY.processed_event(taken_at=TakenAt(at=FILE_TIME)),
        ]
    )
    edited = lifecycle.edit(dated, EditPatch(taken_at=own))

    times = [photo.taken_at for photo in (bare, claimed, dated, edited)]
    assert times == [UPLOADED_AT, client, FILE_TIME, own]
    assert lifecycle.edit(edited, EditPatch(taken_at=None)).taken_at == FILE_TIME


def test_a_removed_tag_stays_removed() -> None:
    photo = project(
        [STORY.uploaded_event(), STORY.processed_event(), STORY.tagged_event("dog", "beach")]
    )

    photo = lifecycle.edit(photo, EditPatch(tags_remove=("Dog",), tags_add=("BEACH", "Ada")))
    again = STORY.tagged_event("dog", "sea", occurred_at=UPLOADED_AT + timedelta(hours=1))
    photo = projection.with_analysis(photo, again)

    assert [(tag.name, tag.source) for tag in photo.tags] == [
        ("BEACH", "user"),
        ("Ada", "user"),
        ("sea", "ai"),
    ]
    added_again = lifecycle.edit(photo, EditPatch(tags_add=("dog",)))
    assert "dog" in {tag.name for tag in added_again.tags}


def test_the_owner_can_clear_fields_of_the_file() -> None:
    place = Location(lat=1, lon=2)
    photo = project(
        [STORY.uploaded_event(), STORY.processed_event(location=place, caption="A beach")]
    )
    assert lifecycle.to_changed_event(photo).location == place

    cleared = lifecycle.edit(photo, EditPatch(location=None, caption=None))

    event = lifecycle.to_changed_event(cleared)
    assert (event.location, event.caption) == (None, None)


def test_the_outcome_makes_up_for_lost_progress() -> None:
    photo = project([STORY.uploaded_event()])
    photo = projection.with_steps(
        photo, [Step.from_event(STORY.progressed_event("decode"), "processing")]
    )

    rejected = projection.with_outcome(photo, STORY.rejected_event())
    [step] = rejected.current_steps()
    assert (step.state, step.message) == (
        ProgressState.FAILED,
        "The file ends in the middle of the picture.",
    )
    [step] = projection.with_outcome(photo, STORY.processed_event()).current_steps()
    assert step.state is ProgressState.DONE


def test_tags_do_not_end_the_reading_of_text() -> None:
    photo = project([STORY.uploaded_event(), STORY.processed_event()])
    progress = [
        STORY.progressed_event("embed"),
        STORY.progressed_event(
            "read_text", ProgressState.FAILED, message="Text could not be read."
        ),
    ]
    photo = projection.with_steps(photo, [Step.from_event(event, "ml") for event in progress])

    photo = projection.with_analysis(photo, STORY.tagged_event("dog"))

    assert {step.name: step.state for step in photo.current_steps()} == {
        "embed": ProgressState.DONE,
        "read_text": ProgressState.FAILED,
    }


def test_a_reprocess_request_overrides_a_rejection() -> None:
    photo = project([STORY.uploaded_event(), STORY.rejected_event()])
    assert photo.status is Status.FAILED

    change = lifecycle.request_reprocessing(photo, NOW, "why not")

    assert change.photo.status is Status.PROCESSING
    assert projection.with_outcome(change.photo, STORY.rejected_event()).status is Status.PROCESSING
    second = STORY.rejected_event(occurred_at=NOW)
    assert projection.with_outcome(change.photo, second).status is Status.FAILED
