"""The segments of an index (ADR 0043).

kNN walks a graph in each segment, so a search costs the more the more large segments there are.
"""

import math
from dataclasses import dataclass
from typing import Final

from elastic_transport import ConnectionTimeout
from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_chassis.logging import get_logger
from pichaven_search.index.client import to_index_error
from pichaven_search.index.model import Index
from pichaven_search.settings import SearchSettings

_MERGE_TIMEOUT_S: Final = 1800
_LARGE_SEGMENT_BYTES: Final = 4 * 2**30
"""The average segment of a large shard. Elasticsearch itself makes none above 5 GiB, and leaves
larger ones alone until half of their photos are deleted."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SegmentStats:
    """Of the primary shards of an index."""

    writes: int
    """Documents written and deleted so far."""
    segments: int
    """In the shard that has the most."""
    shard_bytes: int
    """Of the largest shard."""


class SegmentRepository:
    """Raises `IndexGone`."""

    def __init__(self, client: AsyncElasticsearch, settings: SearchSettings) -> None:
        self._client = client
        self._settings = settings

    async def load(self, index: Index) -> SegmentStats:
        try:
            response = await self._client.indices.stats(
                index=index.name, metric=["indexing", "segments", "store"], level="shards"
            )
        except NotFoundError as error:
            raise to_index_error(error, index.name) from error
        copies = [
            copy for shard in response["indices"][index.name]["shards"].values() for copy in shard
        ]
        primaries = [copy for copy in copies if copy["routing"]["primary"]]
        writes = (each["indexing"] for each in primaries)
        return SegmentStats(
            writes=sum(each["index_total"] + each["delete_total"] for each in writes),
            segments=max(each["segments"]["count"] for each in primaries),
            shard_bytes=max(each["store"]["size_in_bytes"] for each in primaries),
        )

    async def merge(self, index: Index) -> bool:
        """Merge the segments of each shard to a few; return whether there were more.

        Searches and writes go on. It takes a core some 15 s for 100,000 photos; where it takes very
        long, Elasticsearch goes on with it after the return.
        """
        stats = await self.load(index)
        most = max(
            self._settings.merged_segments, math.ceil(stats.shard_bytes / _LARGE_SEGMENT_BYTES)
        )
        if stats.segments <= most:
            return False
        _log.info("segments_merge_started", index=index.name, segments=stats.segments)
        try:
            await self._client.options(request_timeout=_MERGE_TIMEOUT_S).indices.forcemerge(
                index=index.name, max_num_segments=most
            )
        except ConnectionTimeout:
            _log.warning("segments_still_merging", index=index.name)
        except NotFoundError as error:
            raise to_index_error(error, index.name) from error
        else:
            _log.info("segments_merged", index=index.name, segments=most)
        return True
