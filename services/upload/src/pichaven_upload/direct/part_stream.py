"""A file's bytes in parts, as they arrive, with limits on their size and pace."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from pichaven_chassis.fair_slots import Slot
from pichaven_upload.direct.errors import UploadStalled
from pichaven_upload.sessions.errors import FileTooLarge


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLimits:
    max_bytes: int
    idle_s: float
    """Longest time without a byte."""
    bytes_per_s: float
    """Slowest pace, once `idle_s` has passed."""


async def split_into_parts(
    slot: Slot, chunks: AsyncIterator[bytes], part_bytes: int, limits: StreamLimits
) -> AsyncIterator[bytes]:
    """Yield the bytes in pieces of the part size, the last one shorter.

    Raises `FileTooLarge`, `UploadStalled`, `SlotDisplaced`.
    """
    received = slot.read(chunks, idle_s=limits.idle_s)
    buffer = bytearray()
    size = 0
    waited_s = 0.0
    now = asyncio.get_running_loop().time
    while True:
        waits_since = now()
        chunk = await _next_chunk(received, limits.idle_s)
        if not chunk:
            break
        size += len(chunk)
        waited_s += now() - waits_since
        if size < (waited_s - limits.idle_s) * limits.bytes_per_s:
            raise UploadStalled(f"Less than {limits.bytes_per_s:g} bytes came a second.")
        if size > limits.max_bytes:
            raise FileTooLarge(limits.max_bytes)
        buffer += chunk
        while len(buffer) >= part_bytes:
            yield bytes(buffer[:part_bytes])
            del buffer[:part_bytes]
    if buffer:
        yield bytes(buffer)


async def _next_chunk(chunks: AsyncIterator[bytes], idle_s: float) -> bytes:
    """Return the next bytes, none at the end. Raises `UploadStalled` after the idle time."""
    try:
        return await anext(chunks, b"")
    except TimeoutError:
        raise UploadStalled(f"Nothing came for {idle_s:g} seconds.") from None
