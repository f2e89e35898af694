"""A whole upload in one request, for scripts: hashed and stored as it comes in.

At most two parts are in memory at a time. A file of one part, as most photos are, is stored
under its final key once its digest is known. A larger one goes to storage part by part; where
the client did not tell the digest before the file, to a scratch key first, from which storage
itself copies it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from pichaven_chassis.clock import Clock
from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Problem
from pichaven_chassis.storage import ObjectStore
from pichaven_contracts.photo import Lane
from pichaven_upload.direct.stream_slots import StreamSlots
from pichaven_upload.ports import Photos, Uploads
from pichaven_upload.sessions.abort_upload import GiveUpUpload, TidyUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.errors import (
    EmptyFile,
    FileTooLarge,
    HashMismatch,
    SizeMismatch,
    UploadStalled,
)
from pichaven_upload.sessions.file_names import display_name
from pichaven_upload.sessions.find_upload import ended
from pichaven_upload.sessions.media_types import accepted_type, key_suffix
from pichaven_upload.sessions.model import (
    UNFINISHED,
    Failure,
    OnDuplicate,
    Upload,
    UploadState,
    original_key,
    scratch_key,
)
from pichaven_upload.sessions.open_upload import Duplicate, ReserveSpace

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the form says beside the file."""

    sha256: str | None = None
    album_id: str | None = None
    taken_at: datetime | None = None
    on_duplicate: OnDuplicate = OnDuplicate.SKIP
    lane: Lane = Lane.INTERACTIVE


class IncomingFile(Protocol):
    """A file of which no more is known than what has been read."""

    @property
    def filename(self) -> str: ...

    @property
    def content_type(self) -> str: ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The file's bytes, once."""
        ...

    def wishes(self) -> Wishes:
        """What the fields read so far say; all of them after the last chunk.

        Raises `InvalidRequest` for one that cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file that is known to the end."""

    owner_id: str
    upload_id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    wishes: Wishes


