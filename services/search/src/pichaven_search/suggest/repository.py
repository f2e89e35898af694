"""An owner's completions, counted over the photos that the owner can find."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_search.audience import Audience
from pichaven_search.index.clauses import visible
from pichaven_search.index.client import gone
from pichaven_search.index.model import Index
from pichaven_search.suggest.model import Shelf

_FIELDS: Final = {Shelf.FEW: "completions", Shelf.FILES: "file_completions"}


class ElasticCompletions:
    """Implements `CompletionSource`."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def state(self, index: Index, owner_id: str) -> tuple[int, int]:
        """How many there are, and the latest write of any. One shard holds all of an owner."""
        answer = await self._search(
            index,
            owner_id,
            aggregations={"latest": {"max": {"field": "_seq_no"}}},
            track_total_hits=True,
        )
        latest = answer["aggregations"]["latest"]["value"]
        return int(answer["hits"]["total"]["value"]), -1 if latest is None else int(latest)

    async def counted(
        self, index: Index, owner_id: str, shelf: Shelf, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, int]]:
        composite: dict[str, Any] = {
            "size": limit,
            "sources": [{"entry": {"terms": {"field": _FIELDS[shelf]}}}],
        }
        if after is not None:
            composite["after"] = {"entry": after}
        answer = await self._search(
            index,
            owner_id,
            aggregations={"entries": {"composite": composite}},
            track_total_hits=False,
        )
        return [
            (bucket["key"]["entry"], bucket["doc_count"])
            for bucket in answer["aggregations"]["entries"]["buckets"]
        ]

    async def _search(self, index: Index, owner_id: str, **body: Any) -> Mapping[str, Any]:
        try:
            answer = await self._client.search(
                index=index.name,
                routing=owner_id,
                query={"bool": {"filter": visible(Audience(owner_id))}},
                size=0,
                allow_partial_search_results=False,
                **body,
            )
        except NotFoundError as error:
            raise gone(error, index.name) from error
        return dict(answer.body)
