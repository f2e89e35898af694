"""Completing a multipart upload: the receipt follows the whole object, never precedes it."""

import asyncio
from collections.abc import Sequence
from typing import Final, NoReturn

from pichaven_chassis.clock import Clock
from pichaven_chassis.problems import Problem
from pichaven_chassis.storage import (
    InvalidParts,
    ObjectMissing,
    ObjectStore,
    Part,
    UploadMissing,
)
from pichaven_upload.sessions.abort_upload import AbortUpload, CleanUpUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.errors import (
    InvalidPartList,
    NoParts,
    PartsMissing,
    SizeMismatch,
    UnsupportedMediaType,
    UploadCompleting,
    to_problem,
)
from pichaven_upload.sessions.inspect_upload import ReopenUpload
from pichaven_upload.sessions.media_types import SIGNATURE_BYTES, UNKNOWN, type_of_content
from pichaven_upload.sessions.model import UNFINISHED, Failure, Upload, UploadState
from pichaven_upload.sessions.repository import UploadRepository

_ASSEMBLY_TIMEOUT_S: Final = 5.0
"""How long to wait for an object that another completion may be assembling."""


class CompleteUpload:
    """May be repeated and run concurrently; a repeat repairs what a crash left half done."""

    def __init__(
        self,
        uploads: UploadRepository,
        store: ObjectStore,
        accept: AcceptUpload,
        reopen: ReopenUpload,
        abort: AbortUpload,
        clean_up: CleanUpUpload,
        *,
        clock: Clock,
    ) -> None:
        self._uploads = uploads
        self._store = store
        self._accept = accept
        self._reopen = reopen
        self._abort = abort
        self._clean_up = clean_up
        self._clock = clock

    async def __call__(
        self, owner_id: str, upload_id: str, parts: Sequence[tuple[int, str]]
    ) -> Upload:
        """Return the accepted upload. `parts` are numbers and etags.

        Raises `NotFound`, `NoParts`, `PartsMissing`, `InvalidPartList`, `SizeMismatch`,
        `UnsupportedMediaType`, `UploadEnded`, `UploadCompleting`.
        """
        upload = await self._uploads.get_owned(owner_id, upload_id)
        if upload.state is UploadState.ACCEPTED:
            return upload
        if upload.state is UploadState.STORED:
            return await self._accept(upload)
        if not upload.is_unfinished or upload.multipart_id is None:
            raise to_problem(upload)
        etags = _to_etags(upload, parts)
        if not await self._is_assembled(upload, etags):
            await self._assemble(upload, etags)
        return await self._accept(await self._mark_stored(upload))

    async def _is_assembled(self, upload: Upload, etags: dict[int, str]) -> bool:
        """Whether the object exists already; otherwise storage has the parts as named."""
        assert upload.multipart_id is not None
        try:
            parts = await self._store.list_parts(upload.key, upload.multipart_id)
        except UploadMissing:
            if upload.state is UploadState.COMPLETING and await self._wait_for_object(upload):
                return True
            return await self._start_over(upload)
        await self._check(upload, etags, parts)
        return False

    async def _check(self, upload: Upload, etags: dict[int, str], parts: Sequence[Part]) -> None:
        by_number = {part.number: part for part in parts}
        missing = upload.missing_parts({part.number: part.size for part in parts})
        if missing:
            raise PartsMissing(missing)
        wrong = [number for number, etag in etags.items() if by_number[number].etag != etag]
        if wrong:
            raise InvalidPartList(wrong)
        size = sum(by_number[number].size for number in etags)
        if size != upload.size:
            await self._fail(upload, _wrong_size(upload, size))

    async def _assemble(self, upload: Upload, etags: dict[int, str]) -> None:
        assert upload.multipart_id is not None
        completing = await self._uploads.transition(
            upload.upload_id, UploadState.COMPLETING, since=UNFINISHED, now=self._clock()
        )
        if completing is None:
            # Ended, or finished by another completion; `_mark_stored` tells which.
            return
        try:
            await self._store.complete_multipart(
                upload.key, upload.multipart_id, sorted(etags.items())
            )
        except UploadMissing:
            if not await self._wait_for_object(upload):
                await self._start_over(upload)
        except InvalidParts:
            await self._uploads.transition(
                upload.upload_id,
                UploadState.OPEN,
                since={UploadState.COMPLETING},
                now=self._clock(),
            )
            raise InvalidPartList(sorted(etags)) from None

    async def _mark_stored(self, upload: Upload) -> Upload:
        """Return the stored upload, once its object is whole."""
        info = await self._store.head(upload.key)
        if info is not None and info.size == upload.size:
            await self._check_kind(upload)
            stored = await self._uploads.transition(
                upload.upload_id, UploadState.STORED, since=UNFINISHED, now=self._clock()
            )
            if stored is not None:
                return stored
        current = await self._uploads.get(upload.upload_id) or upload
        if current.is_unfinished:
            if info is not None and info.size != upload.size:
                await self._fail(upload, _wrong_size(upload, info.size))
            await self._start_over(upload)
            current = await self._uploads.get(upload.upload_id) or upload
        if current.state in {UploadState.STORED, UploadState.ACCEPTED}:
            return current
        # It ended while storage assembled the object, which must go too.
        await self._clean_up(current)
        raise to_problem(current)

    async def _check_kind(self, upload: Upload) -> None:
        """Fail an upload that is no picture, where neither its type nor its name told."""
        if upload.content_type != UNKNOWN:
            return
        try:
            start = await self._store.get_start(upload.key, SIGNATURE_BYTES)
            type_of_content(upload.content_type, start)
        except ObjectMissing:
            # Another completion has failed it meanwhile.
            return
        except UnsupportedMediaType as problem:
            await self._fail(upload, problem)

    async def _wait_for_object(self, upload: Upload) -> bool:
        """Return whether the object exists, or comes while another completion assembles it."""
        deadline = asyncio.get_running_loop().time() + _ASSEMBLY_TIMEOUT_S
        pause = 0.05
        while True:
            current = await self._uploads.get(upload.upload_id)
            if current is None or not current.is_unfinished:
                return True
            info = await self._store.head(upload.key)
            if info is not None and info.size == upload.size:
                return True
            if asyncio.get_running_loop().time() + pause > deadline:
                return False
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1)

    async def _start_over(self, upload: Upload) -> bool:
        """Raise `PartsMissing` for all parts; return True if the upload is past that by now."""
        reopened = await self._reopen(upload)
        if not reopened.is_unfinished:
            return True
        raise PartsMissing(range(1, upload.parts_total + 1))

    async def _fail(self, upload: Upload, problem: Problem) -> NoReturn:
        failure = Failure(problem.code, problem.detail)
        if await self._abort(upload, UploadState.FAILED, failure) is None:
            raise UploadCompleting("Another request is completing it. Ask again in a moment.")
        raise problem


def _wrong_size(upload: Upload, size: int) -> SizeMismatch:
    return SizeMismatch(f"{upload.size:,} bytes were announced, {size:,} arrived.")


def _to_etags(upload: Upload, parts: Sequence[tuple[int, str]]) -> dict[int, str]:
    """Return etags by part number. Raises `NoParts`, `InvalidPartList`, `PartsMissing`."""
    if not parts:
        raise NoParts
    etags = {number: etag.strip().strip('"') for number, etag in parts}
    outside = upload.parts_outside(etags)
    if outside or len(etags) != len(parts):
        raise InvalidPartList(outside or sorted({number for number, _ in parts}))
    missing = upload.missing_parts(dict.fromkeys(etags, 0))
    if missing:
        raise PartsMissing(missing)
    return etags
