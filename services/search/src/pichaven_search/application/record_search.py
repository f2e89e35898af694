"""Keep what was searched for, behind the answer and never in its way."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pichaven_chassis.clock import Clock, utc_now
from pichaven_chassis.logging import get_logger
from pichaven_search.application.past_searches import PastSearches
from pichaven_search.domain.history import folded_search, past_search_id
from pichaven_search.domain.words import words

_MOST_WAITING: Final = 256
_MOST_OWNERS: Final = 5_000
_SAME_TYPING_S: Final = 20.0
_CLOSING_S: Final = 2.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    owner_id: str
    text: str
    instead_of: str | None


class RecordSearch:
    """Returns at once. A text without words is not kept.

    One task writes, in order; what does not fit into the queue is lost.

    A client that searches while a person types sends "s", "su", "sun": within some seconds each
    takes the place of the one that it goes on from.
    """

    def __init__(
        self,
        past: PastSearches,
        *,
        clock: Clock = utc_now,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._past = past
        self._clock = clock
        self._now = now
        self._waiting: deque[_Waiting] = deque()
        self._last: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._writing: asyncio.Task[None] | None = None

    def __call__(self, owner_id: str, text: str) -> None:
        if len(self._waiting) >= _MOST_WAITING or not words(text):
            return
        self._waiting.append(_Waiting(owner_id, text, self._begun(owner_id, text)))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="record_search")

    async def close(self) -> None:
        """What waits is still written, if it takes no time."""
        if self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing}, timeout=_CLOSING_S)
            self._writing.cancel()

    def _begun(self, owner_id: str, text: str) -> str | None:
        """The id of the search that this one goes on from."""
        folded, now = folded_search(text), self._now()
        before, at = self._last.pop(owner_id, ("", float("-inf")))
        self._last[owner_id] = (folded, now)
        while len(self._last) > _MOST_OWNERS:
            self._last.popitem(last=False)
        goes_on = before and before != folded and folded.startswith(before)
        return past_search_id(owner_id, before) if goes_on and now - at < _SAME_TYPING_S else None

    async def _write(self) -> None:
        while self._waiting:
            one = self._waiting.popleft()
            try:
                await self._past.record(
                    one.owner_id, one.text, self._clock(), instead_of=one.instead_of
                )
            except Exception as error:
                # A search that is not remembered is no reason to fail anything.
                _log.info("search_not_recorded", error=repr(error)[:200])
