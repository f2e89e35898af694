"""Searches of one owner in one index, several in one request.

Every search is routed to the owner's shard. A snapshot is a point in time of Elasticsearch: it
knows its index and routing itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from elastic_transport import ApiResponseMeta
from elasticsearch import ApiError, AsyncElasticsearch, BadRequestError

from pichaven_search.index.client import gone
from pichaven_search.index.model import Index, SnapshotGone

KEPT: Final = "2m"
"""How long a snapshot stays after each use."""
_LOST: Final = frozenset({400, 404})

Body = dict[str, Any]
Answer = Mapping[str, Any]


class ElasticAsking:
    """Raises `IndexGone` when the index was deleted meanwhile, `SnapshotGone` for a snapshot that
    has run out or never was, and `ApiError` when any of the searches fails."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def one(
        self, index: Index, owner_id: str, body: Body, *, snapshot: str | None = None
    ) -> Answer:
        [answer] = await self.all(index, owner_id, [body], snapshot=snapshot)
        return answer

    async def all(
        self,
        index: Index,
        owner_id: str,
        bodies: list[Body],
        *,
        snapshot: str | None = None,
        named_scores: bool = False,
    ) -> list[Answer]:
        """In the order of the bodies. With `named_scores`, each hit's `matched_queries` are a
        mapping from name to score."""
        if not bodies:
            return []
        lines: list[Body] = []
        for body in bodies:
            if snapshot:
                lines += [_WHOLE, body | {"pit": {"id": snapshot, "keep_alive": KEPT}}]
            else:
                lines += [_WHOLE | {"index": index.name, "routing": owner_id}, body]
        try:
            answered = await self._client.msearch(
                searches=lines, include_named_queries_score=named_scores or None
            )
        except BadRequestError as error:
            if snapshot:
                # What is no snapshot's id at all makes the whole request a wrong one.
                raise SnapshotGone from error
            raise
        answers: list[Answer] = answered["responses"]
        for answer in answers:
            if "error" in answer:
                raise _told(answer, answered.meta, index, snapshot)
        return answers


_WHOLE: Final[Body] = {"allow_partial_search_results": False}


def _told(answer: Answer, meta: ApiResponseMeta, index: Index, snapshot: str | None) -> Exception:
    status = int(answer["status"])
    error = ApiError(str(answer["error"].get("type")), replace(meta, status=status), answer)
    known = gone(error, index.name)
    lost = known is error and snapshot and status in _LOST
    return SnapshotGone() if lost else known
