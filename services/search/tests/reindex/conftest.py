"""The search service whose model is switched."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from services.search.tests.reindex.model_switch import Mls, ModelSwitch

from pichaven_chassis.http import create_app
from pichaven_chassis.ids import new_id
from pichaven_chassis.runtime import Role
from pichaven_chassis.settings import ElasticsearchSettings, StorageSettings
from pichaven_search.bootstrap import build, wire
from pichaven_search.index.commands import PrepareIndex
from pichaven_search.ml_client.text_encoder import MlTextEncoder
from pichaven_search.settings import MlSettings, SearchSettings
from testing.authority import TestAuthority


@pytest_asyncio.fixture
async def model_switch(elasticsearch_url: str) -> AsyncIterator[ModelSwitch]:
    mls = Mls()
    settings = SearchSettings(alias=f"test-{new_id()[-12:]}")
    client = httpx.AsyncClient(transport=httpx.MockTransport(mls.respond))
    adapters = wire(
        settings=settings,
        elasticsearch=ElasticsearchSettings(url=elasticsearch_url, timeout_s=20),
        encoder=MlTextEncoder(client, MlSettings(urls="http://old,http://new")),
    )
    await PrepareIndex(adapters.indexes, adapters.purge_marks, adapters.encoder)()
    await adapters.history.prepare()
    authority = TestAuthority()
    service = await build(
        Role.API,
        adapters=adapters,
        storage=StorageSettings(),
        authenticator=authority.authenticator,
    )
    transport = httpx.ASGITransport(create_app(service))
    async with httpx.AsyncClient(transport=transport, base_url="http://photos.test") as http:
        running = ModelSwitch(adapters, mls, client, http, authority)
        await running.fill()
        yield running
        names = await adapters.elastic.indices.get(
            index=f"{settings.alias}-*", filter_path="*.aliases"
        )
        for name in names:
            await adapters.elastic.indices.delete(index=name)
    for close in service.close:
        await close()
    await client.aclose()
