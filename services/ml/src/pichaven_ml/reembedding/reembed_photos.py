"""Analyse the whole library with this ml's model, from the stored variants.

The two compacted topics determine what is to be done: the library's last state of a photo, and
whose analysis of it came last. An interrupted run is started again; a run over a finished
library does nothing. See docs/operations/switch-model.md.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Protocol

from pichaven_chassis.clock import utc_now
from pichaven_chassis.events import Delivery, EventMeta, Permanent, Tombstone
from pichaven_chassis.ids import new_id
from pichaven_chassis.logging import get_logger
from pichaven_chassis.outages import is_outage
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoAnalyzed, PhotoChanged, PhotoProcessed
from pichaven_contracts.topics import ANALYSIS, LIBRARY, Topic
from pichaven_ml.analysis.analyze_photos import AnalysisRequest
from pichaven_ml.inference.batching import Urgency
from pichaven_ml.inference.errors import TooBusy
from pichaven_ml.reembedding.last_by_key import LastByKey
from pichaven_ml.reembedding.noting_publisher import NotingPublisher
from pichaven_ml.text_reading.reading import Reading

_OTHERS, _CANDIDATE, _FINAL = 1, 2, 3
"""Whose analysis of a photo came last: another model's, this one's as a candidate, or final."""
_READ: Final = 4
"""Beside that: it has what is written in the photo."""
_REVISION: Final = 8
"""What an analysis' revision is multiplied by, to leave room for the above."""
_MOST_ROUNDS: Final = 5
_TELL_EVERY_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 15.0
_NO_PHASH: Final = "0" * 16

_log = get_logger(__name__)


class Replay(Protocol):
    """A compacted topic from its beginning to where it ends at the call."""

    def __call__(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]: ...


Analyze = Callable[[list[AnalysisRequest]], Awaitable[None]]


class Texts(Protocol):
    """What other models' analyses say is written in photos. What is written there does not
    depend on the model, and reading it again costs far more than embedding."""

    def keep(self, photo_id: str, text: str) -> None: ...

    def find(self, photo_id: str) -> str:
        """Empty where nothing was kept."""
        ...

    def clear(self) -> None: ...


@dataclass
class Reembedded:
    """`skipped` had this model's analysis already; `failed` are named in the log."""

    done: int = 0
    announced: int = 0
    """Analyses of a candidate that were announced again as final, without another inference."""
    skipped: int = 0
    failed: int = 0


@dataclass
class _Round:
    """What the topics said when the round began, and what came of it."""

    analyses: LastByKey = field(default_factory=LastByKey)
    versions: LastByKey = field(default_factory=LastByKey)
    candidates: int = 0
    done: int = 0
    announced: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def looked_at(self) -> int:
        return self.done + self.skipped + self.failed


@dataclass(frozen=True, slots=True)
class _Wanted:
    revision: int
    reading: Reading | None


