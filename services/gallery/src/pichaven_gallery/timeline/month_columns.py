"""A page of a month in columns: what a grid needs of its photos, as one JSON text."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from urllib.parse import quote

from pichaven_chassis.storage import Presigner
from pichaven_gallery.photos.tile import PhotoTile
from pichaven_gallery.timeline.schemas import MonthPhotos

_WORTH_COMPRESSING: Final = 1024
"""Bytes; the gateway has the same limit."""
_LEVEL: Final = 1
"""Signatures do not compress: 4 saves three bytes of a hundred, and takes twice as long."""

_Kind = tuple[str, str, str | None]
"""Folder, file name and format of thumbnails whose URLs have one template."""


@dataclass(frozen=True, slots=True)
class EncodedJson:
    """A JSON text that is compressed once, for all who are sent it."""

    content: bytes
    is_gzip: bool

    @classmethod
    def of(cls, text: str) -> Self:
        raw = text.encode()
        if len(raw) < _WORTH_COMPRESSING:
            return cls(raw, is_gzip=False)
        return cls(gzip.compress(raw, _LEVEL, mtime=0), is_gzip=True)

    def plain(self) -> bytes:
        return gzip.decompress(self.content) if self.is_gzip else self.content


class Thumbnails:
    """Presigned URLs of thumbnails, each split into what many share and what it has alone."""

    def __init__(self, presigner: Presigner, base_url: str, owner_id: str) -> None:
        self._presigner = presigner
        self._base_url = base_url
        self._owner_id = owner_id
        self._templates: dict[str, int] = {}
        self._kinds: dict[_Kind, tuple[int, Callable[[str], str]]] = {}
        self.template: list[int | None] = []
        self.key: list[str | None] = []
        self.signature: list[str | None] = []

    @property
    def templates(self) -> list[str]:
        return list(self._templates)

    def append(self, row: PhotoTile) -> None:
        storage_key = row.tile.storage_key(self._owner_id, row.photo_id)
        if storage_key is None:
            columns = (self.template, self.key, self.signature)
            for column in columns:
                column.append(None)
            return
        assert row.tile.thumbnail_key is not None
        folder, key, file_name = row.tile.thumbnail_key.rsplit("/", 2)
        kind = (folder, file_name, row.tile.thumbnail_format)
        if kind not in self._kinds:
            self._kinds[kind] = self._read_kind(row, storage_key)
        template, sign = self._kinds[kind]
        self.template.append(template)
        self.key.append(quote(key, safe="~"))
        self.signature.append(sign(storage_key))

    def _read_kind(self, row: PhotoTile, storage_key: str) -> tuple[int, Callable[[str], str]]:
        """Return the number of the template of one URL, and what signs those like it."""
        content_type = f"image/{row.tile.thumbnail_format}"
        url = self._presigner.get(storage_key, base_url=self._base_url, content_type=content_type)
        address, _, _signature = url.rpartition("=")
        path, _, query = address.partition("?")
        folder, _, file_name = path.rpartition("/")
        folder = folder.rpartition("/")[0].replace(row.photo_id, "{id}")
        template = f"{folder}/{{key}}/{file_name}?{query}={{signature}}"
        number = self._templates.setdefault(template, len(self._templates))
        return number, self._presigner.signatures(
            base_url=self._base_url, content_type=content_type
        )


def to_columns(
    rows: Sequence[PhotoTile], month: str, start: datetime, thumbnails: Thumbnails
) -> MonthPhotos:
    """Return the page, of a month that has no other photos; `start` is its first moment."""
    for row in rows:
        thumbnails.append(row)
    return MonthPhotos(
        month=month,
        count=len(rows),
        id=[row.photo_id for row in rows],
        name=[row.tile.name for row in rows],
        status=[row.tile.status for row in rows],
        aspect_ratio=[row.tile.aspect_ratio for row in rows],
        blurhash=[row.tile.blurhash for row in rows],
        second=[int((row.taken_at_local - start).total_seconds()) for row in rows],
        offset=[row.tile.offset for row in rows],
        favorite=[row.tile.favorite for row in rows],
        duration=[None] * len(rows),
        thumbnail_templates=thumbnails.templates,
        thumbnail_template=thumbnails.template,
        thumbnail_key=thumbnails.key,
        thumbnail_signature=thumbnails.signature,
    )
