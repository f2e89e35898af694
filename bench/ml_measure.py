"""Measure the configured model in this process: `python -m bench.ml_measure`.

Prints one JSON object: images per second by batch, milliseconds per query (alone, and while
pictures are encoded), seconds to load, and resident memory. Reads the service's settings.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import psutil

from pichaven_ml.inference.batching import BatchingThread, Urgency
from pichaven_ml.models.card import Pixels
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.models.loaders import model_loader
from pichaven_ml.process_memory import keep_memory_flat
from pichaven_ml.settings import ClipSettings, MlSettings
from pichaven_ml.tagging.prompts import DEFAULT_TEMPLATES, fill_templates

_BATCHES: Final = (1, 2, 4, 8)
_SECONDS: Final = 3.0
_QUERIES: Final = 30


async def measure() -> dict[str, Any]:
    settings = MlSettings()
    before = resident_mib()
    loader = model_loader(settings, ClipSettings())
    await loader.prepare()
    began = time.perf_counter()
    encoder = await loader()
    figures: dict[str, Any] = {
        "model": encoder.card.id,
        "runtime": encoder.card.runtime,
        "threads": settings.threads,
        "load_s": round(time.perf_counter() - began, 2),
        "rss_before_mib": round(before),
        "rss_loaded_mib": round(resident_mib()),
    }
    queries = [
        fill_templates(f"a dog on beach number {number}", DEFAULT_TEMPLATES) for number in range(99)
    ]
    for batch in (*_BATCHES, settings.batch_size):
        pixels = _pixels(encoder, batch)
        encoder.encode_images(pixels)
        per_run, cpu_per_run = _cost(partial(encoder.encode_images, pixels))
        figures[f"images_per_s_batch_{batch}"] = round(batch / per_run, 1)
        figures[f"cpu_ms_per_image_batch_{batch}"] = round(1000 * cpu_per_run / batch, 2)
    encoder.encode_texts(queries[-1])
    figures["query_ms"] = _milliseconds(
        [_measure_s(partial(encoder.encode_texts, query)) for query in queries[:_QUERIES]]
    )
    figures["query_under_load_ms"] = await _under_load(encoder, settings, queries)
    figures["rss_after_mib"] = round(resident_mib())
    figures["torch_imported"] = "torch" in sys.modules
    return figures


async def _under_load(
    encoder: ImageTextEncoder, settings: MlSettings, queries: list[list[str]]
) -> dict[str, float]:
    """Time queries one after another while the pictures' thread is always busy."""
    texts = BatchingThread("texts", encoder.encode_texts, batch_size=16, max_wait_s=0, capacity=99)
    pictures = BatchingThread(
        "pictures",
        encoder.encode_images,
        batch_size=settings.batch_size,
        max_wait_s=0.01,
        capacity=99,
        low_priority=True,
    )
    texts.start()
    pictures.start()
    (picture,) = _pixels(encoder, 1)

    async def keep_busy() -> None:
        while True:
            await pictures(picture, Urgency.FRESH)

    busy = [asyncio.create_task(keep_busy()) for _ in range(2 * settings.batch_size)]
    seconds: list[float] = []
    for query in queries[:_QUERIES]:
        await asyncio.sleep(0.02)
        began = time.perf_counter()
        await asyncio.gather(*(texts(prompt, Urgency.INTERACTIVE) for prompt in query))
        seconds.append(time.perf_counter() - began)
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    await asyncio.gather(texts.stop(), pictures.stop())
    return _milliseconds(seconds)


def resident_mib() -> float:
    """Return the resident memory of this process in MiB."""
    return float(psutil.Process().memory_info().rss) / (1 << 20)


def _pixels(encoder: ImageTextEncoder, count: int) -> list[Pixels]:
    preprocessing = encoder.card.preprocessing
    random = np.random.default_rng(3)
    shape = (count, 3, preprocessing.height, preprocessing.width)
    return list(random.standard_normal(shape).astype(np.float32))


def _measure_s(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _cost(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds and CPU seconds per run: the median and the mean.

    CPU time counts this process only, so it is valid on a busy machine.
    """
    runs: list[float] = []
    cpu = time.process_time()
    while sum(runs) < _SECONDS or len(runs) < 3:
        runs.append(_measure_s(work))
    return statistics.median(runs), (time.process_time() - cpu) / len(runs)


def _milliseconds(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "p50": round(statistics.median(ordered) * 1000, 1),
        "p95": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
    }


if __name__ == "__main__":
    keep_memory_flat()
    sys.stdout.write(json.dumps(asyncio.run(measure())) + "\n")
