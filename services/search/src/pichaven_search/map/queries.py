"""Group photos on a map into clusters, as fine as the zoom."""

import time
from dataclasses import replace

from pichaven_search.audience import Audience
from pichaven_search.index.model import SearchedIndex, with_current_index
from pichaven_search.map.model import Cluster, ClusterMap, MapView
from pichaven_search.map.repository import ClusterRepository
from pichaven_search.query_language.filters import Box, Filters


class ClusterPhotos:
    """Raises `Unavailable` before there is an index; errors of Elasticsearch pass through."""

    def __init__(self, indexes: SearchedIndex, photos: ClusterRepository) -> None:
        self._indexes = indexes
        self._photos = photos

    async def __call__(self, view: MapView, filters: Filters, audience: Audience) -> ClusterMap:
        started = time.perf_counter()
        filters = replace(filters, box=view.box)
        precision = view.precision
        clusters, total = await with_current_index(
            self._indexes,
            lambda index: self._photos.clusters(index, audience, filters, precision),
        )
        took_ms = round((time.perf_counter() - started) * 1000)
        return ClusterMap(
            [_with_exact_position(each) for each in clusters], total, precision, took_ms
        )


def _with_exact_position(cluster: Cluster) -> Cluster:
    """Return a cluster of one photo at its unrounded position, others as they are."""
    cover = cluster.cover
    if cluster.count != 1 or cover is None:
        return cluster
    point = Box(cover.lon, cover.lat, cover.lon, cover.lat)
    return replace(cluster, lat=cover.lat, lon=cover.lon, box=point)
