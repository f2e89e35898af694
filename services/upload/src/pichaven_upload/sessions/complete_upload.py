"""Completing a multipart upload: the receipt follows the whole object, never precedes it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from pichaven_chassis.clock import Clock
from pichaven_chassis.storage import InvalidParts, ObjectStore, Part, UploadMissing
from pichaven_upload.ports import Uploads
from pichaven_upload.sessions.abort_upload import GiveUpUpload, TidyUpload
from pichaven_upload.sessions.accept_upload import AcceptUpload
from pichaven_upload.sessions.errors import (
    InvalidPartList,
    NoParts,
    PartsMissing,
    SizeMismatch,
    UploadCompleting,
)
from pichaven_upload.sessions.find_upload import ended, find_upload
from pichaven_upload.sessions.inspect_upload import ReopenUpload
from pichaven_upload.sessions.model import UNFINISHED, Failure, Upload, UploadState

_MADE_WITHIN_S: Final = 5.0
"""How long to look for an object that another completion seems to be making."""


class CompleteUpload:
    """Harmless to repeat and to run twice at once; a repeat heals what a crash left half done."""

    def __init__(
        self,
        uploads: Uploads,
        store: ObjectStore,
        accept: AcceptUpload,
        reopen: ReopenUpload,
        give_up: GiveUpUpload,
        tidy: TidyUpload,
        *,
        clock: Clock,
        made_within_s: float = _MADE_WITHIN_S,
    ) -> None:
        self._uploads = uploads
        self._store = store
        self._accept = accept
        self._reopen = reopen
        self._give_up = give_up
        self._tidy = tidy
        self._clock = clock
        self._made_within_s = made_within_s

    async def __call__(
        self, owner_id: str, upload_id: str, parts: Sequence[tuple[int, str]]
    ) -> Upload:
        """The accepted upload.

        Raises `NotFound`, `NoParts`, `PartsMissing`, `InvalidPartList`, `SizeMismatch`,
        `UploadEnded`.
        """
        upload = await find_upload(self._uploads, owner_id, upload_id)
        if upload.state is UploadState.ACCEPTED:
            return upload
        if upload.state is UploadState.STORED:
            return await self._accept(upload)
        if upload.state not in UNFINISHED or upload.multipart_id is None:
            raise ended(upload)
        named = _named(upload, parts)
        if not await self._is_made(upload, named):
            await self._make(upload, named)
        return await self._accept(await self._seal(upload))

    async def _is_made(self, upload: Upload, named: dict[int, str]) -> bool:
        """Whether the object is there already; otherwise the parts named are, as named."""
        assert upload.multipart_id is not None
        try:
            held = await self._store.list_parts(upload.key, upload.multipart_id)
        except UploadMissing:
            if upload.state is UploadState.COMPLETING and await self._appears(upload):
                return True
            return await self._start_over(upload)
        await self._check(upload, named, held)
        return False

    async def _check(self, upload: Upload, named: dict[int, str], held: Sequence[Part]) -> None:
        by_number = {part.number: part for part in held}
        missing = upload.missing_parts({part.number: part.size for part in held})
        if missing:
            raise PartsMissing(missing)
        wrong = [number for number, etag in named.items() if by_number[number].etag != etag]
        if wrong:
            raise InvalidPartList(wrong)
        size = sum(by_number[number].size for number in named)
        if size != upload.size:
            await self._fail(upload, size)

    async def _make(self, upload: Upload, named: dict[int, str]) -> None:
        assert upload.multipart_id is not None
        claimed = await self._uploads.move(
            upload.upload_id, UploadState.COMPLETING, since=UNFINISHED, now=self._clock()
        )
        if claimed is None:
            # Ended, or finished by another completion; sealing tells which.
            return
        try:
            await self._store.complete_multipart(
                upload.key, upload.multipart_id, sorted(named.items())
            )
        except UploadMissing:
            if not await self._appears(upload):
                await self._start_over(upload)
        except InvalidParts:
            await self._uploads.move(
                upload.upload_id,
                UploadState.OPEN,
                since={UploadState.COMPLETING},
                now=self._clock(),
            )
            raise InvalidPartList(sorted(named)) from None

    async def _seal(self, upload: Upload) -> Upload:
        """The upload, once its object is seen to be whole."""
        info = await self._store.head(upload.key)
        if info is not None and info.size == upload.size:
            moved = await self._uploads.move(
                upload.upload_id, UploadState.STORED, since=UNFINISHED, now=self._clock()
            )
            if moved is not None:
                return moved
        current = await self._uploads.get(upload.upload_id) or upload
        if current.state in UNFINISHED:
            if info is not None and info.size != upload.size:
                await self._fail(upload, info.size)
            await self._start_over(upload)
            current = await self._uploads.get(upload.upload_id) or upload
        if current.state in {UploadState.STORED, UploadState.ACCEPTED}:
            return current
        # It was ended while storage made the object: that must go too.
        await self._tidy(current)
        raise ended(current)

    async def _appears(self, upload: Upload) -> bool:
        """Whether the whole object is there, or comes while another completion makes it."""
        deadline = asyncio.get_running_loop().time() + self._made_within_s
        pause = 0.05
        while True:
            current = await self._uploads.get(upload.upload_id)
            if current is None or current.state not in UNFINISHED:
                return True
            info = await self._store.head(upload.key)
            if info is not None and info.size == upload.size:
                return True
            if asyncio.get_running_loop().time() + pause > deadline:
                return False
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1)

    async def _start_over(self, upload: Upload) -> bool:
        reopened = await self._reopen(upload)
        if reopened.state not in UNFINISHED:
            return True
        raise PartsMissing(range(1, upload.parts_total + 1))

    async def _fail(self, upload: Upload, size: int) -> None:
        message = f"{upload.size:,} bytes were announced, {size:,} arrived."
        gone = await self._give_up(upload, UploadState.FAILED, Failure(SizeMismatch.code, message))
        if gone is None:
            raise UploadCompleting("Another request is completing it. Ask again in a moment.")
        raise SizeMismatch(message)


def _named(upload: Upload, parts: Sequence[tuple[int, str]]) -> dict[int, str]:
    if not parts:
        raise NoParts
    named = {number: etag.strip().strip('"') for number, etag in parts}
    outside = [number for number in named if not 1 <= number <= upload.parts_total]
    twice = len(named) != len(parts)
    if outside or twice:
        raise InvalidPartList(outside or sorted({number for number, _ in parts}))
    missing = upload.missing_parts(dict.fromkeys(named, 0))
    if missing:
        raise PartsMissing(missing)
    return named
