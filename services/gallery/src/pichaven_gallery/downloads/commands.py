"""Preparing downloads."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.pagination import TimeCursor
from pichaven_chassis.problems import Problem, TooManyRequests
from pichaven_chassis.storage import ObjectInfo, ObjectStore
from pichaven_gallery.access.grant import Action
from pichaven_gallery.access.viewer import Viewer
from pichaven_gallery.downloads.archive import archive_size
from pichaven_gallery.downloads.file_names import UniqueNames
from pichaven_gallery.downloads.model import (
    ArchiveFile,
    Download,
    DownloadBounds,
    DownloadTooLarge,
    Exclusion,
    NewDownload,
    NothingToDownload,
)
from pichaven_gallery.downloads.repository import DownloadRepository
from pichaven_gallery.jobs.model import PhotoQuery
from pichaven_gallery.jobs.selection import SelectPhotos
from pichaven_gallery.photos.errors import OriginalGone
from pichaven_gallery.photos.photo import Photo
from pichaven_gallery.photos.queries import require
from pichaven_gallery.photos.repository import PhotoRepository
from pichaven_gallery.photos.trash_marks import TrashMarkRepository

_CHUNK: Final = 200
"""Photos read at a time."""
_MAX_CHECKED: Final = 500
"""Originals that storage is asked for before the download; of more it would take too long."""
_CHECKED_AT_ONCE: Final = 8
"""Of the store's threads, half."""
_MAX_OPEN: Final = 20
"""Downloads of one owner that have not expired."""
_RETRY_AFTER_S: Final = 60


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class PrepareDownload:
    """Settle which files an archive has: the originals of photos of a query, or of those named.

    Photos that the viewer may not download, or whose original is gone, are left out; where none is
    left, the first one's problem is raised: `PhotoNotFound`, `OriginalGone`. Raises
    `DownloadTooLarge`, `NothingToDownload` and `TooManyRequests`.
    """

    def __init__(
        self,
        downloads: DownloadRepository,
        select: SelectPhotos,
        photos: PhotoRepository,
        marks: TrashMarkRepository,
        store: ObjectStore,
        clock: Clock,
        *,
        bounds: DownloadBounds,
        ttl: timedelta,
    ) -> None:
        self._downloads = downloads
        self._select = select
        self._photos = photos
        self._marks = marks
        self._store = store
        self._clock = clock
        self._bounds = bounds
        self._ttl = ttl

    async def __call__(
        self, viewer: Viewer, *, query: PhotoQuery | None = None, photo_ids: Sequence[str] = ()
    ) -> NewDownload:
        now = self._clock()
        if await self._downloads.count_open(viewer.user_id, now) >= _MAX_OPEN:
            raise TooManyRequests(
                f"{_MAX_OPEN} downloads have not expired. Wait for one.",
                retry_after=_RETRY_AFTER_S,
            )
        gathered, exclusions = await self._gather(viewer, query, list(dict.fromkeys(photo_ids)))
        if not gathered:
            raise exclusions[0].problem if exclusions else NothingToDownload()
        names = UniqueNames()
        files = [replace(file, name=names.add(file.name)) for file in gathered]
        token = secrets.token_urlsafe(32)
        download = Download(
            download_id=new_id(),
            owner_id=viewer.user_id,
            token_digest=digest_of(token),
            filename=f"photos-{now:%Y-%m-%d}.zip",
            count=len(files),
            size=archive_size(files),
            expires_at=now + self._ttl,
        )
        await self._downloads.add(download, files)
        return NewDownload(download, token, exclusions)

    async def _gather(
        self, viewer: Viewer, query: PhotoQuery | None, photo_ids: Sequence[str]
    ) -> tuple[list[ArchiveFile], list[Exclusion]]:
        """Return the files as their owner named them, and the photos that are left out."""
        emptied_at = await self._marks.emptied_at(viewer.user_id)
        files: dict[str, ArchiveFile] = {}
        exclusions: list[Exclusion] = []
        size = 0
        async for chunk in self._chunks(viewer, query, photo_ids):
            photos = await self._photos.get_many(chunk, with_text=False)
            for photo_id in chunk:
                try:
                    photo = require(photos.get(photo_id), viewer, Action.DOWNLOAD, emptied_at)
                    files[photo_id] = file = _to_file(photo)
                except Problem as problem:
                    exclusions.append(Exclusion(photo_id, problem))
                else:
                    size += file.size
            if len(files) > self._bounds.max_photos or size > self._bounds.max_bytes:
                raise DownloadTooLarge(self._bounds)
        if len(files) <= _MAX_CHECKED:
            files, missing = await self._check(files)
            exclusions += missing
        return list(files.values()), exclusions

    async def _chunks(
        self, viewer: Viewer, query: PhotoQuery | None, photo_ids: Sequence[str]
    ) -> AsyncIterator[Sequence[str]]:
        if query is None:
            for start in range(0, len(photo_ids), _CHUNK):
                yield photo_ids[start : start + _CHUNK]
            return
        cursor: TimeCursor | None = None
        while True:
            chunk, cursor = await self._select(viewer.user_id, query, limit=_CHUNK, after=cursor)
            yield chunk
            if cursor is None:
                return

    async def _check(
        self, files: dict[str, ArchiveFile]
    ) -> tuple[dict[str, ArchiveFile], list[Exclusion]]:
        """Return the files that storage has, with the sizes there, and the photos of others."""
        turns = asyncio.Semaphore(_CHECKED_AT_ONCE)

        async def head(file: ArchiveFile) -> ObjectInfo | None:
            async with turns:
                return await self._store.head(file.key)

        infos = await asyncio.gather(*(head(file) for file in files.values()))
        stored = {
            photo_id: replace(file, size=info.size)
            for (photo_id, file), info in zip(files.items(), infos, strict=True)
            if info is not None
        }
        return stored, [Exclusion(each, OriginalGone()) for each in files if each not in stored]


def _to_file(photo: Photo) -> ArchiveFile:
    """Raises `OriginalGone`."""
    original = photo.original
    if original is None or photo.rejected is not None:
        raise OriginalGone
    return ArchiveFile(
        name=original.filename,
        key=original.object_key,
        size=original.size,
        taken_at=photo.capture_time.local,
    )
