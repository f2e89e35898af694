"""The search service whose model is switched."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from services.search.tests.conftest import remove_indexes, serve
from services.search.tests.reindex.model_switch import Mls, ModelSwitch

from pichaven_chassis.ids import new_id
from pichaven_chassis.settings import ElasticsearchSettings
from pichaven_search.bootstrap import wire
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
    authority = TestAuthority()
    async with serve(adapters, authority) as http:
        model_switch = ModelSwitch(adapters, mls, client, http, authority)
        await model_switch.fill()
        yield model_switch
        await remove_indexes(adapters.elastic, settings.alias)
    await client.aclose()
