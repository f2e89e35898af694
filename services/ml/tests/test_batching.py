import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from pichaven_ml.inference.batching import BatchingThread, Urgency
from pichaven_ml.inference.errors import TooBusy
from pichaven_ml.models.card import Vector, Vectors
from testing.polling import eventually


class Recorder:
    """Encodes numbers as themselves; holds its thread while `gate` is shut."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()

    def __call__(self, items: Sequence[int]) -> Vectors:
        self.threads.add(threading.get_ident())
        self.batches.append(list(items))
        assert self.gate.wait(10)
        if -1 in items:
            raise ValueError("a bad item")
        return np.asarray(items, dtype=np.float32)[:, None]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def thread(recorder: Recorder) -> AsyncIterator[BatchingThread[int]]:
    thread = BatchingThread("test", recorder, batch_size=4, max_wait_s=0.02, capacity=12)
    thread.start()
    yield thread
    recorder.gate.set()
    await thread.stop()


async def occupy(thread: BatchingThread[int], recorder: Recorder) -> "asyncio.Task[Vector]":
    """Let one batch hang in the encoder, so that what follows has to queue."""
    recorder.gate.clear()
    task = asyncio.create_task(thread(0, Urgency.FRESH))
    await eventually(lambda: recorder.batches, "the first batch is in the encoder")
    return task


async def test_items_that_come_together_are_encoded_together(
    thread: BatchingThread[int], recorder: Recorder
) -> None:
    answers = await asyncio.gather(*(thread(item, Urgency.FRESH) for item in range(8)))
    assert [int(answer[0]) for answer in answers] == list(range(8))
    assert max(map(len, recorder.batches)) == 4
    assert len(recorder.threads) == 1


async def test_a_lone_item_does_not_wait_for_company(thread: BatchingThread[int]) -> None:
    assert int((await asyncio.wait_for(thread(7, Urgency.REANALYSIS), 2))[0]) == 7


async def test_the_most_urgent_goes_first(thread: BatchingThread[int], recorder: Recorder) -> None:
    first = await occupy(thread, recorder)
    waiting = [
        asyncio.create_task(thread(item, urgency))
        for item, urgency in [
            (31, Urgency.REANALYSIS),
            (32, Urgency.REANALYSIS),
            (21, Urgency.FRESH_BULK),
            (11, Urgency.FRESH),
            (12, Urgency.FRESH),
            (1, Urgency.INTERACTIVE),
        ]
    ]
    await asyncio.sleep(0)
    recorder.gate.set()
    await asyncio.gather(first, *waiting)
    assert recorder.batches[1:] == [[1, 11, 12, 21], [31, 32]]


async def test_one_bad_item_fails_alone(thread: BatchingThread[int], recorder: Recorder) -> None:
    first = await occupy(thread, recorder)
    waiting = [asyncio.create_task(thread(item, Urgency.FRESH)) for item in (1, -1, 2)]
    await asyncio.sleep(0)
    recorder.gate.set()
    await first
    one, bad, two = await asyncio.gather(*waiting, return_exceptions=True)
    assert int(one[0]) == 1
    assert int(two[0]) == 2
    assert isinstance(bad, ValueError)
    thread.check(stuck_after_s=1)


async def test_too_much_is_refused_at_once(thread: BatchingThread[int], recorder: Recorder) -> None:
    first = await occupy(thread, recorder)
    waiting = [asyncio.create_task(thread(item, Urgency.FRESH)) for item in range(12)]
    await asyncio.sleep(0)
    with pytest.raises(TooBusy):
        await thread(99, Urgency.INTERACTIVE)
    recorder.gate.set()
    await asyncio.gather(first, *waiting)


async def test_what_nobody_waits_for_any_more_is_not_encoded(
    thread: BatchingThread[int], recorder: Recorder
) -> None:
    first = await occupy(thread, recorder)
    cancelled = asyncio.create_task(thread(5, Urgency.FRESH))
    stays = asyncio.create_task(thread(6, Urgency.FRESH))
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    recorder.gate.set()
    await asyncio.gather(first, stays)
    assert recorder.batches[1:] == [[6]]


async def test_an_inference_that_hangs_fails_the_check(
    thread: BatchingThread[int], recorder: Recorder
) -> None:
    first = await occupy(thread, recorder)
    with pytest.raises(RuntimeError, match="has run for more"):
        thread.check(stuck_after_s=0)
    recorder.gate.set()
    await first


async def test_stopping_ends_the_batch_in_hand_and_cancels_the_rest(
    thread: BatchingThread[int], recorder: Recorder
) -> None:
    first = await occupy(thread, recorder)
    rest = asyncio.create_task(thread(5, Urgency.FRESH))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(thread.stop())
    await asyncio.sleep(0)
    recorder.gate.set()
    await stopping
    assert (await first) is not None
    with pytest.raises(asyncio.CancelledError):
        await rest
    with pytest.raises(RuntimeError, match="dead"):
        thread.check(stuck_after_s=60)
