"""Exporting and importing what no other service could send again: past searches, and duplicates
that owners have dismissed."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from elasticsearch import AsyncElasticsearch
from elasticsearch.helpers import async_bulk, async_scan

_CONFLICT: Final = 409


class ExportRecords:
    """Write all documents of the indexes into a file, one a line, and return their number."""

    def __init__(self, client: AsyncElasticsearch, indexes: Sequence[str]) -> None:
        self._client = client
        self._indexes = indexes

    async def __call__(self, path: Path) -> int:
        count = 0
        with path.open("w") as file:
            async for hit in async_scan(self._client, index=",".join(self._indexes)):
                fields = {name: hit[name] for name in ("_index", "_id", "_routing", "_source")}
                file.write(json.dumps(fields, separators=(",", ":")) + "\n")
                count += 1
        return count


class ImportRecords:
    """Add the documents of a file that the indexes lack, and return their number.

    Raises `ValueError` for a file that names another index.
    """

    def __init__(self, client: AsyncElasticsearch, indexes: Sequence[str]) -> None:
        self._client = client
        self._indexes = indexes

    async def __call__(self, path: Path) -> int:
        added, errors = await async_bulk(
            self._client, self._operations(path), raise_on_error=False, refresh=True
        )
        assert isinstance(errors, list)
        failed = [error for error in errors if error["create"]["status"] != _CONFLICT]
        if failed:
            raise OSError(f"{len(failed)} documents were refused: {failed[0]}")
        return added

    async def _operations(self, path: Path) -> AsyncIterator[dict[str, Any]]:
        with path.open() as file:
            for line in file:
                fields = json.loads(line)
                if fields["_index"] not in self._indexes:
                    raise ValueError(f"{fields['_index']} is not among {self._indexes}")
                yield {"_op_type": "create", **fields}
