"""Two ml beside each other: the one that runs the wanted model is asked, whichever that is."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import ValidationError

from pichaven_search.ml_client.model import EncoderAway
from pichaven_search.ml_client.model_watcher import StayAcquainted
from pichaven_search.ml_client.text_encoder import MlEncoder
from pichaven_search.settings import MlSettings

_VECTORS = {"old": [1.0, 0.0], "new": [0.0, 0.6, 0.8]}


@dataclass
class Town:
    """What runs at which host; an absent host refuses."""

    runs: dict[str, str] = field(default_factory=lambda: {"a": "old", "b": "new"})
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.url.host}{request.url.path}")
        if request.url.host not in self.runs:
            raise httpx.ConnectError("refused", request=request)
        model = self.runs[request.url.host]
        if request.url.path == "/internal/model":
            scale = {"old": 10, "new": 30}[model]
            told: dict[str, Any] = {
                "model": model,
                "dimensions": len(_VECTORS[model]),
                "calibration": {"scale": scale, "bias": -5, "threshold": 0.5},
            }
            return httpx.Response(200, json=told)
        return httpx.Response(200, json={"model": model, "embeddings": [_VECTORS[model]]})


@dataclass
class Setting:
    town: Town
    encoder: MlEncoder
    wait: Callable[[float], None]


@pytest_asyncio.fixture
async def setting() -> AsyncIterator[Setting]:
    town = Town()
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    async with httpx.AsyncClient(transport=httpx.MockTransport(town.answer)) as client:
        settings = MlSettings(urls="http://a/, http://b", remembered_queries=2)
        yield Setting(town, MlEncoder(client, settings, now=lambda: now[0]), wait)


async def test_each_model_is_spoken_by_the_ml_that_runs_it(setting: Setting) -> None:
    assert await setting.encoder.encode("lake", "new") == ("new", [0.0, 0.6, 0.8])
    assert await setting.encoder.encode("lake", "old") == ("old", [1.0, 0.0])
    model = await setting.encoder.model("new")
    assert (model.dimensions, model.calibration.scale) == (3, 30)
    assert [each.name for each in await setting.encoder.models()] == ["old", "new"]


async def test_without_a_name_the_first_is_meant(setting: Setting) -> None:
    assert (await setting.encoder.model()).name == "old"
    assert (await setting.encoder.encode("lake"))[0] == "old"


async def test_a_model_that_none_runs_is_away_at_once(setting: Setting) -> None:
    with pytest.raises(EncoderAway):
        await setting.encoder.encode("lake", "other")
    with pytest.raises(EncoderAway):
        await setting.encoder.model("other")
    asked = len(setting.town.asked)
    with pytest.raises(EncoderAway):
        await setting.encoder.encode("sea", "other")
    assert len(setting.town.asked) == asked


async def test_models_that_change_places_are_found_again_at_once(setting: Setting) -> None:
    await setting.encoder.encode("lake", "new")
    setting.wait(2)
    setting.town.runs = {"a": "new", "b": "old"}
    assert (await setting.encoder.encode("sea", "new")) == ("new", [0.0, 0.6, 0.8])
    assert (await setting.encoder.encode("sea", "old")) == ("old", [1.0, 0.0])


async def test_a_dead_address_is_not_in_the_way_of_a_living_one(setting: Setting) -> None:
    await setting.encoder.models()
    del setting.town.runs["a"]
    setting.wait(3600)
    setting.town.asked.clear()
    for text in ("lake", "sea", "beach"):
        assert (await setting.encoder.encode(text, "new"))[0] == "new"
    assert setting.town.asked == ["b/internal/embed/text"] * 3
    with pytest.raises(EncoderAway):
        await setting.encoder.encode("lake", "old")


async def test_an_ml_that_comes_later_is_found(setting: Setting) -> None:
    del setting.town.runs["b"]
    with pytest.raises(EncoderAway):
        await setting.encoder.encode("lake", "new")
    setting.town.runs["b"] = "new"
    setting.wait(6)
    assert (await setting.encoder.encode("lake", "new"))[0] == "new"


async def test_remembered_queries_of_a_model_survive_its_ml(setting: Setting) -> None:
    await setting.encoder.encode("lake", "new")
    del setting.town.runs["b"]
    setting.wait(60)
    assert (await setting.encoder.encode("lake", "new"))[0] == "new"
    assert (await setting.encoder.model("new")).dimensions == 3


async def test_after_a_look_around_a_search_asks_for_nothing_but_its_vector(
    setting: Setting,
) -> None:
    class Enough(Exception):
        pass

    async def pause(_seconds: float) -> None:
        raise Enough

    with pytest.raises(Enough):
        await StayAcquainted(setting.encoder, every_s=10, pause=pause)()
    setting.town.asked.clear()
    await setting.encoder.encode("lake", "new")
    await setting.encoder.model("new")
    assert setting.town.asked == ["b/internal/embed/text"]


def test_at_least_one_address_is_named() -> None:
    with pytest.raises(ValidationError):
        MlSettings(urls=" , ")
