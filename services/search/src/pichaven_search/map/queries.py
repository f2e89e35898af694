"""Show where an owner's photos were taken: clusters of them, as fine as the zoom."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pichaven_search.index.cover import Cover
from pichaven_search.map.model import MapView
from pichaven_search.ports import Index, Indexes, IndexGone
from pichaven_search.query_language.filters import Box, Filters
from pichaven_search.retrieval.queries import searched_index


@dataclass(frozen=True, slots=True)
class Cluster:
    """Photos that were taken close to each other."""

    lat: float
    """Their centre; the very position where it is one photo."""
    lon: float
    count: int
    box: Box
    """The smallest that holds them all; never across the antimeridian."""
    cover: Cover | None
    """The newest of them; None where the index is of an older schema."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """`total` counts the photos in the view."""

    clusters: Sequence[Cluster]
    total: int


@dataclass(frozen=True, slots=True)
class ShownMap:
    clusters: Sequence[Cluster]
    total: int
    precision: int
    took_ms: int


class ClusterFinder(Protocol):
    """Clusters of one owner's photos in one index; never another owner's, never one not ready."""

    async def clusters(
        self, index: Index, owner_id: str, filters: Filters, precision: int
    ) -> Clusters:
        """The largest first. Raises `IndexGone`."""
        ...


class ShowMap:
    """Raises `Unavailable` before there is an index; an engine that is away passes through."""

    def __init__(self, indexes: Indexes, finder: ClusterFinder) -> None:
        self._indexes = indexes
        self._finder = finder

    async def __call__(self, view: MapView, filters: Filters, *, owner_id: str) -> ShownMap:
        began = time.perf_counter()
        narrowed = replace(filters, box=view.box)
        precision = view.precision
        index = await searched_index(self._indexes)
        try:
            found = await self._finder.clusters(index, owner_id, narrowed, precision)
        except IndexGone:
            # It was replaced and deleted since it was looked up: the next look-up knows better.
            index = await searched_index(self._indexes)
            found = await self._finder.clusters(index, owner_id, narrowed, precision)
        took_ms = round((time.perf_counter() - began) * 1000)
        return ShownMap([_exact(each) for each in found.clusters], found.total, precision, took_ms)


def _exact(cluster: Cluster) -> Cluster:
    """One photo stands where it was taken, not where the index rounded it to."""
    cover = cluster.cover
    if cluster.count != 1 or cover is None:
        return cluster
    point = Box(cover.lon, cover.lat, cover.lon, cover.lat)
    return replace(cluster, lat=cover.lat, lon=cover.lon, box=point)
