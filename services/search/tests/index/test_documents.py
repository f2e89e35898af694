from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.search.tests.fakes import analyzed, changed

from pichaven_contracts.photo import Tag
from pichaven_search.index.completion_entries import Kind, prefix
from pichaven_search.index.document import Change, Held, library_fields
from pichaven_search.index.stored_photo import StoredPhoto

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def test_only_ready_visible_photos_are_searchable() -> None:
    assert library_fields(changed())["searchable"]
    for hindrance in (
        {"status": "processing"},
        {"status": "failed"},
        {"trashed": True},
        {"hidden": True},
    ):
        assert not library_fields(changed(**hindrance))["searchable"]


def test_the_stored_photo_has_the_public_names_and_no_urls() -> None:
    photo = _stored(library_fields(changed(caption="Sunset")))
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


def _stored(fields: dict[str, Any]) -> Mapping[str, Any]:
    return StoredPhoto("", fields["photo"]).fields()


def test_a_photo_of_an_index_of_schema_2_is_read_as_well() -> None:
    assert StoredPhoto("", '{"id":"x"}').fields() == {"id": "x"}


def test_fields_are_the_same_ones_whatever_a_photo_lacks() -> None:
    full = library_fields(changed(caption="Sunset", tags=(Tag(name="Sea", source="user"),)))
    bare = library_fields(changed(caption=None, tags=(), location=None))
    assert set(full) == set(bare)
    assert set(full["words"]) == set(bare["words"])
    assert set(_stored(full)) == set(_stored(bare))


def test_a_batch_keeps_the_newest_of_each_part() -> None:
    first = changed(version=2)
    photo = {"photo_id": first.photo_id, "owner_id": first.owner_id}
    change = (
        Change(**photo)
        .with_library(first)
        .with_library(changed(version=1, **photo))
        .with_analysis(analyzed(revision=2, **photo))
        .with_analysis(analyzed(revision=1, **photo))
    )
    assert change.library == first
    assert [each.revision for each in change.analyses] == [2]


def test_older_and_equal_parts_change_nothing() -> None:
    event = changed(version=3)
    analysis = analyzed(
        photo_id=event.photo_id, owner_id=event.owner_id, revision=1, occurred_at=NOW
    )
    change = Change(event.photo_id, event.owner_id, event, (analysis,))
    assert change.against(Held(3, (1, NOW), 0, 1), "model", 3) is None
    assert change.against(Held(4, (2, NOW - timedelta(days=1)), 0, 1), "model", 3) is None


def test_parts_are_guarded_one_by_one() -> None:
    event = changed(version=3)
    analysis = analyzed(
        photo_id=event.photo_id, owner_id=event.owner_id, revision=2, occurred_at=NOW
    )
    change = Change(event.photo_id, event.owner_id, event, (analysis,))
    only_library = change.against(Held(2, (2, NOW), 0, 1), "model", 3)
    only_analysis = change.against(Held(3, (1, NOW), 0, 1), "model", 3)
    assert only_library is not None
    assert "embedding" not in only_library
    assert only_analysis is not None
    assert "photo" not in only_analysis


def test_vectors_of_another_model_or_size_stay_out() -> None:
    analysis = analyzed(model="other")
    change = Change(analysis.photo_id, analysis.owner_id, None, (analysis,))
    assert change.against(None, "model", 3) is None
    same = analyzed(model="model")
    assert Change(same.photo_id, same.owner_id, None, (same,)).against(None, "model", 4) is None


def test_completions_start_at_every_word_of_a_name() -> None:
    entries = library_fields(changed(tags=(Tag(name="Birthday Cake", source="ai"),)))["completions"]
    assert "t\tcake\tBirthday Cake" in entries
    assert "t\tbirthday cake\tBirthday Cake" in entries


def test_a_typed_prefix_never_holds_a_sign_of_a_pattern() -> None:
    assert prefix(Kind.TAG, "ca.*[ke](") == "t\tca ke"
    assert prefix(Kind.TAG, ".*") is None
