"""The indexes and their two aliases.

`<alias>` points to the index that is searched, `<alias>-written` to every index that events are
written to. The mapping's `_meta` has an index's model and state. So the list of indexes is in
Elasticsearch alone, and one call moves an alias.
"""

import re
import time
from typing import Any, Final, Literal

from elasticsearch import ApiError, AsyncElasticsearch, NotFoundError

from pichaven_chassis.health import HealthCheck
from pichaven_chassis.refreshing_cache import Lifetime, RefreshingCache
from pichaven_search.index import mapping as elastic_mapping
from pichaven_search.index.client import create_index
from pichaven_search.index.document import SCHEMA
from pichaven_search.index.model import Index
from pichaven_search.ml_client.model import Model
from pichaven_search.settings import SearchSettings

_WRITTEN_TTL_S: Final = 1.0
_SEARCHED_LIFETIME: Final = Lifetime(fresh_s=1.0, stale_s=2.0)
_NO_LIFETIME: Final = Lifetime(fresh_s=-1.0, stale_s=-1.0)
_NOT_IN_NAMES: Final = re.compile(r"[^a-z0-9]+")


class IndexRepository:
    """One index is searched, one or more are written to."""

    def __init__(self, client: AsyncElasticsearch, settings: SearchSettings) -> None:
        self._client = client
        self._settings = settings
        self._searched: RefreshingCache[None, Index | None] = RefreshingCache(
            self._find_searched,
            lambda index: _SEARCHED_LIFETIME if index else _NO_LIFETIME,
            max_entries=1,
        )
        self._written: tuple[float, tuple[Index, ...]] | None = None

    @property
    def _read_alias(self) -> str:
        return self._settings.alias

    @property
    def _write_alias(self) -> str:
        return f"{self._settings.alias}-written"

    async def get_searched(self) -> Index | None:
        """Return the index that is searched, cached for two seconds; None before the setup.

        The cached one is looked up anew behind the requests of its last second.
        """
        return await self._searched.get(None)

    def forget_searched(self) -> None:
        self._searched.invalidate(None)

    async def close(self) -> None:
        """Cancel a look-up under way."""
        await self._searched.close()

    async def get_written(self) -> tuple[Index, ...]:
        """Return every index that is written to, cached for a second."""
        if self._written and time.monotonic() - self._written[0] < _WRITTEN_TTL_S:
            return self._written[1]
        return await self.list_written()

    async def list_written(self) -> tuple[Index, ...]:
        """Return every index that is written to now."""
        requested_at = time.monotonic()
        indexes = await self._find(self._write_alias)
        self._written = (requested_at, indexes)
        return indexes

    async def list_unfinished(self) -> list[Index]:
        """Return the indexes that are being filled, or were when their command was cut off."""
        return [index for index in await self.list_written() if index.state == "building"]

    async def create(self, model: Model, *, searched: bool) -> Index:
        """Create an index that is written to, and with `searched` is the one searched.

        The name is the next free one. Of two callers at once that create a searched index, both
        get the same.
        """
        slug = _NOT_IN_NAMES.sub("-", model.name.lower()).strip("-")[:60]
        base = f"{self._settings.alias}-v{SCHEMA}-{slug}"
        existing = await self._client.indices.get(
            index=f"{base}-*", filter_path="*.mappings._meta.schema", allow_no_indices=True
        )
        numbers = [
            int(name.rpartition("-")[2]) for name in existing if name.rpartition("-")[2].isdigit()
        ]
        name = f"{base}-{max(numbers, default=0) + 1}"
        state: Literal["building", "complete"] = "complete" if searched else "building"
        aliases = [self._write_alias, *([self._read_alias] if searched else [])]
        created = await create_index(
            self._client,
            name,
            settings=elastic_mapping.settings(
                shards=self._settings.shards, replicas=self._settings.replicas
            ),
            mappings=elastic_mapping.mapping(
                model=model.name, dimensions=model.dimensions, state=state
            ),
            aliases={alias: {} for alias in aliases},
            wait_for_active_shards=1,
        )
        if not created and not searched:
            raise RuntimeError(f"another command has just created {name}")
        self._clear_cache()
        return Index(name, model.name, model.dimensions, state, SCHEMA)

    async def switch(self, to: Index) -> None:
        """Move the search to an index in one call, and record in it what it replaced."""
        replaced = await self._find_searched(None)
        meta = {
            "schema": to.schema,
            "model": to.model,
            "dimensions": to.dimensions,
            "state": "complete",
            "replaced": replaced.name if replaced else None,
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
        self._clear_cache()

    async def retire(self, index: Index) -> None:
        """Stop writing to an index; it may be deleted when all workers know."""
        await self._client.indices.update_aliases(
            actions=[
                {"remove": {"index": index.name, "alias": self._write_alias, "must_exist": False}}
            ]
        )
        self._clear_cache()

    async def delete(self, index: Index) -> None:
        await self._client.indices.delete(index=index.name, ignore_unavailable=True)
        self._clear_cache()

    async def refresh(self, index: Index) -> int:
        """Make all writes visible to searches; return the count of searchable photos."""
        await self._client.indices.refresh(index=index.name)
        response = await self._client.count(index=index.name, query={"term": {"searchable": True}})
        return int(response["count"])

    @property
    def check(self) -> HealthCheck:
        """Ready when Elasticsearch answers and there is an index to search."""

        async def probe() -> None:
            if not await self._client.indices.exists_alias(name=self._read_alias):
                raise LookupError("there is no index yet, run the setup")

        return HealthCheck("elasticsearch", probe)

    def _clear_cache(self) -> None:
        self.forget_searched()
        self._written = None

    async def _find_searched(self, _key: None) -> Index | None:
        return next(iter(await self._find(self._read_alias)), None)

    async def _find(self, alias: str) -> tuple[Index, ...]:
        try:
            response = await self._client.indices.get_mapping(
                index=alias, filter_path="*.mappings._meta"
            )
        except NotFoundError:
            return ()
        except ApiError as error:
            if error.status_code == 404:  # noqa: PLR2004
                return ()
            raise
        return tuple(_to_index(name, response[name]) for name in sorted(response))


def _to_index(name: str, description: dict[str, Any]) -> Index:
    meta = description["mappings"]["_meta"]
    return Index(
        name,
        meta["model"],
        meta["dimensions"],
        meta["state"],
        meta["schema"],
        meta.get("replaced"),
    )
