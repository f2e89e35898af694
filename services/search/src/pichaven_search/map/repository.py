"""Clusters of photos on a map, by one aggregation."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from pichaven_search.audience import Audience
from pichaven_search.index.clauses import visible
from pichaven_search.index.cover import Cover, unpack_cover
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import MultiSearch
from pichaven_search.index.text_fields import Clause
from pichaven_search.map.model import MAX_CELLS, Cluster
from pichaven_search.query_language.filters import Box, Filters

_CELLS: Final = "cells"
_MAX_BUCKETS: Final = 2 * MAX_CELLS
"""The index rounds positions, so that some may lie in a cell outside the box."""


class ClusterRepository:
    """Reads the audience's searchable photos in one index."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._multi_search = MultiSearch(client)

    async def clusters(
        self, index: Index, audience: Audience, filters: Filters, precision: int
    ) -> tuple[Sequence[Cluster], int]:
        """Return the clusters, the largest first, and the number of photos. Raises `IndexGone`."""
        # Of size 0, so that Elasticsearch caches the response.
        response = await self._multi_search.search(
            index,
            audience.routing,
            {
                "query": {"bool": {"filter": visible(audience, filters)}},
                "size": 0,
                "aggs": _cell_aggregation(precision),
                "track_total_hits": True,
            },
        )
        buckets = response["aggregations"][_CELLS]["buckets"]
        total = int(response["hits"]["total"]["value"])
        return [_to_cluster(bucket) for bucket in buckets], total


def _cell_aggregation(precision: int) -> Clause:
    """Return an aggregation with a bucket for each cell with photos, the fullest first."""
    return {
        _CELLS: {
            "geotile_grid": {"field": "location", "precision": precision, "size": _MAX_BUCKETS},
            "aggs": {
                "centroid": {"geo_centroid": {"field": "location"}},
                # No cell crosses the antimeridian, so no box needs to.
                "box": {"geo_bounds": {"field": "location", "wrap_longitude": False}},
                "cover": {
                    "top_hits": {
                        "size": 1,
                        "sort": [{"taken_at": "desc"}, {"id": "desc"}],
                        "_source": False,
                        "stored_fields": "_none_",
                        "docvalue_fields": ["cover"],
                    }
                },
            },
        }
    }


def _to_cluster(bucket: Mapping[str, Any]) -> Cluster:
    bounds = bucket["box"]["bounds"]
    north_west, south_east = bounds["top_left"], bounds["bottom_right"]
    corners = (north_west["lon"], south_east["lat"], south_east["lon"], north_west["lat"])
    centroid = bucket["centroid"]["location"]
    return Cluster(
        lat=_round(centroid["lat"]),
        lon=_round(centroid["lon"]),
        count=bucket["doc_count"],
        box=Box(*map(_round, corners)),
        cover=_to_cover(bucket["cover"]["hits"]["hits"]),
    )


def _to_cover(hits: list[Mapping[str, Any]]) -> Cover | None:
    packed = hits[0].get("fields", {}).get("cover") if hits else None
    return unpack_cover(packed[0]) if packed else None


def _round(degrees: float) -> float:
    """Round to a centimetre; finer digits are rounding errors of the index."""
    return round(degrees, 7)
