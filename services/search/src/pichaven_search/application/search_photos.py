"""Answer a search: by words and by sight together, or the newest first when nothing is asked."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_search.application.ports import (
    EncoderAway,
    Facets,
    Index,
    Indexes,
    IndexGone,
    PhotoFinder,
    Sight,
    TextEncoder,
    TextRefused,
)
from pichaven_search.domain.fusion import Place, page_of
from pichaven_search.domain.query import Question, Search

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo with the reasons why it is here."""

    photo: Mapping[str, Any]
    score: float
    places: Sequence[str] = ()
    visual: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`facets` only on the first page; `degraded` names what could not take part."""

    hits: Sequence[Hit]
    facets: Facets | None
    total: int
    took_ms: int
    model: str
    degraded: Sequence[str] = field(default=())
    following: Place | None = None


class SearchPhotos:
    """Raises `Unavailable` before there is an index; an engine that is away passes through."""

    def __init__(self, indexes: Indexes, finder: PhotoFinder, encoder: TextEncoder) -> None:
        self._indexes = indexes
        self._finder = finder
        self._encoder = encoder

    async def __call__(self, search: Search) -> Found:
        began = time.perf_counter()
        index = await searched_index(self._indexes)
        try:
            found = await self._search(index, search)
        except IndexGone:
            # It was replaced and deleted since it was looked up: the next look-up knows better.
            found = await self._search(await searched_index(self._indexes), search)
        hits, facets, total, degraded, following = found
        took_ms = round((time.perf_counter() - began) * 1000)
        return Found(hits, facets, total, took_ms, index.model, degraded, following)

    async def _search(
        self, index: Index, search: Search
    ) -> tuple[list[Hit], Facets | None, int, tuple[str, ...], Place | None]:
        if search.question is None:
            return await self._newest(index, search)
        degraded: tuple[str, ...]
        try:
            sight = await self._sight(index, search.question)
            degraded = () if sight else ("visual",)
        except TextRefused:
            # Nothing to look for is an answer, not an outage.
            sight, degraded = None, ()
        ranking = await self._finder.rank(
            index,
            search.owner_id,
            search.question,
            sight,
            search.filters,
            facets=search.after is None,
        )
        page, following = page_of(list(ranking.candidates), after=search.after, limit=search.limit)
        readings = await self._finder.read(
            index, search.owner_id, [each.photo_id for each in page], search.question
        )
        hits = [
            Hit(reading.photo, each.place.score, reading.places, each.visual)
            for each in page
            if (reading := readings.get(each.photo_id))
        ]
        return hits, ranking.facets, ranking.total, degraded, following

    async def _newest(
        self, index: Index, search: Search
    ) -> tuple[list[Hit], Facets | None, int, tuple[str, ...], Place | None]:
        listing = await self._finder.newest(
            index,
            search.owner_id,
            search.filters,
            after=search.after,
            limit=search.limit,
            facets=search.after is None,
        )
        hits = [Hit(photo, place.score) for photo, place in listing.photos]
        following = listing.photos[-1][1] if listing.more else None
        return hits, listing.facets, listing.total, (), following

    async def _sight(self, index: Index, question: Question) -> Sight | None:
        """None when the visual side cannot take part. Raises `TextRefused`."""
        try:
            name, vector = await self._encoder.encode(question.text, index.model)
            model = await self._encoder.model(index.model)
        except EncoderAway as away:
            _log.warning("visual_search_degraded", reason=str(away)[:200])
            return None
        if {name, model.name} != {index.model} or len(vector) != index.dimensions:
            # Vectors of two models say nothing about each other.
            _log.warning("visual_search_degraded", reason=f"ml runs {name}, not {index.model}")
            return None
        if model.calibration is None:
            _log.warning("visual_search_degraded", reason=f"{name} has no calibration")
            return None
        return Sight(vector, model.calibration)


async def searched_index(indexes: Indexes) -> Index:
    """The index to search. Raises `Unavailable` before the setup has made one."""
    index = await indexes.searched()
    if index is None:
        raise Unavailable("Search is being set up. Try again in a moment.")
    return index
