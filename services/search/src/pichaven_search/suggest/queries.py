"""Suggest completions of a text being typed."""

from collections.abc import Iterator, Sequence
from typing import Final

from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_search.audience import Audience
from pichaven_search.history.model import MAX_PAST_SEARCHES, PastSearch, normalise_search
from pichaven_search.history.repository import HistoryRepository
from pichaven_search.index.completion_entries import Kind
from pichaven_search.index.model import SearchedIndex, with_current_index
from pichaven_search.query_language.query import parse_text_query
from pichaven_search.query_language.words import fold_name
from pichaven_search.suggest.completion_cache import CompletionCache
from pichaven_search.suggest.completion_table import CompletionTable
from pichaven_search.suggest.model import QUOTAS, Completion

_KINDS: Final = list(Kind)
_FUZZY_KINDS: Final = (Kind.TAG, Kind.PLACE, Kind.CAMERA, Kind.WORD)
_MIN_EXACT: Final = 3
"""With fewer exact completions, those with one typing error are added."""
_MAX_PAST_SEARCHES: Final = 3
_MAX_RECENT: Final = 5
_PAST_SEARCHES_TTL_S: Final = 2.0
_MAX_USERS: Final = 500


class PastSearchCache(RefreshingCache[str, Sequence[PastSearch]]):
    """The past searches of the users who are typing now, the newest first, seconds old."""

    def __init__(self, history: HistoryRepository) -> None:
        super().__init__(
            lambda user_id: history.newest(user_id, after=None, limit=MAX_PAST_SEARCHES),
            Lifetime(_PAST_SEARCHES_TTL_S, _PAST_SEARCHES_TTL_S),
            max_entries=_MAX_USERS,
        )


class SuggestCompletions:
    """Completions come from the user's own searchable photos and past searches.

    Past searches come first, then the most frequent completions; without a text the latest
    searches.
    """

    def __init__(
        self, indexes: SearchedIndex, completions: CompletionCache, past_searches: PastSearchCache
    ) -> None:
        self._indexes = indexes
        self._completions = completions
        self._past_searches = past_searches

    async def __call__(self, text: str, *, audience: Audience, limit: int) -> list[Completion]:
        """Raises `QueryTooLong`."""
        query = parse_text_query(text)
        past_searches = await self._past_searches.get(audience.user_id)
        if query is None:
            return [_to_completion(each) for each in past_searches[: min(limit, _MAX_RECENT)]]
        if not fold_name(query.text):
            return []
        few, files = await with_current_index(
            self._indexes, lambda index: self._completions.get(index, audience.own)
        )
        completions = list(_completions(few, files, query.text))
        names = {each.text.casefold() for each in completions if each.kind is not Kind.WORD}
        # A caption word that is a tag as well is suggested once.
        completions = [
            each for each in completions if each.kind is not Kind.WORD or each.text not in names
        ]
        completions.sort(key=lambda each: (-each.count, _KINDS.index(each.kind), each.text))
        return [*_match_past_searches(past_searches, query.text, names), *completions][:limit]


def _completions(few: CompletionTable, files: CompletionTable, text: str) -> Iterator[Completion]:
    exact = [
        each
        for kind, quota in QUOTAS.items()
        for each in (files if kind is Kind.FILE else few).find_starting(kind, text, quota)
    ]
    yield from exact
    if len(exact) < _MIN_EXACT:
        exact_texts = {(each.kind, each.text) for each in exact}
        for kind in _FUZZY_KINDS:
            for each in few.find_nearly_starting(kind, text, QUOTAS[kind]):
                if (each.kind, each.text) not in exact_texts:
                    yield each


def _match_past_searches(
    past_searches: Sequence[PastSearch], text: str, names: set[str]
) -> Iterator[Completion]:
    """Yield the most frequent past searches in which the text begins some word."""
    start = normalise_search(text)
    matching = [
        each
        for each in past_searches
        if (search := normalise_search(each.text)) != start
        and (search.startswith(start) or f" {start}" in search)
        and each.text.casefold() not in names
    ]
    matching.sort(key=lambda each: (-each.count, -each.last_at.timestamp()))
    return map(_to_completion, matching[:_MAX_PAST_SEARCHES])


def _to_completion(search: PastSearch) -> Completion:
    return Completion(search.text, Kind.HISTORY, search.count)
