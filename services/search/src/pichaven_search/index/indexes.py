"""The indexes, their two aliases, and what each says of itself.

`<alias>` stands on the one index that is searched, `<alias>-written` on every index that
changes go to. What an index is made for stands in its mapping's `_meta`. So the list is in
Elasticsearch alone, and one aliases call changes it in one step.
"""

import re
import time
from typing import Any, Final, Literal

from elasticsearch import ApiError, AsyncElasticsearch, BadRequestError, NotFoundError

from pichaven_chassis.health import HealthCheck
from pichaven_search.index import mapping as elastic_mapping
from pichaven_search.index.document import SCHEMA
from pichaven_search.index.model import Index
from pichaven_search.ml_client.model import Model
from pichaven_search.settings import SearchSettings

_WRITTEN_TTL_S: Final = 1.0
_SEARCHED_TTL_S: Final = 2.0
_NOT_A_NAME: Final = re.compile(r"[^a-z0-9]+")


class ElasticIndexes:
    """The indexes there are: one is searched, one or more are written to."""

    def __init__(self, client: AsyncElasticsearch, settings: SearchSettings) -> None:
        self._client = client
        self._settings = settings
        self._searched: tuple[float, Index] | None = None
        self._written: tuple[float, tuple[Index, ...]] | None = None

    @property
    def _read_alias(self) -> str:
        return self._settings.alias

    @property
    def _write_alias(self) -> str:
        return f"{self._settings.alias}-written"

    async def searched(self) -> Index | None:
        """The index that searches read; None before the setup has run. A few seconds old."""
        if self._searched and time.monotonic() - self._searched[0] < _SEARCHED_TTL_S:
            return self._searched[1]
        asked_at = time.monotonic()
        found = await self._under(self._read_alias)
        self._searched = (asked_at, found[0]) if found else None
        return found[0] if found else None

    async def written(self) -> tuple[Index, ...]:
        """Every index that changes go to; at most a second old."""
        if self._written and time.monotonic() - self._written[0] < _WRITTEN_TTL_S:
            return self._written[1]
        return await self.listed()

    async def listed(self) -> tuple[Index, ...]:
        """`written`, but as of now."""
        asked_at = time.monotonic()
        found = await self._under(self._write_alias)
        self._written = (asked_at, found)
        return found

    async def create(self, model: Model, *, searched: bool) -> Index:
        """A new index that is written to from now on, and searched at once if asked for.

        The name is the next free one; of two callers at once, one takes what is there.
        """
        slug = _NOT_A_NAME.sub("-", model.name.lower()).strip("-")[:60]
        base = f"{self._settings.alias}-v{SCHEMA}-{slug}"
        taken = await self._client.indices.get(
            index=f"{base}-*", filter_path="*.mappings._meta.schema", allow_no_indices=True
        )
        numbers = [
            int(name.rpartition("-")[2]) for name in taken if name.rpartition("-")[2].isdigit()
        ]
        name = f"{base}-{max(numbers, default=0) + 1}"
        state: Literal["building", "complete"] = "complete" if searched else "building"
        aliases = [self._write_alias, *([self._read_alias] if searched else [])]
        try:
            await self._client.indices.create(
                index=name,
                settings=elastic_mapping.settings(
                    shards=self._settings.shards, replicas=self._settings.replicas
                ),
                mappings=elastic_mapping.mapping(
                    model=model.name, dimensions=model.dimensions, state=state
                ),
                aliases={alias: {} for alias in aliases},
                wait_for_active_shards=1,
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception" or not searched:
                raise
        self._forget()
        return Index(name, model.name, model.dimensions, state, SCHEMA)

    async def switch(self, to: Index) -> None:
        """Search `to` from now on, in one step; it is complete, and knows what it replaced."""
        before = await self._under(self._read_alias)
        meta = {
            "schema": to.schema,
            "model": to.model,
            "dimensions": to.dimensions,
            "state": "complete",
            "replaced": before[0].name if before else None,
        }
        await self._client.indices.put_mapping(index=to.name, meta=meta)
        await self._client.indices.update_aliases(
            actions=[
                {
                    "remove": {
                        "index": f"{self._settings.alias}-v*",
                        "alias": self._read_alias,
                        "must_exist": False,
                    }
                },
                {"add": {"index": to.name, "alias": self._read_alias}},
            ]
        )
        self._forget()

    async def retire(self, index: Index) -> None:
        """Stop writing to an index; it may be deleted once all workers have noticed."""
        await self._client.indices.update_aliases(
            actions=[
                {"remove": {"index": index.name, "alias": self._write_alias, "must_exist": False}}
            ]
        )
        self._forget()

    async def delete(self, index: Index) -> None:
        await self._client.indices.delete(index=index.name, ignore_unavailable=True)
        self._forget()

    async def refresh(self, index: Index) -> int:
        """Make all that is written findable; answers how many photos can be found."""
        await self._client.indices.refresh(index=index.name)
        answer = await self._client.count(index=index.name, query={"term": {"searchable": True}})
        return int(answer["count"])

    @property
    def check(self) -> HealthCheck:
        """Ready when Elasticsearch answers and there is an index to search."""

        async def probe() -> None:
            if not await self._client.indices.exists_alias(name=self._read_alias):
                raise LookupError("there is no index yet, run the setup")

        return HealthCheck("elasticsearch", probe)

    def _forget(self) -> None:
        self._searched = self._written = None

    async def _under(self, alias: str) -> tuple[Index, ...]:
        try:
            answer = await self._client.indices.get_mapping(
                index=alias, filter_path="*.mappings._meta"
            )
        except NotFoundError:
            return ()
        except ApiError as error:
            if error.status_code == 404:  # noqa: PLR2004
                return ()
            raise
        return tuple(_index(name, answer[name]) for name in sorted(answer))


def _index(name: str, described: dict[str, Any]) -> Index:
    meta = described["mappings"]["_meta"]
    return Index(
        name,
        meta["model"],
        meta["dimensions"],
        meta["state"],
        meta["schema"],
        meta.get("replaced"),
    )
