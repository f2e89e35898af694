"""Pages of months in MongoDB, without URLs, each under the version of the month that it shows.

They are a copy: whatever is missing, of another version or written by another version of this
code is read from the photos again. A page of 2500 photos takes some 150 KB.
"""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pymongo import ASCENDING

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_chassis.pagination import TimeCursor
from pichaven_gallery.photos.tile import PhotoTile, Tile

_FORM: Final = len(Tile._fields)
"""Of the rows: pages with other fields are not read."""
_LEVEL: Final = 1
_AFTER_ALL: Final = "~"
"""Greater than every month."""


@dataclass(frozen=True, slots=True)
class MonthPage:
    """Photos of a month, the latest first."""

    rows: Sequence[PhotoTile]
    has_more: bool

    @property
    def end(self) -> TimeCursor | None:
        """Where the next page starts, if there is one."""
        return self.rows[-1].cursor if self.has_more else None


@dataclass(frozen=True, slots=True)
class StoredPage:
    version: str
    """Of the month. What the page shows is of this version or newer."""
    page: MonthPage


@dataclass(frozen=True, slots=True)
class PageKey:
    page_id: str
    version: str
    is_readable: bool
    """Whether this version of the code wrote it."""

    @property
    def month(self) -> str:
        return self.page_id.split("|")[1]

    def is_of(self, versions: Mapping[str, str]) -> bool:
        """Return whether it can be read and is of the month's version."""
        return self.is_readable and versions.get(self.month) == self.version

    @property
    def is_first(self) -> bool:
        return self.page_id.endswith("|")


class StoredMonths:
    def __init__(self, database: MongoDatabase) -> None:
        self._pages = database["month_pages"]

    async def ensure_indexes(self) -> None:
        # Lists of pages are read without the pages.
        await self._pages.create_index(
            [("_id", ASCENDING), ("version", ASCENDING), ("form", ASCENDING)], name="versions"
        )

    async def get(self, owner_id: str, month: str, after: TimeCursor | None) -> StoredPage | None:
        """Return the page that starts after the cursor, of whatever version."""
        document = await self._pages.find_one({"_id": _page_id(owner_id, month, after)})
        if document is None or document["form"] != _FORM:
            return None
        rows = _to_rows(document["rows"])
        return StoredPage(document["version"], MonthPage(rows, document["has_more"]))

    async def put(
        self, owner_id: str, month: str, after: TimeCursor | None, stored: StoredPage
    ) -> None:
        """Replace the page that starts after the cursor."""
        page_id = _page_id(owner_id, month, after)
        document: Document = {
            "_id": page_id,
            "form": _FORM,
            "version": stored.version,
            "rows": _to_bytes(stored.page.rows),
            "has_more": stored.page.has_more,
        }
        await self._pages.replace_one({"_id": page_id}, document, upsert=True)

    async def list(self, owner_id: str) -> Sequence[PageKey]:
        """Return which pages of the owner are stored."""
        between = {"$gte": f"{owner_id}|", "$lt": f"{owner_id}|{_AFTER_ALL}"}
        pages = self._pages.find({"_id": between}, {"version": 1, "form": 1})
        return [
            PageKey(page["_id"], page["version"], page["form"] == _FORM) async for page in pages
        ]

    async def delete(self, keys: Sequence[PageKey]) -> None:
        """Delete pages, unless they were replaced since they were listed."""
        for key in keys:
            await self._pages.delete_one({"_id": key.page_id, "version": key.version})


def _page_id(owner_id: str, month: str, after: TimeCursor | None) -> str:
    return f"{owner_id}|{month}|{after.encode() if after else ''}"


def _to_bytes(rows: Sequence[PhotoTile]) -> bytes:
    lists = [[row.photo_id, row.cursor.at_ms, *row.tile] for row in rows]
    return gzip.compress(json.dumps(lists, separators=(",", ":")).encode(), _LEVEL, mtime=0)


def _to_rows(content: bytes) -> list[PhotoTile]:
    return [
        PhotoTile(photo_id, TimeCursor(at_ms, photo_id).moment, Tile(*fields))
        for photo_id, at_ms, *fields in json.loads(gzip.decompress(content))
    ]
