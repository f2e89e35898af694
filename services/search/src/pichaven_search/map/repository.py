"""Clusters for a map, in one request. It is routed to the owner and filtered by the owner."""

from collections.abc import Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from pichaven_search.index.cover import Cover, unpacked
from pichaven_search.index.msearch import ElasticAsking
from pichaven_search.map import map_queries
from pichaven_search.map.queries import Cluster, Clusters
from pichaven_search.ports import Index
from pichaven_search.query_language.filters import Box, Filters
from pichaven_search.retrieval import lexical as queries


class ElasticMap:
    """Implements `ClusterFinder`."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._ask = ElasticAsking(client)

    async def clusters(
        self, index: Index, owner_id: str, filters: Filters, precision: int
    ) -> Clusters:
        # Without hits, so that Elasticsearch remembers the answer.
        answer = await self._ask.one(
            index,
            owner_id,
            {
                "query": {"bool": {"filter": queries.visible(owner_id, filters)}},
                "size": 0,
                "aggs": map_queries.clusters(precision),
                "track_total_hits": True,
            },
        )
        buckets = answer["aggregations"][map_queries.CELLS]["buckets"]
        total = int(answer["hits"]["total"]["value"])
        return Clusters([_cluster(bucket) for bucket in buckets], total)


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
