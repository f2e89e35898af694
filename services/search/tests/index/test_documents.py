from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.search.tests.fakes import (
    DIMENSIONS,
    MODEL,
    changed_event,
    embedded_event,
    text_read_event,
)

from pichaven_contracts.photo import Tag
from pichaven_search.index.completion_entries import Kind, prefix
from pichaven_search.index.document import SCHEMA, Change, IndexedState, library_fields
from pichaven_search.index.model import Index
from pichaven_search.index.stored_photo import StoredPhoto

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_only_ready_visible_photos_are_searchable() -> None:
    assert library_fields(changed_event())["searchable"]
    for hindrance in (
        {"status": "processing"},
        {"status": "failed"},
        {"trashed": True},
        {"hidden": True},
    ):
        assert not library_fields(changed_event(**hindrance))["searchable"]


def test_the_stored_photo_has_the_public_names_and_no_urls() -> None:
    photo = _stored(library_fields(changed_event(caption="Sunset")))
    assert {
        "id",
        "owner_id",
        "status",
        "caption",
        "colors",
        "variants",
        "original_key",
        "version",
    } <= set(photo)
    assert "phash" not in photo
    assert "trashed" not in photo


def test_title_and_caption_are_words_of_one_field() -> None:
    fields = library_fields(changed_event(title="Carcavelos", caption="Sunset"))
    same = library_fields(changed_event(title="Sunset", caption="Sunset"))

    assert fields["words"]["caption"] == ["carcavelos", "sunset"]
    assert same["words"]["caption"] == ["sunset"]
    assert (_stored(fields)["title"], _stored(fields)["caption"]) == ("Carcavelos", "Sunset")
    suggestions = " ".join(fields["completions"])
    assert "carcavelos" in suggestions
    assert "sunset" in suggestions


def _stored(fields: dict[str, Any]) -> Mapping[str, Any]:
    return StoredPhoto("", fields["photo"]).fields()


def test_a_photo_of_an_index_of_schema_2_is_read_as_well() -> None:
    assert StoredPhoto("", '{"id":"x"}').fields() == {"id": "x"}


def test_fields_are_the_same_ones_whatever_a_photo_lacks() -> None:
    full = library_fields(changed_event(caption="Sunset", tags=(Tag(name="Sea", source="user"),)))
    bare = library_fields(changed_event(caption=None, tags=(), location=None))
    assert set(full) == set(bare)
    assert set(full["words"]) == set(bare["words"])
    assert set(_stored(full)) == set(_stored(bare))


INDEX = Index("photos-1", MODEL.name, DIMENSIONS, "complete", SCHEMA)


def test_a_batch_keeps_the_newest_of_each_part() -> None:
    first = changed_event(version=2)
    photo = {"photo_id": first.photo_id, "owner_id": first.owner_id}
    change = Change(**photo)
    for event in (
        first,
        changed_event(version=1, **photo),
        embedded_event(first, "lake", revision=2),
        embedded_event(first, "lake", revision=1),
        text_read_event(first, "EXIT", revision=2),
        text_read_event(first, "EXIT", revision=1),
        embedded_event(first, "lake", revision=3, model="other"),
    ):
        change = change.with_event(event)
    assert change.library == first
    assert [(each.model, each.revision) for each in change.embeddings] == [
        (MODEL.name, 2),
        ("other", 3),
    ]
    assert change.text is not None and change.text.revision == 2


def _change(*, revision: int) -> Change:
    """A library event of version 3, and an embedding and a text of the revision."""
    photo = changed_event(version=3)
    change = Change(photo.photo_id, photo.owner_id)
    for event in (
        photo,
        embedded_event(photo, "lake", revision=revision, occurred_at=NOW),
        text_read_event(photo, "EXIT", revision=revision, occurred_at=NOW),
    ):
        change = change.with_event(event)
    return change


def test_older_and_equal_parts_change_nothing() -> None:
    change = _change(revision=1)
    assert change.new_fields(IndexedState(3, (1, NOW), (1, NOW), 0, 1), INDEX) is None
    newer = (2, NOW - timedelta(days=1))
    assert change.new_fields(IndexedState(4, newer, newer, 0, 1), INDEX) is None


def test_parts_are_guarded_one_by_one() -> None:
    change = _change(revision=2)
    newest, older = (2, NOW), (1, NOW)
    for state, part in (
        (IndexedState(2, newest, newest, 0, 1), "photo"),
        (IndexedState(3, older, newest, 0, 1), "embedding"),
        (IndexedState(3, newest, older, 0, 1), "words_seen"),
    ):
        fields = change.new_fields(state, INDEX)
        assert fields is not None
        assert {"photo", "embedding", "words_seen"} & set(fields) == {part}


def test_vectors_of_another_model_or_size_stay_out() -> None:
    photo = changed_event()
    other = Change(
        photo.photo_id, photo.owner_id, None, (embedded_event(photo, "", model="other"),)
    )
    assert other.new_fields(None, INDEX) is None
    short = embedded_event(photo, "", embedding=(1.0, 0.0, 0.0))
    assert Change(photo.photo_id, photo.owner_id, None, (short,)).new_fields(None, INDEX) is None


def test_completions_start_at_every_word_of_a_name() -> None:
    entries = library_fields(changed_event(tags=(Tag(name="Birthday Cake", source="ai"),)))[
        "completions"
    ]
    assert "t\tcake\tBirthday Cake" in entries
    assert "t\tbirthday cake\tBirthday Cake" in entries


def test_a_typed_prefix_never_holds_a_sign_of_a_pattern() -> None:
    assert prefix(Kind.TAG, "ca.*[ke](") == "t\tca ke"
    assert prefix(Kind.TAG, ".*") is None
