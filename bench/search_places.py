"""How good answers are when a query names a thing and a place, by the service's own way."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import fmean
from typing import Final

from bench.report import Figure
from bench.search_corpus import PLACES, Drawn
from bench.search_quality import ndcg
from pichaven_contracts.photo import Location
from pichaven_search.audience import Audience
from pichaven_search.bootstrap import Adapters
from pichaven_search.query_language.query_parser import parse_query
from pichaven_search.retrieval.library_stats import LibraryStatsCache
from pichaven_search.retrieval.model import Search
from pichaven_search.retrieval.queries import SearchPhotos
from testing.sketches.queries import ALL

_TOP: Final = 10
_CITIES: Final = tuple(place[0] for place in PLACES)


async def measure_places(
    adapters: Adapters,
    owner_id: str,
    photos: Mapping[str, Drawn],
    where: Mapping[str, Location | None],
) -> list[Figure]:
    """nDCG at 10 of `boat lisbon` and the like, also with every word taken as a word."""
    search = SearchPhotos(
        adapters.indexes,
        adapters.newest,
        adapters.candidates,
        adapters.encoder,
        LibraryStatsCache(adapters.candidates),
    )
    lot = random.Random(13)
    values: dict[bool, list[float]] = {True: [], False: []}
    for query in ALL:
        city = lot.choice(_CITIES)
        relevant = {
            photo_id
            for photo_id, place in where.items()
            if place and place.city == city and query.requires <= photos[photo_id].labels
        }
        if not relevant:
            continue
        for literal, scores in values.items():
            parsed = parse_query(
                f"{query.text} {city}", now=datetime.now(UTC), zone=UTC, literal=literal
            )
            answer = await search(
                Search(Audience(owner_id), parsed.query, parsed.filters, None, _TOP)
            )
            assert not answer.degraded, "ml did not answer in time"
            scores.append(ndcg([hit.photo.photo_id for hit in answer.hits], relevant))
    plain = Figure("ndcg_at_10_thing_in_place_as_words", fmean(values[True]), "0..1")
    read = fmean(values[False])
    return [
        plain,
        Figure("ndcg_at_10_thing_in_place", read, "0..1", plain.name, read / plain.value),
    ]
