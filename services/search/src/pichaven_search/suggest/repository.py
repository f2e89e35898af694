"""The completion entries of photos, counted."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from elasticsearch import AsyncElasticsearch, NotFoundError

from pichaven_search.audience import Audience
from pichaven_search.index.clauses import visible
from pichaven_search.index.client import to_index_error
from pichaven_search.index.model import Index
from pichaven_search.suggest.model import CompletionField

_FIELDS: Final = {CompletionField.FEW: "completions", CompletionField.FILES: "file_completions"}


class CompletionRepository:
    """Implements `CompletionSource`."""

    def __init__(self, client: AsyncElasticsearch) -> None:
        self._client = client

    async def state(self, index: Index, audience: Audience) -> tuple[int, int]:
        """Return the number of photos and the latest `_seq_no` of any; an owner has one shard."""
        response = await self._search(
            index,
            audience,
            aggregations={"latest": {"max": {"field": "_seq_no"}}},
            track_total_hits=True,
        )
        latest = response["aggregations"]["latest"]["value"]
        return int(response["hits"]["total"]["value"]), -1 if latest is None else int(latest)

    async def count_entries(
        self,
        index: Index,
        audience: Audience,
        field: CompletionField,
        *,
        after: str | None,
        limit: int,
    ) -> Sequence[tuple[str, int]]:
        composite: dict[str, Any] = {
            "size": limit,
            "sources": [{"entry": {"terms": {"field": _FIELDS[field]}}}],
        }
        if after is not None:
            composite["after"] = {"entry": after}
        response = await self._search(
            index,
            audience,
            aggregations={"entries": {"composite": composite}},
            track_total_hits=False,
        )
        return [
            (bucket["key"]["entry"], bucket["doc_count"])
            for bucket in response["aggregations"]["entries"]["buckets"]
        ]

    async def _search(self, index: Index, audience: Audience, **body: Any) -> Mapping[str, Any]:
        try:
            response = await self._client.search(
                index=index.name,
                routing=audience.routing,
                query={"bool": {"filter": visible(audience)}},
                size=0,
                allow_partial_search_results=False,
                **body,
            )
        except NotFoundError as error:
            raise to_index_error(error, index.name) from error
        return dict(response.body)