class ReembedPhotos:
    """Every ready photo, in the trash or not, has this model's analysis last when it returns;
    with `reads` one whose text was looked for.

    A photo that cannot be analysed is named in the log and left; an engine that is away is
    waited for. A `candidate` announces for an index of its own alone. Photos that arrive
    meanwhile are this model's workers'; what slipped between is found by another round.
    """

    def __init__(
        self,
        analyze: Analyze,
        publisher: NotingPublisher,
        replay: Replay,
        texts: Texts,
        *,
        model: str,
        candidate: bool,
        parallel: int,
        reads: bool = False,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._analyze = analyze
        self._publisher = publisher
        self._replay = replay
        self._texts = texts
        self._model = model
        self._candidate = candidate
        self._parallel = parallel
        self._reads = reads
        self._pause = pause

    async def __call__(self) -> Reembedded:
        _log.info("reembed_started", model=self._model, candidate=self._candidate)
        total = Reembedded()
        for number in range(_MOST_ROUNDS):
            found = await self._round()
            total.done += found.done
            total.announced += found.announced
            total.failed = found.failed
            if number == 0:
                total.skipped = found.skipped - found.announced
            if not found.done and not found.announced:
                break
        _log.info(
            "reembed_done",
            done=total.done,
            announced=total.announced,
            skipped=total.skipped,
            failed=total.failed,
        )
        return total

    async def _round(self) -> _Round:
        current = _Round()
        self._texts.clear()
        async for delivery in self._replay(ANALYSIS, {PhotoAnalyzed}):
            self._note_analysis(current, delivery)
        async for delivery in self._replay(LIBRARY, {PhotoChanged}):
            _note_version(current, delivery)
        if current.candidates and not self._candidate:
            await self._announce(current)
        await self._work(current)
        return current

    def _note_analysis(self, current: _Round, delivery: Delivery) -> None:
        event = delivery.event
        if isinstance(event, Tombstone):
            current.analyses.set(event.key, 0)
        elif isinstance(event, PhotoAnalyzed):
            whose = self._whose(event)
            current.candidates += whose == _CANDIDATE
            read = self._reads and whose == _OTHERS and event.reading == "done"
            if read:
                self._texts.keep(event.photo_id, event.text or "")
            told = event.revision * _REVISION + whose + (_READ if read else 0)
            current.analyses.set(event.photo_id, told)

    def _whose(self, event: PhotoAnalyzed) -> int:
        if event.model != self._model or (self._reads and event.reading == "off"):
            return _OTHERS
        return _CANDIDATE if event.candidate else _FINAL

    async def _announce(self, current: _Round) -> None:
        """What this model said as a candidate is final now: once more, as it is."""
        async for delivery in self._replay(ANALYSIS, {PhotoAnalyzed}):
            event = delivery.event
            if not isinstance(event, PhotoAnalyzed) or self._whose(event) != _CANDIDATE:
                continue
            last = current.analyses.get(event.photo_id)
            if (
                last != event.revision * _REVISION + _CANDIDATE
                or current.versions.get(event.photo_id) <= 0
            ):
                continue
            final = event.model_copy(update={"candidate": False, "occurred_at": utc_now()})
            await self._insist(partial(self._publisher.publish, final))
            self._publisher.take(event.photo_id)
            current.analyses.set(event.photo_id, event.revision * _REVISION + _FINAL)
            current.announced += 1

    async def _work(self, current: _Round) -> None:
        photos = current.versions.count_positive()
        began = told = time.monotonic()
        slots = asyncio.Semaphore(self._parallel)
        async with asyncio.TaskGroup() as tasks:
            async for delivery in self._replay(LIBRARY, {PhotoChanged}):
                event = delivery.event
                if not isinstance(event, PhotoChanged) or event.status != "ready":
                    continue
                if current.versions.get(event.photo_id) != event.version:
                    continue
                wanted = self._wanted(current, event)
                if wanted is None:
                    current.skipped += 1
                else:
                    # Noted at once: the same word on a photo may stand in the topic twice.
                    current.analyses.set(event.photo_id, wanted.revision * _REVISION + _FINAL)
                    await slots.acquire()
                    task = tasks.create_task(self._one(current, event, wanted, delivery.meta))
                    task.add_done_callback(lambda _: slots.release())
                if time.monotonic() - told > _TELL_EVERY_S:
                    told = time.monotonic()
                    _tell(current, photos, told - began)
        _tell(current, photos, time.monotonic() - began)

    def _wanted(self, current: _Round, event: PhotoChanged) -> _Wanted | None:
        """In which revision the photo is to be analysed; None when that is done."""
        last = current.analyses.get(event.photo_id)
        known, whose = last // _REVISION, last % _READ
        # Older writers do not tell the revision; then it is that of the last analysis.
        revision = event.revision or max(1, known)
        if known >= revision and whose in ((_CANDIDATE, _FINAL) if self._candidate else (_FINAL,)):
            return None
        read = known == revision and last & _READ
        return _Wanted(
            revision, Reading("done", self._texts.find(event.photo_id)) if read else None
        )

    async def _one(
        self, current: _Round, event: PhotoChanged, wanted: _Wanted, meta: EventMeta
    ) -> None:
        try:
            photo = as_processed(event, wanted.revision)
            cause = replace(meta, id=new_id())
            request = AnalysisRequest(photo, cause, Urgency.REANALYSIS, reading=wanted.reading)
            await self._insist(partial(self._analyze, [request]))
            if not self._publisher.take(event.photo_id):
                raise Permanent("its variant is not in storage")
        except Exception as error:
            current.failed += 1
            _log.warning("reembed_failed", photo_id=event.photo_id, reason=str(error)[:300])
        else:
            current.done += 1

    async def _insist(self, step: Callable[[], Awaitable[None]]) -> None:
        pause = 0.25
        while True:
            try:
                return await step()
            except Exception as error:
                if not is_outage(error) and not isinstance(error, TooBusy):
                    raise
                _log.warning("reembed_waits", error=repr(error)[:300], pause_s=pause)
            await self._pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)


def as_processed(event: PhotoChanged, revision: int) -> PhotoProcessed:
    """A ready photo's state as processing would tell it, as far as an analysis needs it.

    Raises `Permanent` for a state that lacks what every processed photo has.
    """
    if not event.variants or not event.width or not event.height:
        raise Permanent("the library knows no variants of it")
    return PhotoProcessed(
        photo_id=event.photo_id,
        owner_id=event.owner_id,
        occurred_at=event.occurred_at,
        revision=revision,
        pipeline_version=1,
        sha256=event.sha256,
        object_key=event.original_key,
        content_type=event.content_type,
        size=max(1, event.size),
        width=event.width,
        height=event.height,
        variants=event.variants,
        blurhash=event.blurhash or "",
        phash=event.phash or _NO_PHASH,
    )


def _note_version(current: _Round, delivery: Delivery) -> None:
    """Negative for a photo that is not ready."""
    event = delivery.event
    if isinstance(event, Tombstone):
        current.versions.set(event.key, 0)
    elif (
        isinstance(event, PhotoChanged)
        and abs(current.versions.get(event.photo_id)) <= event.version
    ):
        ready = event.status == "ready"
        current.versions.set(event.photo_id, event.version if ready else -event.version)


def _tell(current: _Round, photos: int, seconds: float) -> None:
    rate = current.looked_at / seconds if seconds > 0 else 0.0
    rest = max(0, photos - current.looked_at)
    _log.info(
        "reembed_progress",
        done=current.done,
        announced=current.announced,
        skipped=current.skipped,
        failed=current.failed,
        of=photos,
        photos_per_s=round(current.done / seconds, 1) if seconds > 0 else 0.0,
        rest=rest,
        rest_s=round(rest / rate) if rate else None,
    )
