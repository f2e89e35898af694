"""A search service on the real Elasticsearch, under names of the test's own."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from elasticsearch import AsyncElasticsearch
from services.search.tests.fakes import WordEncoder, WordPictures, delivery

from pichaven_chassis.events import Delivery
from pichaven_chassis.http import create_app
from pichaven_chassis.ids import new_id
from pichaven_chassis.runtime import Role
from pichaven_chassis.settings import ElasticsearchSettings, StorageSettings
from pichaven_chassis.testing import TestAuthority
from pichaven_contracts.event import Event
from pichaven_search.bootstrap import Adapters, build, wire
from pichaven_search.index.commands import PrepareIndex
from pichaven_search.index.model import Index
from pichaven_search.settings import SearchSettings


@dataclass
class Searching:
    """The service's parts, its HTTP client, and the shortcuts that tests speak in."""

    parts: Adapters
    encoder: WordEncoder
    pictures: WordPictures
    http: httpx.AsyncClient
    authority: TestAuthority
    settings: SearchSettings
    owner: str = field(default_factory=new_id)

    async def index(self, *events: Event | Delivery) -> None:
        """Handle these and make them findable."""
        await self.parts.index_photos(
            [each if isinstance(each, Delivery) else delivery(each) for each in events]
        )
        await self.refresh()

    async def refresh(self) -> None:
        for index in await self.parts.indexes.listed():
            await self.parts.indexes.refresh(index)

    async def searched(self) -> Index:
        found = await self.parts.indexes.searched()
        assert found is not None
        return found

    async def get(self, path: str, owner: str | None = None, **params: object) -> httpx.Response:
        return await self.http.get(
            f"/api/v1{path}",
            params={name.rstrip("_"): value for name, value in params.items()},
            headers=self.authority.headers(owner or self.owner),
        )

    async def send(
        self, method: str, path: str, owner: str | None = None, **sent: Any
    ) -> httpx.Response:
        headers = self.authority.headers(owner or self.owner)
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **sent)

    async def ids(self, owner: str | None = None, **params: object) -> list[str]:
        """Ids in the order of the results."""
        answer = await self.get("/search", owner, **params)
        assert answer.status_code == 200, answer.text
        return [item["photo"]["id"] for item in answer.json()["items"]]

    async def pages(self, **params: object) -> list[list[str]]:
        """Ids page by page, to the end."""
        found: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = await self.get("/search", **params, cursor=cursor)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found.append([item["photo"]["id"] for item in body["items"]])
            cursor = body["next_cursor"]
        return found


@pytest.fixture(scope="session")
def shared_alias(elasticsearch_url: str) -> Iterator[str]:
    """Indexes that tests share, each under owners of its own; made by the first, removed last."""
    alias = f"test-{new_id()[-12:]}"
    yield alias
    with httpx.Client(base_url=elasticsearch_url, timeout=20) as client:
        names = client.get(f"/{alias}-*", params={"filter_path": "*.aliases"}).json()
        for name in names:
            client.delete(f"/{name}").raise_for_status()


@pytest_asyncio.fixture
async def searching(elasticsearch_url: str, shared_alias: str) -> AsyncIterator[Searching]:
    """For tests that only add photos of their own owners."""
    async with start_searching(elasticsearch_url, shared_alias) as found:
        yield found


@pytest_asyncio.fixture
async def alone(elasticsearch_url: str) -> AsyncIterator[Searching]:
    """For tests that change, count or replace whole indexes."""
    async with start_searching(elasticsearch_url, f"test-{new_id()[-12:]}") as found:
        yield found
        await _remove(found.parts.elastic, found.settings.alias)


@asynccontextmanager
async def start_searching(url: str, alias: str) -> AsyncIterator[Searching]:
    settings = SearchSettings(alias=alias)
    encoder = WordEncoder()
    pictures = WordPictures()
    authority = TestAuthority()
    parts = wire(
        settings=settings,
        elasticsearch=ElasticsearchSettings(url=url, timeout_s=20),
        encoder=encoder,
        pictures=pictures,
    )
    await PrepareIndex(parts.indexes, parts.purged, encoder)()
    await parts.history.prepare()
    service = await build(
        Role.API, adapters=parts, storage=StorageSettings(), authenticator=authority.authenticator
    )
    transport = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://photos.test") as http:
        yield Searching(parts, encoder, pictures, http, authority, settings)
    for close in service.close:
        await close()


async def _remove(client: AsyncElasticsearch, alias: str) -> None:
    answer = await client.indices.get(index=f"{alias}-*", filter_path="*.aliases")
    names: Iterable[str] = list(answer)
    for name in names:
        await client.indices.delete(index=name)
