"""A whole upload in one request: hashed and stored while it arrives.

At most two parts are in memory at a time. A file of one part, as most photos are, is stored
under its final key once its digest is known. A larger one goes to storage part by part; where
the client did not send the digest before the file, to a scratch key first, from which storage
itself copies it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.fair_slots import FairSlots
from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import EmptyFile, Problem
from pichaven_chassis.storage import ObjectStore
from pichaven_upload.blobs.model import original_key, scratch_key
from pichaven_upload.direct.errors import UploadStalled
from pichaven_upload.direct.form_stream import FormFields, FormStream
from pichaven_upload.direct.part_stream import StreamLimits, split_into_parts
from pichaven_upload.photos.repository import PhotoRepository
from pichaven_upload.sessions.abort_upload import AbortUpload, CleanUpUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.attach_sidecar import SIDECAR_TYPE, check_sidecar, sidecar_key
from pichaven_upload.sessions.errors import (
    FileTooLarge,
    HashMismatch,
    SizeMismatch,
    to_problem,
)
from pichaven_upload.sessions.file_names import display_name
from pichaven_upload.sessions.media_types import accepted_type, key_suffix, type_of_content
from pichaven_upload.sessions.model import (
    UNFINISHED,
    ExistingPhoto,
    Failure,
    OnDuplicate,
    Upload,
    UploadState,
)
from pichaven_upload.sessions.repository import UploadRepository
from pichaven_upload.usage.commands import ReserveQuota

_log = get_logger(__name__)
_FORM_OVERHEAD: Final = 1 << 20


class ReceivePhoto:
    """Store the file of a form while it arrives, and accept it as a photo."""

    def __init__(
        self,
        uploads: UploadRepository,
        photos: PhotoRepository,
        store: ObjectStore,
        reserve: ReserveQuota,
        accept: AcceptUpload,
        abort: AbortUpload,
        clean_up: CleanUpUpload,
        *,
        clock: Clock,
        part_bytes: int,
        ttl: timedelta,
        slots: FairSlots,
        limits: StreamLimits,
    ) -> None:
        self._uploads = uploads
        self._photos = photos
        self._store = store
        self._reserve = reserve
        self._accept = accept
        self._abort = abort
        self._clean_up = clean_up
        self._clock = clock
        self._part_bytes = part_bytes
        self._ttl = ttl
        self._slots = slots
        self._limits = limits

    def check_length(self, content_length: int | None) -> None:
        """Raise `FileTooLarge` if the request's length alone says so."""
        if content_length is not None and content_length > self._limits.max_bytes + _FORM_OVERHEAD:
            raise FileTooLarge(self._limits.max_bytes)

    async def __call__(
        self, owner_id: str, form: FormStream, *, content_length: int | None
    ) -> Upload | ExistingPhoto:
        """Return the accepted upload, or the existing photo of these bytes.

        `content_length` bounds the file's bytes where the request has it. Raises what opening an
        upload raises, and `FileMissing`, `HashMismatch`, `UploadStalled`, `OwnShareTaken`,
        `SlotsTaken`, `SlotDisplaced`.
        """
        await self._read_head(form)
        content_type = accepted_type(form.content_type, form.filename)
        async with self._slots.slot(owner_id) as slot:
            parts = split_into_parts(slot, form.chunks(), self._part_bytes, self._limits)
            first = await anext(parts, b"")
            content_type = type_of_content(content_type, first)
            second = await anext(parts, b"")
            now = self._clock()
            upload = Upload(
                upload_id=new_id(),
                owner_id=owner_id,
                photo_id=new_id(),
                filename=display_name(form.filename),
                content_type=content_type,
                size=0,
                sha256="",
                key="",
                part_size=self._part_bytes,
                created_at=now,
                expires_at=now + self._ttl,
            )
            if not second:
                return await self._receive_small(upload, form, first)
            bound = min(content_length or self._limits.max_bytes, self._limits.max_bytes)
            upload = await self._begin_large(upload, form, bound)
            return await self._receive_large(upload, form, _chain(first, second, parts))

    async def _read_head(self, form: FormStream) -> None:
        """Read up to the file's bytes."""
        try:
            async with asyncio.timeout(self._limits.idle_s):
                await form.read_until_file()
        except TimeoutError:
            reason = f"The file did not begin within {self._limits.idle_s:g} seconds."
            raise UploadStalled(reason) from None

    async def _receive_small(
        self, upload: Upload, form: FormStream, data: bytes
    ) -> Upload | ExistingPhoto:
        """Store a file of one part, which is known to its end."""
        if not data:
            raise EmptyFile
        fields = form.fields()
        described = await self._describe(
            upload, form, fields, len(data), hashlib.sha256(data).hexdigest()
        )
        if isinstance(described, ExistingPhoto):
            return described
        lane = await self._reserve(upload.owner_id, upload.upload_id, len(data), fields.lane)
        upload = replace(described, lane=lane)
        try:
            await self._uploads.add(upload)
            await self._store.put(upload.key, data, content_type=upload.content_type)
            return await self._seal(upload, form.sidecar)
        except Problem:
            raise
        except BaseException:
            await self._drop(upload, "interrupted", "The upload was interrupted.")
            raise

    async def _describe(
        self, upload: Upload, form: FormStream, fields: FormFields, size: int, sha256: str
    ) -> Upload | ExistingPhoto:
        """Return the upload with what the whole file and all fields say.

        Or the existing photo of these bytes, unless the fields want another. Raises
        `HashMismatch`.
        """
        if fields.sha256 is not None and fields.sha256 != sha256:
            raise HashMismatch(f"The file's SHA-256 is {sha256}, not {fields.sha256}.")
        if form.sidecar is not None:
            check_sidecar(form.sidecar)
        photo_id = upload.photo_id
        if fields.on_duplicate is not OnDuplicate.KEEP:
            existing = await self._photos.find_live(upload.owner_id, sha256)
            if existing is not None and fields.on_duplicate is OnDuplicate.SKIP:
                return ExistingPhoto(existing.photo_id)
            photo_id = existing.photo_id if existing is not None else photo_id
        key = upload.key
        if not key or upload.scratch_key is not None:
            suffix = key_suffix(upload.content_type, form.filename)
            key = original_key(upload.owner_id, sha256, upload.upload_id, suffix)
        return replace(
            upload,
            photo_id=photo_id,
            size=size,
            sha256=sha256,
            key=key,
            on_duplicate=fields.on_duplicate,
            taken_at=fields.taken_at,
            album_id=fields.album_id,
            sidecar_key=sidecar_key(upload.owner_id, sha256, upload.upload_id)
            if form.sidecar is not None
            else None,
        )

    async def _begin_large(self, upload: Upload, form: FormStream, bound: int) -> Upload:
        """Reserve the most that the file may have, and open its multipart upload."""
        owner_id, upload_id = upload.owner_id, upload.upload_id
        fields = form.fields()
        lane = await self._reserve(owner_id, upload_id, bound, fields.lane)
        suffix = key_suffix(upload.content_type, form.filename)
        scratch = None if fields.sha256 else scratch_key(owner_id, upload_id) + suffix
        key = scratch or original_key(owner_id, fields.sha256 or "", upload_id, suffix)
        try:
            multipart_id = await self._store.create_multipart(key, content_type=upload.content_type)
        except BaseException:
            await self._reserve.undo(owner_id, upload_id)
            raise
        upload = replace(
            upload,
            sha256=fields.sha256 or "",
            key=key,
            scratch_key=scratch,
            multipart_id=multipart_id,
            lane=lane,
        )
        await self._uploads.add(upload)
        return upload

    async def _receive_large(
        self, upload: Upload, form: FormStream, parts: AsyncIterator[bytes]
    ) -> Upload | ExistingPhoto:
        try:
            size, sha256 = await self._send(upload, parts)
            described = await self._describe(upload, form, form.fields(), size, sha256)
            if isinstance(described, ExistingPhoto):
                failure = Failure("duplicate", "These bytes are there already.")
                await self._abort(upload, UploadState.CANCELLED, failure, publish=False)
                return described
            # The key is on record before an object exists under it, or a crash would lose it.
            await self._uploads.describe(described)
            if upload.scratch_key is not None:
                await self._store.copy(upload.scratch_key, described.key)
            return await self._seal(described, form.sidecar)
        except Problem as problem:
            await self._drop(upload, problem.code, problem.detail)
            raise
        except BaseException:
            await self._drop(upload, "interrupted", "The upload was interrupted.")
            raise

    async def _send(self, upload: Upload, parts: AsyncIterator[bytes]) -> tuple[int, str]:
        """Store the parts; return the file's size and digest."""
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

    async def _seal(self, upload: Upload, sidecar: bytes | None) -> Upload:
        """Accept the upload, once its objects are whole."""
        if sidecar is not None and upload.sidecar_key is not None:
            await self._store.put(upload.sidecar_key, sidecar, content_type=SIDECAR_TYPE)
        info = await self._store.head(upload.key)
        stored_size = info.size if info else 0
        if stored_size != upload.size:
            message = f"{upload.size:,} bytes were sent, storage holds {stored_size:,}."
            await self._drop(upload, SizeMismatch.code, message)
            raise SizeMismatch(message)
        stored = await self._uploads.transition(
            upload.upload_id, UploadState.STORED, since=UNFINISHED, now=self._clock()
        )
        if stored is None:
            # It took longer than an upload may, and has expired meanwhile.
            current = await self._uploads.get(upload.upload_id) or upload
            await self._clean_up(replace(current, key=upload.key, sidecar_key=upload.sidecar_key))
            raise to_problem(current)
        return await self._accept(stored)

    async def _drop(self, upload: Upload, code: str, message: str) -> None:
        """Abort the upload; where that fails now, the reconciler does it later."""
        try:
            await asyncio.shield(self._abort(upload, UploadState.FAILED, Failure(code, message)))
        except Exception as error:
            _log.warning("abort_deferred", upload=upload.upload_id, error=repr(error)[:300])


async def _chain(first: bytes, second: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    yield second
    async for part in rest:
        yield part
