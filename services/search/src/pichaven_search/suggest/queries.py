"""Propose how to go on with what has been typed."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from cachetools import TTLCache

from pichaven_search.history.model import MAX_PAST_SEARCHES, PastSearch, normalise_search
from pichaven_search.history.repository import ElasticHistory
from pichaven_search.index.completion_entries import Kind
from pichaven_search.index.model import SearchedIndex, searched_index
from pichaven_search.query_language.query import read_question
from pichaven_search.query_language.words import fold_name
from pichaven_search.suggest.completion_cache import KnowCompletions
from pichaven_search.suggest.completion_table import CompletionTable
from pichaven_search.suggest.model import QUOTAS, Completion

_KINDS: Final = list(Kind)
_MENDED: Final = (Kind.TAG, Kind.PLACE, Kind.CAMERA, Kind.WORD)
_FEW: Final = 3
"""With fewer completions than that, typing errors are looked for."""
_PAST: Final = 3
_UNTYPED: Final = 5
_PAST_TTL_S: Final = 2.0
_MOST_OWNERS: Final = 500


class RecentHistory:
    """An owner's past searches for a moment in memory, for every key that is typed."""

    def __init__(self, past: ElasticHistory, *, now: Callable[[], float] = time.monotonic) -> None:
        self._past = past
        self._held: TTLCache[str, Sequence[PastSearch]] = TTLCache(
            _MOST_OWNERS, _PAST_TTL_S, timer=now
        )

    async def __call__(self, owner_id: str) -> Sequence[PastSearch]:
        """At most some seconds old, the newest first."""
        held = self._held.get(owner_id)
        if held is None:
            held = await self._past.newest(owner_id, after=None, limit=MAX_PAST_SEARCHES)
            self._held[owner_id] = held
        return held


class SuggestCompletions:
    """From the owner's searchable photos and past searches alone.

    Past searches come first, then the most frequent; with nothing typed the latest searches.
    """

    def __init__(
        self, indexes: SearchedIndex, known: KnowCompletions, history: RecentHistory
    ) -> None:
        self._indexes = indexes
        self._known = known
        self._history = history

    async def __call__(self, typed: str, *, owner_id: str, limit: int) -> list[Completion]:
        question = read_question(typed)
        past = await self._history(owner_id)
        if question is None:
            return [_asked(each) for each in past[: min(limit, _UNTYPED)]]
        if not fold_name(question.text):
            return []
        index = await searched_index(self._indexes)
        few, files = await self._known(index, owner_id)
        found = list(_completed(few, files, question.text))
        names = {each.text.casefold() for each in found if each.kind is not Kind.WORD}
        # A word of a caption that is a tag as well would stand there twice.
        found = [each for each in found if each.kind is not Kind.WORD or each.text not in names]
        found.sort(key=lambda each: (-each.count, _KINDS.index(each.kind), each.text))
        return [*_repeated(past, question.text, names), *found][:limit]


def _completed(few: CompletionTable, files: CompletionTable, typed: str) -> Iterator[Completion]:
    exact = [
        each
        for kind, quota in QUOTAS.items()
        for each in (files if kind is Kind.FILE else few).starting(kind, typed, quota)
    ]
    yield from exact
    if len(exact) < _FEW:
        known = {(each.kind, each.text) for each in exact}
        for kind in _MENDED:
            for each in few.nearly_starting(kind, typed, QUOTAS[kind]):
                if (each.kind, each.text) not in known:
                    yield each


def _repeated(past: Sequence[PastSearch], typed: str, names: set[str]) -> Iterator[Completion]:
    """Past searches that go on from what is typed, at any of their words; those asked most."""
    start = normalise_search(typed)
    fitting = [
        each
        for each in past
        if (folded := normalise_search(each.text)) != start
        and (folded.startswith(start) or f" {start}" in folded)
        and each.text.casefold() not in names
    ]
    fitting.sort(key=lambda each: (-each.count, -each.last_at.timestamp()))
    return map(_asked, fitting[:_PAST])


def _asked(search: PastSearch) -> Completion:
    return Completion(search.text, Kind.HISTORY, search.count)
