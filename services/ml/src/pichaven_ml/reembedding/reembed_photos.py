"""Analyse the whole library with this ml's model, from the stored variants.

The compacted topics determine what is missing. An interrupted run is started again; a run over a
finished library does nothing. See docs/operations/switch-model.md.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pichaven_chassis.events import EventMeta, EventPublisher
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_chassis.replay import Replay
from pichaven_chassis.storage import ObjectMissing
from pichaven_contracts.photo import PhotoChanged, PhotoEmbedded, PhotoProgressed
from pichaven_ml.analysis.photo_step import AnalysisRequest, PhotoStep
from pichaven_ml.analysis.tag_photo import TagPhoto
from pichaven_ml.inference.batching import Urgency
from pichaven_ml.inference.errors import TooBusy
from pichaven_ml.reembedding.library import Library, to_processed_event

_MOST_ROUNDS: Final = 5
LOG_EVERY_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 15.0

_log = get_logger(__name__)


@dataclass
class ReembedCounts:
    """Counts of photos; `failed` ones are named in the log."""

    done: int = 0
    """Embedded or read."""
    tagged: int = 0
    """Tagged from their stored embedding, without another inference."""
    skipped: int = 0
    """Nothing of them was missing."""
    failed: int = 0


class ReembedPhotos:
    """Every ready photo, in the trash or not, has this model's embedding when it returns; with
    `tag` and `read_text` also this model's tags and its text.

    A photo that fails is named in the log and left; an engine that is away is waited for. Photos
    that are uploaded meanwhile are embedded by this model's workers. Rounds are repeated until one
    finds nothing missing, which covers what changed during the one before.
    """

    def __init__(
        self,
        embed: PhotoStep,
        tag: TagPhoto | None,
        read_text: PhotoStep | None,
        publisher: EventPublisher,
        replay: Replay,
        *,
        model: str,
        parallel: int,
        log_every_s: float = LOG_EVERY_S,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._embed = embed
        self._tag = tag
        self._read_text = read_text
        self._publisher = publisher
        self._replay = replay
        self._model = model
        self._parallel = parallel
        self._log_every_s = log_every_s
        self._pause = pause

    async def __call__(self) -> ReembedCounts:
        _log.info("reembed_started", model=self._model, candidate=self._tag is None)
        total = ReembedCounts()
        for number in range(_MOST_ROUNDS):
            counts = await self._round(retries_texts=number == 0)
            total.done += counts.done
            total.tagged += counts.tagged
            total.failed = counts.failed
            if number == 0:
                total.skipped = counts.skipped
            if not counts.done and not counts.tagged:
                break
        _log.info("reembed_finished", **vars(total))
        return total

    async def _round(self, *, retries_texts: bool) -> ReembedCounts:
        library, counts = Library(self._replay, self._model), ReembedCounts()
        await library.load_embeddings()
        if self._tag is not None:
            await library.load_tags(self._tag.vocabulary)
        if self._read_text is not None:
            await library.load_texts()
        await library.load_versions()
        progress = _ProgressLog(counts, library.count_ready(), self._log_every_s)
        await self._run_steps(library, counts, progress, retries_texts=retries_texts)
        if self._tag is not None:
            # Last, since an embedding of an older revision has been replaced by then.
            async for embedded in library.untagged_embeddings():
                library.tagged[embedded.key] = embedded.revision
                await self._tag_embedded(self._tag, embedded, counts)
                progress.update()
        progress.write()
        return counts

    async def _run_steps(
        self,
        library: Library,
        counts: ReembedCounts,
        progress: "_ProgressLog",
        *,
        retries_texts: bool,
    ) -> None:
        slots = asyncio.Semaphore(self._parallel)
        async with asyncio.TaskGroup() as tasks:
            async for photo, meta in library.ready_photos():
                key, revision = photo.key, library.revision_of(photo)
                read = library.read[key]
                steps: list[PhotoStep] = []
                # Noted before they run: the same state may be in the topic twice.
                if library.embedded[key] < revision:
                    steps.append(self._embed)
                    library.embedded[key] = library.tagged[key] = revision
                if self._read_text and (read if retries_texts else abs(read)) < revision:
                    steps.append(self._read_text)
                    library.read[key] = revision
                if steps:
                    await slots.acquire()
                    task = tasks.create_task(self._analyze(steps, photo, revision, meta, counts))
                    task.add_done_callback(lambda _: slots.release())
                elif self._tag is None or library.tagged[key] == library.embedded[key]:
                    counts.skipped += 1
                progress.update()

    async def _analyze(
        self,
        steps: Sequence[PhotoStep],
        photo: PhotoChanged,
        revision: int,
        meta: EventMeta,
        counts: ReembedCounts,
    ) -> None:
        try:
            request = AnalysisRequest(to_processed_event(photo, revision), meta, Urgency.REANALYSIS)
            for step in steps:
                await self._insist(partial(self._publish_results, step, request))
        except ObjectMissing:
            _fail(counts, photo.photo_id, "its variant is not in storage")
        except Exception as error:
            _fail(counts, photo.photo_id, str(error))
        else:
            counts.done += 1

    async def _publish_results(self, step: PhotoStep, request: AnalysisRequest) -> None:
        for event in await step(request):
            # No owner waits for this work.
            if not isinstance(event, PhotoProgressed):
                await self._publisher.publish(event)

    async def _tag_embedded(
        self, tag: TagPhoto, embedded: PhotoEmbedded, counts: ReembedCounts
    ) -> None:
        tagged = tag(embedded)
        if tagged.state == "unavailable":
            _fail(counts, embedded.photo_id, "tagging is unavailable")
            return
        await self._insist(partial(self._publisher.publish, tagged))
        counts.tagged += 1

    async def _insist(self, work: Callable[[], Awaitable[None]]) -> None:
        """Repeat the work until no outage fails it."""
        pause_s = 0.25
        while True:
            try:
                return await work()
            except Exception as error:
                if not is_outage(error) and not isinstance(error, TooBusy):
                    raise
                _log.warning("reembed_waits", error=repr(error)[:300], pause_s=pause_s)
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _fail(counts: ReembedCounts, photo_id: str, reason: str) -> None:
    counts.failed += 1
    _log.warning("reembed_failed", photo_id=photo_id, reason=reason[:300])


class _ProgressLog:
    """Logs the counts of a round at intervals."""

    def __init__(self, counts: ReembedCounts, photos: int, every_s: float) -> None:
        self._counts = counts
        self._photos = photos
        self._every_s = every_s
        self._started_at = self._written_at = time.monotonic()

    def update(self) -> None:
        """Log the counts if the interval is over."""
        if time.monotonic() - self._written_at > self._every_s:
            self.write()

    def write(self) -> None:
        self._written_at = time.monotonic()
        seconds, counts = self._written_at - self._started_at, self._counts
        checked = counts.done + counts.tagged + counts.skipped + counts.failed
        rate = checked / seconds if seconds > 0 else 0.0
        rest = max(0, self._photos - checked)
        _log.info(
            "reembed_progress",
            **vars(counts),
            of=self._photos,
            photos_per_s=round(counts.done / seconds, 1) if seconds > 0 else 0.0,
            rest=rest,
            rest_s=round(rest / rate) if rate else None,
        )
