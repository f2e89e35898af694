"""Several searches of one index in one request.

Every search is routed to the shards of its owners. A point in time has its index and routing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from elastic_transport import ApiResponseMeta
from elasticsearch import ApiError, AsyncElasticsearch, BadRequestError

from pichaven_search.index.client import gone
from pichaven_search.index.model import Index, PointInTimeExpired

KEPT: Final = "2m"
"""How long a point in time is kept after each use."""
_LOST: Final = frozenset({400, 404})

Body = dict[str, Any]
Answer = Mapping[str, Any]


class ElasticAsking:
    """Raises `IndexGone` when the index was deleted meanwhile, `PointInTimeExpired` for a point in
    time that is not kept, and `ApiError` when any of the searches fails."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def one(
        self, index: Index, routing: str, body: Body, *, pit_id: str | None = None
    ) -> Answer:
        [answer] = await self.all(index, routing, [body], pit_id=pit_id)
        return answer

    async def all(
        self,
        index: Index,
        routing: str,
        bodies: list[Body],
        *,
        pit_id: str | None = None,
        named_scores: bool = False,
    ) -> list[Answer]:
        """In the order of the bodies. With `named_scores`, each hit's `matched_queries` are a
        mapping from name to score."""
        if not bodies:
            return []
        lines: list[Body] = []
        for body in bodies:
            if pit_id:
                lines += [_WHOLE, body | {"pit": {"id": pit_id, "keep_alive": KEPT}}]
            else:
                lines += [_WHOLE | {"index": index.name, "routing": routing}, body]
        try:
            answered = await self._client.msearch(
                searches=lines, include_named_queries_score=named_scores or None
            )
        except BadRequestError as error:
            if pit_id:
                # A malformed id fails the whole request.
                raise PointInTimeExpired from error
            raise
        answers: list[Answer] = answered["responses"]
        for answer in answers:
            if "error" in answer:
                raise _to_error(answer, answered.meta, index, pit_id)
        return answers


_WHOLE: Final[Body] = {"allow_partial_search_results": False}


def _to_error(answer: Answer, meta: ApiResponseMeta, index: Index, pit_id: str | None) -> Exception:
    status = int(answer["status"])
    error = ApiError(str(answer["error"].get("type")), replace(meta, status=status), answer)
    known = gone(error, index.name)
    lost = known is error and pit_id and status in _LOST
    return PointInTimeExpired() if lost else known
