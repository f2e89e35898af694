"""Several searches of one index in one request.

Every search is routed to the shards of its owners. A point in time has its index and routing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from elastic_transport import ApiResponseMeta
from elasticsearch import ApiError, AsyncElasticsearch, BadRequestError

from pichaven_search.index.client import is_missing_index, to_index_error
from pichaven_search.index.model import Index, PointInTimeExpired

KEEP_ALIVE: Final = "2m"
"""How long a point in time is kept after each use."""
_EXPIRED: Final = frozenset({400, 404})

Body = dict[str, Any]
JsonObject = Mapping[str, Any]


class MultiSearch:
    """Searches of one index.

    Raises `IndexGone` when the index was deleted meanwhile, `PointInTimeExpired` for a point in
    time that is not kept, and `ApiError` when any of the searches fails.
    """

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def search(
        self, index: Index, routing: str, body: Body, *, pit_id: str | None = None
    ) -> JsonObject:
        [response] = await self.search_all(index, routing, [body], pit_id=pit_id)
        return response

    async def search_all(
        self,
        index: Index,
        routing: str,
        bodies: list[Body],
        *,
        pit_id: str | None = None,
        named_scores: bool = False,
    ) -> list[JsonObject]:
        """Return the responses in the order of the bodies.

        With `named_scores`, each hit's `matched_queries` map names to scores.
        """
        if not bodies:
            return []
        lines: list[Body] = []
        for body in bodies:
            if pit_id:
                lines += [_WHOLE, body | {"pit": {"id": pit_id, "keep_alive": KEEP_ALIVE}}]
            else:
                lines += [_WHOLE | {"index": index.name, "routing": routing}, body]
        try:
            response = await self._client.msearch(
                searches=lines, include_named_queries_score=named_scores or None
            )
        except BadRequestError as error:
            if pit_id:
                # A malformed id fails the whole request.
                raise PointInTimeExpired from error
            raise
        responses: list[JsonObject] = response["responses"]
        for each in responses:
            if "error" in each:
                raise _to_error(each, response.meta, index, pit_id)
        return responses


_WHOLE: Final[Body] = {"allow_partial_search_results": False}


def _to_error(
    response: JsonObject, meta: ApiResponseMeta, index: Index, pit_id: str | None
) -> Exception:
    status = int(response["status"])
    error = ApiError(str(response["error"].get("type")), replace(meta, status=status), response)
    if pit_id and status in _EXPIRED and not is_missing_index(error):
        return PointInTimeExpired()
    return to_index_error(error, index.name)
