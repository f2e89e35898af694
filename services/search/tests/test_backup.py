"""What search has the only copy of is exported and imported."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pichaven_chassis.ids import new_id
from pichaven_search.backup.repository import ExportRecords, ImportRecords
from pichaven_search.duplicates.model import Dismissal
from pichaven_search.history.model import SearchRecord

pytestmark = pytest.mark.engines


async def test_searches_and_dismissals_come_back_and_later_ones_stay(
    alone: Any, tmp_path: Path
) -> None:
    adapters, owner, file = alone.adapters, alone.owner, tmp_path / "records"
    indexes = adapters.history.index, adapters.dismissals.index
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    dismissal = Dismissal(new_id(), frozenset({new_id(), new_id()}))
    await adapters.history.record([SearchRecord(owner, "lake", moment)])
    await adapters.dismissals.put(owner, dismissal)
    await adapters.elastic.indices.refresh(index=",".join(indexes))

    assert await ExportRecords(adapters.elastic, indexes)(file) == 2
    for index in indexes:
        await adapters.elastic.indices.delete(index=index)
    await adapters.history.prepare()
    await adapters.dismissals.prepare()
    await adapters.history.record(
        [SearchRecord(owner, "lake", moment), SearchRecord(owner, "sea", moment)]
    )
    load = ImportRecords(adapters.elastic, indexes)
    assert await load(file) == 1
    assert await load(file) == 0

    assert await adapters.dismissals.list(owner) == [dismissal]
    response = await alone.get("/search/history")
    assert {(each["q"], each["count"]) for each in response.json()["items"]} == {
        ("lake", 1),
        ("sea", 1),
    }


async def test_a_file_for_another_index_adds_nothing(alone: Any, tmp_path: Path) -> None:
    adapters, file = alone.adapters, tmp_path / "records"
    line = {"_index": "others", "_id": "1", "_routing": "1", "_source": {}}
    file.write_text(json.dumps(line) + "\n")
    with pytest.raises(ValueError, match="others"):
        await ImportRecords(adapters.elastic, (adapters.history.index,))(file)
    assert not await adapters.elastic.indices.exists(index="others")
