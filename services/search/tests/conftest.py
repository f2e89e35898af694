"""A search service on the real Elasticsearch, under names of the test's own."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
from elasticsearch import AsyncElasticsearch
from services.search.tests.fakes import WordEncoder, WordPictures, delivery
from starlette.types import ASGIApp

from pichaven_chassis.events import Delivery
from pichaven_chassis.http import create_app
from pichaven_chassis.ids import new_id
from pichaven_chassis.runtime import Role
from pichaven_chassis.settings import ElasticsearchSettings, StorageSettings
from pichaven_contracts.event import Event
from pichaven_search.bootstrap import Adapters, build, wire
from pichaven_search.index.commands import PrepareIndex
from pichaven_search.index.model import Index
from pichaven_search.settings import SearchSettings
from testing.authority import TestAuthority


@dataclass
class SearchHarness:
    """The service, its HTTP client, and shortcuts for tests."""

    adapters: Adapters
    encoder: WordEncoder
    pictures: WordPictures
    http: httpx.AsyncClient
    authority: TestAuthority
    settings: SearchSettings
    owner: str = field(default_factory=new_id)

    @property
    def app(self) -> ASGIApp:
        transport = self.http._transport
        assert isinstance(transport, httpx.ASGITransport)
        return cast("ASGIApp", transport.app)

    async def index(self, *events: Event | Delivery) -> None:
        """Index events and refresh."""
        await self.adapters.index_photos(
            [each if isinstance(each, Delivery) else delivery(each) for each in events]
        )
        await self.refresh()

    async def refresh(self) -> None:
        for index in await self.adapters.indexes.list_written():
            await self.adapters.indexes.refresh(index)

    async def get_searched(self) -> Index:
        index = await self.adapters.indexes.get_searched()
        assert index is not None
        return index

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
        """Return the ids of the results in order."""
        answer = await self.get("/search", owner, **params)
        assert answer.status_code == 200, answer.text
        return [item["photo"]["id"] for item in answer.json()["items"]]

    async def pages(self, **params: object) -> list[list[str]]:
        """Return the ids of all pages."""
        pages: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            answer = await self.get("/search", **params, cursor=cursor)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            pages.append([item["photo"]["id"] for item in body["items"]])
            cursor = body["next_cursor"]
        return pages


@pytest.fixture(scope="session")
def shared_alias(elasticsearch_url: str) -> Iterator[str]:
    """The alias of indexes that tests share, each with owners of its own."""
    alias = f"test-{new_id()[-12:]}"
    yield alias
    with httpx.Client(base_url=elasticsearch_url, timeout=20) as client:
        names = client.get(f"/{alias}-*", params={"filter_path": "*.aliases"}).json()
        for name in names:
            client.delete(f"/{name}").raise_for_status()


@pytest_asyncio.fixture
async def searching(elasticsearch_url: str, shared_alias: str) -> AsyncIterator[SearchHarness]:
    """For tests that only add photos of their own owners."""
    async with start_harness(elasticsearch_url, SearchSettings(alias=shared_alias)) as harness:
        yield harness


@pytest_asyncio.fixture
async def alone(elasticsearch_url: str) -> AsyncIterator[SearchHarness]:
    """For tests that change, count or replace whole indexes."""
    settings = SearchSettings(alias=f"test-{new_id()[-12:]}")
    async with start_harness(elasticsearch_url, settings) as harness:
        yield harness
        await remove_indexes(harness.adapters.elastic, harness.settings.alias)


@asynccontextmanager
async def start_harness(url: str, settings: SearchSettings) -> AsyncIterator[SearchHarness]:
    encoder = WordEncoder()
    pictures = WordPictures()
    authority = TestAuthority()
    adapters = wire(
        settings=settings,
        elasticsearch=ElasticsearchSettings(url=url, timeout_s=20),
        encoder=encoder,
        pictures=pictures,
    )
    async with serve(adapters, authority) as http:
        yield SearchHarness(adapters, encoder, pictures, http, authority, settings)


@asynccontextmanager
async def serve(adapters: Adapters, authority: TestAuthority) -> AsyncIterator[httpx.AsyncClient]:
    """Set the service up, run its API and yield a client of it; the adapters are closed after."""
    await PrepareIndex(adapters.indexes, adapters.purge_marks, adapters.encoder)()
    await adapters.history.prepare()
    await adapters.dismissals.prepare()
    service = await build(
        Role.API,
        adapters=adapters,
        storage=StorageSettings(),
        authenticator=authority.authenticator,
    )
    transport = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://photos.test") as http:
        yield http
    for close in service.close:
        await close()


async def remove_indexes(client: AsyncElasticsearch, alias: str) -> None:
    answer = await client.indices.get(index=f"{alias}-*", filter_path="*.aliases")
    names: Iterable[str] = list(answer)
    for name in names:
        await client.indices.delete(index=name)
