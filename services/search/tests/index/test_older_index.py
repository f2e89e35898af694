"""An index that an earlier version made is searched until it is rebuilt."""

from typing import Any

import orjson
import pytest
from services.search.tests.fakes import DIMENSIONS, MODEL, changed_event, tombstone, vector_of

from pichaven_contracts.photo import PhotoChanged
from pichaven_search.index import mapping as elastic_mapping
from pichaven_search.index.document import SCHEMA, library_fields, public_photo

pytestmark = pytest.mark.engines


async def _index_of_schema_2(alone: Any, photos: list[PhotoChanged]) -> None:
    """Replace the present index by one that has a photo as a stored string."""
    elastic, alias = alone.adapters.elastic, alone.settings.alias
    name = f"{alias}-v2-{MODEL.name}-1"
    mapping = elastic_mapping.mapping(model=MODEL.name, dimensions=DIMENSIONS, state="complete")
    mapping["_meta"]["schema"] = 2
    mapping["properties"]["photo"] = {
        "type": "keyword",
        "index": False,
        "doc_values": False,
        "store": True,
    }
    del mapping["properties"]["taken_at_local"]
    for part in ("embedding", "text"):
        del mapping["properties"][f"{part}_revision"], mapping["properties"][f"{part}_at"]
    mapping["properties"] |= {
        "analysis_revision": {"type": "integer"},
        "analysis_at": {"type": "date"},
    }
    present = await alone.get_searched()
    await elastic.indices.delete(index=present.name)
    await elastic.indices.create(
        index=name,
        settings=elastic_mapping.settings(shards=1, replicas="0-1"),
        mappings=mapping,
        aliases={alias: {}, f"{alias}-written": {}},
    )
    for photo in photos:
        fields = library_fields(photo) | {
            "id": photo.photo_id,
            "owner_id": photo.owner_id,
            "embedding": vector_of("meadow"),
            "words_seen": "exit",
            "stems_seen": "exit",
            "analysis_revision": 1,
            "analysis_at": "2026-05-01T12:00:00+00:00",
        }
        del fields["taken_at_local"]
        stored = public_photo(photo)
        for field in ("taken_at_local", "taken_at_offset", "taken_at_source"):
            del stored[field]
        fields["photo"] = orjson.dumps(stored).decode()
        await elastic.index(
            index=name, id=photo.photo_id, routing=photo.owner_id, document=fields, refresh=True
        )
    alone.adapters.indexes._clear_cache()


async def test_an_index_of_the_schema_before_is_searched_as_it_was(alone: Any) -> None:
    photos = [changed_event(owner_id=alone.owner, caption="lake") for _ in range(3)]
    await _index_of_schema_2(alone, photos)
    assert (await alone.get_searched()).schema == 2 < SCHEMA

    wanted = {photo.photo_id for photo in photos}
    for query in ("lake", "meadow", "exit", "may 2024", ""):
        assert set(await alone.ids(q=query)) == wanted, query
    [item] = (await alone.get("/search", q="lake", limit=1)).json()["items"]
    assert item["photo"]["caption"] == "lake"
    assert item["photo"]["taken_at_local"] == "2024-05-01T12:00:00"
    assert await alone.ids(q="", to="2024-04-30") == []
    assert item["photo"]["variants"][0]["url"].startswith("http")
    similar = (await alone.get(f"/photos/{photos[0].photo_id}/similar")).json()["items"]
    assert {each["photo"]["id"] for each in similar} == wanted - {photos[0].photo_id}


async def test_a_photo_that_is_hidden_trashed_or_purged_leaves_an_older_index_at_once(
    alone: Any,
) -> None:
    visible, hidden, trashed, purged, dated = (
        changed_event(owner_id=alone.owner, caption="lake", version=5) for _ in range(5)
    )
    await _index_of_schema_2(alone, [visible, hidden, trashed, purged, dated])

    await alone.index(
        hidden.model_copy(update={"version": 6, "hidden": True}),
        trashed.model_copy(update={"version": 6, "trashed": True}),
        tombstone(purged.photo_id),
        visible.model_copy(update={"version": 6, "caption": "forest"}),
        # Of a version that the index is past.
        dated.model_copy(update={"version": 4, "hidden": True}),
    )

    for query in ("lake", "meadow", ""):
        assert set(await alone.ids(q=query)) == {visible.photo_id, dated.photo_id}, query
