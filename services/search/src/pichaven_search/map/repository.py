"""Clusters for a map, in one request. It is routed to the owner and filtered by the owner."""

from collections.abc import Mapping
from typing import Any, Final

from elasticsearch import AsyncElasticsearch

from pichaven_search.audience import Audience
from pichaven_search.index.clauses import visible
from pichaven_search.index.cover import Cover, unpacked
from pichaven_search.index.model import Index
from pichaven_search.index.msearch import ElasticAsking
from pichaven_search.index.text_fields import Clause
from pichaven_search.map.model import MOST_CELLS, Cluster, Clusters
from pichaven_search.query_language.filters import Box, Filters

_CELLS: Final = "cells"
_MOST_BUCKETS: Final = 2 * MOST_CELLS
"""Positions are rounded a little in the index, so that some may lie in a cell beyond the box."""


class ElasticMap:
    """Clusters of one owner's photos in one index; never another owner's, never one not ready."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._ask = ElasticAsking(client)

    async def clusters(
        self, index: Index, audience: Audience, filters: Filters, precision: int
    ) -> Clusters:
        """The largest first. Raises `IndexGone`."""
        # Without hits, so that Elasticsearch remembers the answer.
        answer = await self._ask.one(
            index,
            audience.routing,
            {
                "query": {"bool": {"filter": visible(audience, filters)}},
                "size": 0,
                "aggs": _by_cell(precision),
                "track_total_hits": True,
            },
        )
        buckets = answer["aggregations"][_CELLS]["buckets"]
        total = int(answer["hits"]["total"]["value"])
        return Clusters([_cluster(bucket) for bucket in buckets], total)


def _by_cell(precision: int) -> Clause:
    """One bucket for each cell with photos, the fullest first."""
    return {
        _CELLS: {
            "geotile_grid": {"field": "location", "precision": precision, "size": _MOST_BUCKETS},
            "aggs": {
                "centre": {"geo_centroid": {"field": "location"}},
                # No cell lies on both sides of the antimeridian, so no box needs to.
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


def _cluster(bucket: Mapping[str, Any]) -> Cluster:
    bounds = bucket["box"]["bounds"]
    first, last = bounds["top_left"], bounds["bottom_right"]
    centre = bucket["centre"]["location"]
    return Cluster(
        lat=_rounded(centre["lat"]),
        lon=_rounded(centre["lon"]),
        count=bucket["doc_count"],
        box=Box(*map(_rounded, (first["lon"], last["lat"], last["lon"], first["lat"]))),
        cover=_cover(bucket["cover"]["hits"]["hits"]),
    )


def _cover(hits: list[Mapping[str, Any]]) -> Cover | None:
    packed = hits[0].get("fields", {}).get("cover") if hits else None
    return unpacked(packed[0]) if packed else None


def _rounded(degrees: float) -> float:
    """To a centimetre: finer is the index's own rounding."""
    return round(degrees, 7)
