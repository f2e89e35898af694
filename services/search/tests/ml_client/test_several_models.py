"""Two ml of different models: texts go to the one that runs the requested model."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import ValidationError

from pichaven_search.ml_client.model import EncoderUnavailable
from pichaven_search.ml_client.model_watcher import ModelWatcher
from pichaven_search.ml_client.text_encoder import MlTextEncoder
from pichaven_search.settings import MlSettings

_VECTORS = {"old": [1.0, 0.0], "new": [0.0, 0.6, 0.8]}


@dataclass
class MlHosts:
    """The model that runs at each host; an absent host refuses connections."""

    models: dict[str, str] = field(default_factory=lambda: {"a": "old", "b": "new"})
    requests: list[str] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.url.host}{request.url.path}")
        if request.url.host not in self.models:
            raise httpx.ConnectError("refused", request=request)
        model = self.models[request.url.host]
        if request.url.path == "/internal/model":
            scale = {"old": 10, "new": 30}[model]
            body: dict[str, Any] = {
                "model": model,
                "dimensions": len(_VECTORS[model]),
                "calibration": {"scale": scale, "bias": -5, "threshold": 0.5},
            }
            return httpx.Response(200, json=body)
        embedded = {"model": model, "embeddings": [_VECTORS[model]], "calibrations": [None]}
        return httpx.Response(200, json=embedded)


@dataclass
class Setup:
    hosts: MlHosts
    encoder: MlTextEncoder
    wait: Callable[[float], None]


@pytest_asyncio.fixture
async def setup() -> AsyncIterator[Setup]:
    hosts = MlHosts()
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    async with httpx.AsyncClient(transport=httpx.MockTransport(hosts.respond)) as client:
        settings = MlSettings(urls="http://a/, http://b", remembered_queries=2)
        yield Setup(hosts, MlTextEncoder(client, settings, now=lambda: now[0]), wait)


async def test_a_text_goes_to_the_ml_that_runs_the_model(setup: Setup) -> None:
    assert (await setup.encoder.encode("lake", "new"))[:2] == ("new", [0.0, 0.6, 0.8])
    assert (await setup.encoder.encode("lake", "old"))[:2] == ("old", [1.0, 0.0])
    model = await setup.encoder.model("new")
    assert (model.dimensions, model.calibration.scale) == (3, 30)
    assert [each.name for each in await setup.encoder.models()] == ["old", "new"]


async def test_without_a_name_the_first_model_is_used(setup: Setup) -> None:
    assert (await setup.encoder.model()).name == "old"
    assert (await setup.encoder.encode("lake"))[0] == "old"


async def test_a_model_that_none_runs_is_unavailable_at_once(setup: Setup) -> None:
    with pytest.raises(EncoderUnavailable):
        await setup.encoder.encode("lake", "other")
    with pytest.raises(EncoderUnavailable):
        await setup.encoder.model("other")
    request_count = len(setup.hosts.requests)
    with pytest.raises(EncoderUnavailable):
        await setup.encoder.encode("sea", "other")
    assert len(setup.hosts.requests) == request_count


async def test_models_that_swap_hosts_are_found_at_once(setup: Setup) -> None:
    await setup.encoder.encode("lake", "new")
    setup.wait(2)
    setup.hosts.models = {"a": "new", "b": "old"}
    assert (await setup.encoder.encode("sea", "new"))[:2] == ("new", [0.0, 0.6, 0.8])
    assert (await setup.encoder.encode("sea", "old"))[:2] == ("old", [1.0, 0.0])


async def test_an_unavailable_ml_does_not_delay_another(setup: Setup) -> None:
    await setup.encoder.models()
    del setup.hosts.models["a"]
    setup.wait(3600)
    setup.hosts.requests.clear()
    for text in ("lake", "sea", "beach"):
        assert (await setup.encoder.encode(text, "new"))[0] == "new"
    assert setup.hosts.requests == ["b/internal/embed/text"] * 3
    with pytest.raises(EncoderUnavailable):
        await setup.encoder.encode("lake", "old")


async def test_a_model_that_moves_to_another_host_is_found_when_its_old_one_stops(
    setup: Setup,
) -> None:
    await setup.encoder.models()
    setup.wait(2)
    setup.hosts.models = {"a": "new"}
    assert (await setup.encoder.encode("lake", "new"))[:2] == ("new", [0.0, 0.6, 0.8])


async def test_an_ml_that_starts_later_is_found(setup: Setup) -> None:
    del setup.hosts.models["b"]
    with pytest.raises(EncoderUnavailable):
        await setup.encoder.encode("lake", "new")
    setup.hosts.models["b"] = "new"
    setup.wait(6)
    assert (await setup.encoder.encode("lake", "new"))[0] == "new"


async def test_cached_embeddings_of_a_model_outlive_its_ml(setup: Setup) -> None:
    await setup.encoder.encode("lake", "new")
    del setup.hosts.models["b"]
    setup.wait(60)
    assert (await setup.encoder.encode("lake", "new"))[0] == "new"
    assert (await setup.encoder.model("new")).dimensions == 3


async def test_after_a_refresh_a_search_requests_nothing_but_its_embedding(
    setup: Setup,
) -> None:
    class Stop(Exception):
        pass

    async def pause(_seconds: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        await ModelWatcher(setup.encoder, every_s=10, pause=pause)()
    setup.hosts.requests.clear()
    await setup.encoder.encode("lake", "new")
    await setup.encoder.model("new")
    assert setup.hosts.requests == ["b/internal/embed/text"]


def test_at_least_one_address_is_named() -> None:
    with pytest.raises(ValidationError):
        MlSettings(urls=" , ")
