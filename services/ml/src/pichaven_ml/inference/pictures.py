"""Turn pictures into model input."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from pichaven_ml.inference.decoding import MAX_PIXELS, decode
from pichaven_ml.models.card import Pixels, Preprocessing
from pichaven_ml.models.preprocessing import prepare


class PictureReader:
    """Decode in threads; at most `threads` pictures are in memory at a time."""

    def __init__(self, threads: int, max_pixels: int = MAX_PIXELS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._max_pixels = max_pixels

    async def read(self, data: bytes, preprocessing: Preprocessing) -> Pixels:
        """Raises `UnreadablePicture`, `TooManyPixels`."""
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, self._read, data, preprocessing
        )

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _read(self, data: bytes, preprocessing: Preprocessing) -> Pixels:
        return prepare(decode(data, self._max_pixels), preprocessing)
