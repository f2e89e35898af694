"""Decode pictures that anybody may have made, in child processes with bounded memory."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.pool import ChildPool
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_chassis.fair_slots import FairSlots, OwnShareTaken, SlotLimits, SlotsTaken
from pichaven_chassis.problems import Problem
from pichaven_ml.inference.decoding import count_decoded_pixels
from pichaven_ml.inference.errors import TooBusy, TooManyPixels, UnreadablePicture
from pichaven_ml.models.card import Pixels, Preprocessing
from pichaven_ml.models.preprocessing import normalise

_WORKER: Final = "pichaven_ml.inference.decoding_worker"
_MAX_MEMORY: Final = 1 << 30
"""Pillow takes 800 MB for a WebP of 50 megapixels."""
_NICENESS: Final = 5
_LIGHT_PIXELS: Final = 16_000_000
_LIGHT_AT_ONCE: Final = 2
_MAX_WAITING: Final = 16
"""Light pictures, and as many heavy ones."""
_MAX_WAITING_PER_OWNER: Final = 4
_LONGEST_WAIT_S: Final = 10.0
_REFUSALS: Final[dict[str, type[Problem]]] = {
    problem.code: problem for problem in (UnreadablePicture, TooManyPixels)
}


class DecodingPool:
    """Turns bytes into model input, two light pictures and one heavy picture at a time.

    The pixels to decode are counted by the header first, so that a light picture never waits for
    heavy ones, and memory is that of one heavy picture. In both lanes owners take turns by recent
    use. Cancelling the call ends its child.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        memory_bytes: int = _MAX_MEMORY,
        longest_wait_s: float = _LONGEST_WAIT_S,
    ) -> None:
        self._timeout_s = timeout_s
        self._children = ChildPool(_WORKER, memory_bytes=memory_bytes, niceness=_NICENESS)
        self._light = _lane(_LIGHT_AT_ONCE, longest_wait_s)
        self._heavy = _lane(1, longest_wait_s)
        self.end_idle = self._children.end_idle
        self.close = self._children.close

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the living processes."""
        return self._children.pids

    async def __call__(self, data: bytes, preprocessing: Preprocessing, owner_id: str) -> Pixels:
        """Raises `UnreadablePicture`, `TooManyPixels`, `TooBusy`."""
        pixels = await asyncio.to_thread(count_decoded_pixels, data)
        job = {"preprocessing": asdict(preprocessing)}
        async with _turn(self._light if pixels <= _LIGHT_PIXELS else self._heavy, owner_id):
            try:
                result = await self._children.request(job, data, timeout_s=self._timeout_s)
            except ChildFailed as failure:
                raise _to_problem(failure) from None
        if "refused" in result:
            raise _REFUSALS[result["refused"]](result["detail"])
        return normalise(_to_rgb(result), preprocessing)


def _lane(slots: int, longest_wait_s: float) -> FairSlots:
    return FairSlots(
        SlotLimits(
            slots=slots,
            per_owner=slots,
            waiting=_MAX_WAITING,
            waiting_per_owner=_MAX_WAITING_PER_OWNER,
            longest_wait_s=longest_wait_s,
        )
    )


@asynccontextmanager
async def _turn(lane: FairSlots, owner_id: str) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(lane.slot(owner_id))
        except (OwnShareTaken, SlotsTaken) as refusal:
            raise TooBusy("Many pictures are being decoded just now.") from refusal
        yield


def _to_rgb(result: dict[str, Any]) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    pixels = np.frombuffer(base64.b64decode(result["rgb"]), dtype=np.uint8)
    return pixels.reshape(result["height"], result["width"], 3)


def _to_problem(failure: ChildFailed) -> Exception:
    match failure.kind:
        case FailureKind.MEMORY:
            return TooManyPixels("To decode this picture takes more memory than one may have.")
        case FailureKind.TIMEOUT:
            return UnreadablePicture("To decode this picture takes too long.")
        case FailureKind.CRASH:
            return UnreadablePicture("This is no readable JPEG, PNG or WebP picture.")
        case FailureKind.ERROR:
            return failure
