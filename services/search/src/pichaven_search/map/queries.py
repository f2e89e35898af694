"""Show where an owner's photos were taken: clusters of them, as fine as the zoom."""

import time
from dataclasses import replace

from pichaven_search.audience import Audience
from pichaven_search.index.model import SearchedIndex, with_current_index
from pichaven_search.map.model import Cluster, MapView, ShownMap
from pichaven_search.map.repository import ElasticMap
from pichaven_search.query_language.filters import Box, Filters


class ShowMap:
    """Raises `Unavailable` before there is an index; an engine that is away passes through."""

    def __init__(self, indexes: SearchedIndex, finder: ElasticMap) -> None:
        self._indexes = indexes
        self._finder = finder

    async def __call__(self, view: MapView, filters: Filters, *, audience: Audience) -> ShownMap:
        began = time.perf_counter()
        narrowed = replace(filters, box=view.box)
        precision = view.precision
        found = await with_current_index(
            self._indexes,
            lambda index: self._finder.clusters(index, audience, narrowed, precision),
        )
        took_ms = round((time.perf_counter() - began) * 1000)
        return ShownMap([_exact(each) for each in found.clusters], found.total, precision, took_ms)


def _exact(cluster: Cluster) -> Cluster:
    """One photo stands where it was taken, not where the index rounded it to."""
    cover = cluster.cover
    if cluster.count != 1 or cover is None:
        return cluster
    point = Box(cover.lon, cover.lat, cover.lon, cover.lat)
    return replace(cluster, lat=cover.lat, lon=cover.lon, box=point)
