"""Answer a search: by words and by sight together, or the newest first when nothing is asked."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_search.index.model import (
    Index,
    IndexGone,
    SearchedIndex,
    SnapshotGone,
    searched_index,
)
from pichaven_search.ml_client.model import (
    Calibration,
    EncoderUnavailable,
    TextEncoder,
    TextRejected,
)
from pichaven_search.query_language.filters import Filters
from pichaven_search.query_language.geo_places import NamedPlace, Narrowed, narrowed
from pichaven_search.query_language.query import Question
from pichaven_search.retrieval import relevance
from pichaven_search.retrieval.cursor import NOTHING, Bookmark
from pichaven_search.retrieval.fusion import Candidate, page_of
from pichaven_search.retrieval.library_stats import KnowLibrary
from pichaven_search.retrieval.model import (
    Facets,
    Found,
    Hit,
    Library,
    Look,
    Proposed,
    Search,
    Sight,
)
from pichaven_search.retrieval.newest import ElasticFinder
from pichaven_search.retrieval.point_in_time import KeepSnapshots
from pichaven_search.retrieval.repository import ElasticRanking

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Page:
    hits: Sequence[Hit]
    facets: Facets | None
    total: int
    following: Bookmark | None = None
    degraded: Sequence[str] = ()
    places: Sequence[NamedPlace] = ()


@dataclass(frozen=True, slots=True)
class _Turn:
    """What one page is asked for, and of what."""

    index: Index
    search: Search
    question: Question
    after: Bookmark | None
    snapshot: str | None
    names: tuple[str, ...]
    """Of the places among whose photos sight looks."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What a page is cut from: all that are seen, and of those found by words alone more than fit
    on it, if there are as many."""

    seen: Sequence[Candidate]
    named: Sequence[Candidate]
    named_total: int
    line: float


class SearchPhotos:
    """Raises `Unavailable` before there is an index; an engine that is away passes through."""

    def __init__(
        self,
        indexes: SearchedIndex,
        finder: ElasticFinder,
        ranking: ElasticRanking,
        encoder: TextEncoder,
        know_library: KnowLibrary,
    ) -> None:
        self._indexes = indexes
        self._finder = finder
        self._ranking = ranking
        self._encoder = encoder
        self._know_library = know_library
        self._keep_snapshots = KeepSnapshots(ranking)

    async def __call__(self, search: Search) -> Found:
        began = time.perf_counter()
        index = await searched_index(self._indexes)
        try:
            page = await self._search(index, search)
        except IndexGone:
            # It was replaced and deleted since it was looked up: the next look-up knows better.
            index = await searched_index(self._indexes)
            page = await self._search(index, search)
        took_ms = round((time.perf_counter() - began) * 1000)
        return Found(
            page.hits,
            page.facets,
            page.total,
            took_ms,
            index.model,
            page.degraded,
            page.following,
            page.places,
        )

    async def _search(self, index: Index, search: Search) -> _Page:
        after = search.after.within(index.name) if search.after else None
        try:
            return await self._page_after(index, search, after)
        except SnapshotGone:
            # Too long ago: the order is made of the photos' own values, so it goes on in a new one.
            after = replace(after, snapshot=None) if after else None
            return await self._page_after(index, search, after)

    async def _page_after(self, index: Index, search: Search, after: Bookmark | None) -> _Page:
        question = search.question
        if question is None:
            return await self._newest(index, search, after)
        among = await self._among(index, search.owner_id, question, after)
        degraded: tuple[str, ...]
        try:
            sight = await self._sight(index, among.text if among else question.text)
            degraded = () if sight else ("visual",)
        except TextRejected:
            # Nothing to look for is an answer, not an outage.
            sight, degraded = None, ()
        if degraded and after is not None and after.by_sight:
            # By words alone the next page would show again what the pages before have shown.
            raise Unavailable("Pictures cannot be looked at just now. Try again in a moment.")
        snapshot = await self._snapshot(index, search.owner_id, after)
        if sight is None:
            among = None
        turn = _Turn(index, search, question, after, snapshot, among.names if among else ())
        page = await self._page(turn, await self._candidates(turn, sight))
        return replace(page, degraded=degraded, places=among.places if among else ())

    async def _among(
        self, index: Index, owner_id: str, question: Question, after: Bookmark | None
    ) -> Narrowed | None:
        """Among photos of which places the visual side looks for what; None: among all."""
        if len(question.pieces) < 2:  # noqa: PLR2004
            return None
        if after is not None:
            return narrowed(question.pieces, after.places)
        return narrowed(question.pieces, (await self._know_library(index, owner_id)).places)

    async def _snapshot(self, index: Index, owner_id: str, after: Bookmark | None) -> str | None:
        """What a page is to read; a first one reads the index as it is."""
        if after is None:
            return None
        return after.snapshot or await self._ranking.snapshot(index, owner_id)

    async def _kept(
        self, index: Index, owner_id: str, snapshot: str | None, *, more: bool
    ) -> str | None:
        """What the next page is to read, after one that has read this."""
        if snapshot is not None or not more:
            return snapshot
        return await self._keep_snapshots(index, owner_id)

    async def _candidates(self, turn: _Turn, sight: Sight | None) -> _Candidates:
        index, search, after = turn.index, turn.search, turn.after
        drawn = after.line if after else None
        library: Library | None = None
        look: Look | None = None
        if sight is not None and (drawn is None or drawn < NOTHING):
            library = await self._know_library(index, search.owner_id)
            floor = sight.calibration.floor if drawn is None else drawn
            look = Look(sight.vector, floor, library.photos, turn.names)
        start = after.named if after else None
        limit = search.limit + 1
        proposed = await self._ranking.proposed(
            index,
            search.owner_id,
            turn.question,
            look,
            search.filters,
            after=start,
            limit=limit,
            snapshot=turn.snapshot,
        )
        line, seen = NOTHING, list[Candidate]()
        if sight is not None and library is not None:
            line = _line(turn, sight, library, proposed) if drawn is None else drawn
            seen = _above(line, proposed, sight.calibration)
        among_seen = {each.photo_id for each in seen}
        named: Sequence[Candidate] = [
            each for each in proposed.named if each.photo_id not in among_seen
        ]
        if len(named) < limit and not proposed.whole:
            named = await self._ranking.named(
                index,
                search.owner_id,
                turn.question,
                search.filters,
                without=among_seen,
                after=start,
                limit=limit,
                snapshot=turn.snapshot,
            )
        return _Candidates(seen, named, proposed.named_total, line)

    async def _page(self, turn: _Turn, candidates: _Candidates) -> _Page:
        index, search, after = turn.index, turn.search, turn.after
        seen, named = candidates.seen, candidates.named
        start = after.seen.sort_key if after and after.seen else None
        left = [each for each in seen if start is None or each.sort_key > start]
        page, more = page_of(left, named, limit=search.limit)
        (readings, facets), kept = await asyncio.gather(
            self._ranking.shown(
                index,
                search.owner_id,
                page,
                turn.question,
                turn.snapshot,
                counted={each.photo_id for each in seen} if after is None else None,
                filters=search.filters,
                partly=bool(turn.names),
            ),
            self._kept(index, search.owner_id, turn.snapshot, more=more),
        )
        hits = [
            Hit(reading.photo, each.place.score, reading.places, each.visual)
            for each in page
            if (reading := readings.get(each.photo_id))
        ]
        by_sight_alone = sum(not each.text for each in seen)
        return _Page(
            hits,
            facets,
            candidates.named_total + by_sight_alone,
            _following(turn, page, candidates, kept) if more else None,
        )

    async def _newest(self, index: Index, search: Search, after: Bookmark | None) -> _Page:
        snapshot = await self._snapshot(index, search.owner_id, after)
        listing = await self._finder.newest(
            index,
            search.owner_id,
            search.filters,
            after=after.named if after else None,
            limit=search.limit,
            facets=after is None,
            snapshot=snapshot,
        )
        kept = await self._kept(index, search.owner_id, snapshot, more=listing.more)
        hits = [Hit(photo, place.score) for photo, place in listing.photos]
        following = None
        if listing.more:
            following = Bookmark(named=listing.photos[-1][1], snapshot=kept, index=index.name)
        return _Page(hits, listing.facets, listing.total, following)

    async def _sight(self, index: Index, text: str) -> Sight | None:
        """None when the visual side cannot take part. Raises `TextRejected`."""
        try:
            name, vector = await self._encoder.encode(text, index.model)
            model = await self._encoder.model(index.model)
        except EncoderUnavailable as away:
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


def _following(
    turn: _Turn, page: Sequence[Candidate], candidates: _Candidates, snapshot: str | None
) -> Bookmark:
    """Where this page ends in both lists."""
    after = turn.after
    taken = candidates.named[: sum(each.visual is None for each in page)]
    last_seen = max(
        (each.place for each in page if each.visual is not None),
        key=lambda place: place.sort_key,
        default=after.seen if after else None,
    )
    return Bookmark(
        seen=last_seen,
        named=taken[-1].raw_place if taken else (after.named if after else None),
        line=candidates.line,
        snapshot=snapshot,
        index=turn.index.name,
        places=turn.names,
    )


def _line(turn: _Turn, sight: Sight, library: Library, proposed: Proposed) -> float:
    cosines = sorted((each.cosine for each in proposed.seen), reverse=True)
    return relevance.line(
        sight.calibration,
        cosines[: relevance.BEST],
        relevance.cosines(sight.vector, library.sample),
        # How many photos a filter leaves is not known, and chance has fewer tries.
        library.photos if turn.search.filters == Filters() and not turn.names else 0,
    )


def _above(line: float, proposed: Proposed, calibration: Calibration) -> list[Candidate]:
    return [
        Candidate(each.photo_id, each.taken_ms, each.text, calibration.probability(each.cosine))
        for each in proposed.seen
        if each.cosine >= line
    ]