class ReceivePhoto:
    def __init__(
        self,
        uploads: Uploads,
        photos: Photos,
        store: ObjectStore,
        reserve: ReserveSpace,
        accept: AcceptUpload,
        give_up: GiveUpUpload,
        tidy: TidyUpload,
        *,
        clock: Clock,
        max_file_bytes: int,
        part_bytes: int,
        ttl: timedelta,
        slots: StreamSlots,
        idle: timedelta,
        bytes_per_s: float,
    ) -> None:
        self._uploads = uploads
        self._photos = photos
        self._store = store
        self._reserve = reserve
        self._accept = accept
        self._give_up = give_up
        self._tidy = tidy
        self._clock = clock
        self._max_file_bytes = max_file_bytes
        self._part_bytes = part_bytes
        self._ttl = ttl
        self._slots = slots
        self._idle_s = idle.total_seconds()
        self._bytes_per_s = bytes_per_s

    async def __call__(
        self, owner_id: str, incoming: IncomingFile, *, at_most: int | None
    ) -> Upload | Duplicate:
        """The accepted upload, or the photo that had these bytes.

        `at_most` bounds the file's bytes where the request tells it. Raises what opening an
        upload raises, and `HashMismatch`, `UploadStalled`.
        """
        name = display_name(incoming.filename)
        content_type = accepted_type(incoming.content_type, incoming.filename)
        async with self._slots.slot(owner_id):
            parts = self._parts(incoming.chunks())
            digest = hashlib.sha256()
            first = await anext(parts, b"")
            second = await anext(parts, b"")
            if not second:
                digest.update(first)
                return await self._store_small(
                    first,
                    _File(
                        owner_id=owner_id,
                        upload_id=new_id(),
                        filename=name,
                        content_type=content_type,
                        size=len(first),
                        sha256=digest.hexdigest(),
                        wishes=incoming.wishes(),
                    ),
                    key_suffix(content_type, incoming.filename),
                )
            bound = min(at_most or self._max_file_bytes, self._max_file_bytes)
            upload = await self._begin_large(owner_id, incoming, name, content_type, bound)
            return await self._store_large(upload, incoming, _chain(first, second, parts))

    async def _parts(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The file in pieces of the part size, the last one shorter."""
        buffer = bytearray()
        size = 0
        waited_s = 0.0
        now = asyncio.get_running_loop().time
        while True:
            asked_at = now()
            chunk = await self._next(chunks)
            if not chunk:
                break
            size += len(chunk)
            waited_s += now() - asked_at
            if size < (waited_s - self._idle_s) * self._bytes_per_s:
                raise UploadStalled(f"Less than {self._bytes_per_s:g} bytes came a second.")
            if size > self._max_file_bytes:
                raise FileTooLarge(self._max_file_bytes)
            buffer += chunk
            while len(buffer) >= self._part_bytes:
                yield bytes(buffer[: self._part_bytes])
                del buffer[: self._part_bytes]
        if buffer:
            yield bytes(buffer)

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes:
        """The next bytes, none at the end. A client that sends nothing gives its slot up."""
        try:
            async with asyncio.timeout(self._idle_s):
                return await anext(chunks, b"")
        except TimeoutError:
            raise UploadStalled(f"Nothing came for {self._idle_s:g} seconds.") from None

    async def _store_small(self, data: bytes, file: _File, suffix: str) -> Upload | Duplicate:
        if not data:
            raise EmptyFile("A file without a single byte cannot become a photo.")
        _check_digest(file.wishes.sha256, file.sha256)
        duplicate = await self._duplicate(file.owner_id, file.sha256, file.wishes)
        if duplicate is not None:
            return duplicate
        lane = await self._reserve(file.owner_id, file.upload_id, file.size, file.wishes.lane)
        upload = await self._described(file, lane, suffix)
        try:
            await self._uploads.add(upload)
            await self._store.put(upload.key, data, content_type=upload.content_type)
            return await self._seal(upload)
        except Problem:
            raise
        except BaseException:
            await self._drop(upload, "interrupted", "The upload was interrupted.")
            raise

    async def _described(self, file: _File, lane: Lane, suffix: str) -> Upload:
        now = self._clock()
        return Upload(
            upload_id=file.upload_id,
            owner_id=file.owner_id,
            photo_id=await self._photo_id(file.owner_id, file.sha256, file.wishes),
            filename=file.filename,
            content_type=file.content_type,
            size=file.size,
            sha256=file.sha256,
            key=original_key(file.owner_id, file.sha256, file.upload_id, suffix),
            part_size=self._part_bytes,
            on_duplicate=file.wishes.on_duplicate,
            lane=lane,
            taken_at=file.wishes.taken_at,
            album_id=file.wishes.album_id,
            created_at=now,
            expires_at=now + self._ttl,
        )

    async def _begin_large(
        self, owner_id: str, incoming: IncomingFile, name: str, content_type: str, bound: int
    ) -> Upload:
        now = self._clock()
        upload_id = new_id()
        wishes = incoming.wishes()
        lane = await self._reserve(owner_id, upload_id, bound, wishes.lane)
        suffix = key_suffix(content_type, incoming.filename)
        claimed = wishes.sha256 or ""
        final = original_key(owner_id, claimed, upload_id, suffix) if claimed else ""
        scratch = None if claimed else scratch_key(owner_id, upload_id) + suffix
        key = final or scratch or ""
        try:
            multipart_id = await self._store.create_multipart(key, content_type=content_type)
        except BaseException:
            await self._reserve.back(owner_id, upload_id)
            raise
        upload = Upload(
            upload_id=upload_id,
            owner_id=owner_id,
            photo_id=new_id(),
            filename=name,
            content_type=content_type,
            size=0,
            sha256=claimed,
            key=key,
            scratch_key=scratch,
            multipart_id=multipart_id,
            part_size=self._part_bytes,
            lane=lane,
            created_at=now,
            expires_at=now + self._ttl,
        )
        await self._uploads.add(upload)
        return upload

    async def _store_large(
        self, upload: Upload, incoming: IncomingFile, parts: AsyncIterator[bytes]
    ) -> Upload | Duplicate:
        try:
            size, sha256 = await self._send(upload, parts)
            wishes = incoming.wishes()
            _check_digest(wishes.sha256, sha256)
            duplicate = await self._duplicate(upload.owner_id, sha256, wishes)
            if duplicate is not None:
                failure = Failure("duplicate", "These bytes are there already.")
                await self._give_up(upload, UploadState.CANCELLED, failure, silently=True)
                return duplicate
            key = upload.key
            if upload.scratch_key is not None:
                suffix = key_suffix(upload.content_type, incoming.filename)
                key = original_key(upload.owner_id, sha256, upload.upload_id, suffix)
            known = replace(
                upload,
                size=size,
                sha256=sha256,
                key=key,
                photo_id=await self._photo_id(upload.owner_id, sha256, wishes, upload.photo_id),
                on_duplicate=wishes.on_duplicate,
                taken_at=wishes.taken_at,
                album_id=wishes.album_id,
            )
            # The key is on record before anything lies under it, or a crash would lose it.
            await self._uploads.describe(known)
            if upload.scratch_key is not None:
                await self._store.copy(upload.scratch_key, key)
            return await self._seal(known)
        except Problem as problem:
            await self._drop(upload, problem.code, problem.detail)
            raise
        except BaseException:
            await self._drop(upload, "interrupted", "The upload was interrupted.")
            raise

    async def _send(self, upload: Upload, parts: AsyncIterator[bytes]) -> tuple[int, str]:
        """Size and digest of what was sent."""
        assert upload.multipart_id is not None
        digest = hashlib.sha256()
        size = 0
        etags: list[tuple[int, str]] = []
        async for part in parts:
            number = len(etags) + 1
            etag, _ = await asyncio.gather(
                self._store.upload_part(upload.key, upload.multipart_id, number, part),
                asyncio.to_thread(digest.update, part),
            )
            etags.append((number, etag))
            size += len(part)
        await self._store.complete_multipart(upload.key, upload.multipart_id, etags)
        return size, digest.hexdigest()

    async def _seal(self, upload: Upload) -> Upload:
        info = await self._store.head(upload.key)
        arrived = info.size if info else 0
        if arrived != upload.size:
            message = f"{upload.size:,} bytes were sent, storage holds {arrived:,}."
            await self._drop(upload, SizeMismatch.code, message)
            raise SizeMismatch(message)
        stored = await self._uploads.move(
            upload.upload_id, UploadState.STORED, since=UNFINISHED, now=self._clock()
        )
        if stored is None:
            # It took longer than an upload may, and has been given up meanwhile.
            gone = await self._uploads.get(upload.upload_id)
            await self._tidy(replace(gone or upload, key=upload.key))
            raise ended(gone or upload)
        return await self._accept(stored)

    async def _duplicate(self, owner_id: str, sha256: str, wishes: Wishes) -> Duplicate | None:
        if wishes.on_duplicate is not OnDuplicate.SKIP:
            return None
        known = await self._photos.live(owner_id, sha256)
        return Duplicate(known.photo_id) if known else None

    async def _photo_id(
        self, owner_id: str, sha256: str, wishes: Wishes, otherwise: str | None = None
    ) -> str:
        if wishes.on_duplicate is OnDuplicate.REPLACE:
            known = await self._photos.live(owner_id, sha256)
            if known is not None:
                return known.photo_id
        return otherwise or new_id()

    async def _drop(self, upload: Upload, code: str, message: str) -> None:
        """Leave nothing behind; where that fails now, the sweeper does it later."""
        try:
            await asyncio.shield(self._give_up(upload, UploadState.FAILED, Failure(code, message)))
        except Exception as error:
            _log.warning("removal_postponed", upload=upload.upload_id, error=repr(error)[:300])


def _check_digest(claimed: str | None, found: str) -> None:
    if claimed is not None and claimed != found:
        raise HashMismatch(f"The file's SHA-256 is {found}, not {claimed}.")


async def _chain(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    yield second
    async for part in rest:
        yield part
