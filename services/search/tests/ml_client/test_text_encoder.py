"""Text embeddings over HTTP, of an ml that responds, responds wrongly, or is down."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from pichaven_search.ml_client.model import EncoderUnavailable, TextRejected
from pichaven_search.ml_client.text_encoder import MlTextEncoder
from pichaven_search.settings import MlSettings

MODEL = {
    "model": "tiny",
    "dimensions": 2,
    "calibration": {"scale": 16.9, "bias": -5.14, "threshold": 0.33},
}


@dataclass
class Ml:
    """ml as an HTTP server."""

    model: Any = field(default_factory=lambda: dict(MODEL))
    down: bool = False
    rejects: str | None = None
    requests: list[str] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url.path)
        if self.down:
            raise httpx.ConnectError("refused", request=request)
        if request.url.path == "/internal/model":
            return httpx.Response(200, json=self.model)
        if self.rejects and self.rejects.encode() in request.content:
            return httpx.Response(422, json={"code": "empty_text"})
        body = {"model": self.model["model"], "embeddings": [[0.6, 0.8]], "calibrations": [None]}
        return httpx.Response(200, json=body)


@dataclass
class Setup:
    ml: Ml
    encoder: MlTextEncoder
    wait: Callable[[float], None]


@pytest_asyncio.fixture
async def setup() -> AsyncIterator[Setup]:
    ml = Ml()
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    transport = httpx.MockTransport(ml.respond)
    async with httpx.AsyncClient(transport=transport) as client:
        encoder = MlTextEncoder(client, MlSettings(remembered_queries=2), now=lambda: now[0])
        yield Setup(ml, encoder, wait)


async def test_a_text_becomes_a_vector_of_a_named_model(setup: Setup) -> None:
    assert (await setup.encoder.encode("lake"))[:2] == ("tiny", [0.6, 0.8])
    model = await setup.encoder.model()
    assert (model.name, model.dimensions, model.calibration.threshold) == ("tiny", 2, 0.33)


async def test_a_repeated_query_is_answered_from_the_cache(setup: Setup) -> None:
    for text in ("lake", "lake", "sea", "lake"):
        await setup.encoder.encode(text)
    assert setup.ml.requests.count("/internal/embed/text") == 2
    await setup.encoder.encode("beach")
    await setup.encoder.encode("sea")
    assert setup.ml.requests.count("/internal/embed/text") == 4


async def test_another_model_is_noticed_and_its_embeddings_are_kept_apart(setup: Setup) -> None:
    await setup.encoder.encode("lake")
    setup.ml.model = MODEL | {"model": "large"}
    name, *_ = await setup.encoder.encode("sea")
    assert name == "large"
    assert (await setup.encoder.model()).name == "large"
    assert (await setup.encoder.encode("lake"))[0] == "large"


async def test_the_circuit_breaker_opens_after_failures_and_tries_again_later(setup: Setup) -> None:
    setup.ml.down = True
    for _ in range(10):
        with pytest.raises(EncoderUnavailable):
            await setup.encoder.encode("lake")
    assert len(setup.ml.requests) == 3
    setup.wait(6)
    with pytest.raises(EncoderUnavailable):
        await setup.encoder.encode("lake")
    assert len(setup.ml.requests) == 4
    setup.ml.down = False
    setup.wait(6)
    assert (await setup.encoder.encode("lake"))[0] == "tiny"


async def test_cached_embeddings_survive_an_outage(setup: Setup) -> None:
    await setup.encoder.encode("lake")
    setup.ml.down = True
    setup.wait(60)
    assert (await setup.encoder.encode("lake"))[:2] == ("tiny", [0.6, 0.8])


async def test_a_text_that_ml_rejects_is_no_outage(setup: Setup) -> None:
    setup.ml.rejects = "!!!"
    for _ in range(5):
        with pytest.raises(TextRejected):
            await setup.encoder.encode("!!!")
    assert (await setup.encoder.encode("lake"))[0] == "tiny"


async def test_a_model_may_have_no_calibration(setup: Setup) -> None:
    setup.ml.model = MODEL | {"calibration": None}
    assert (await setup.encoder.model()).calibration is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "x"},
        MODEL | {"calibration": {}} | {"calibration": {"scale": 1}},
        MODEL | {"dimensions": "many"},
    ],
)
async def test_an_incomplete_description_means_that_ml_is_unavailable(
    setup: Setup, body: Any
) -> None:
    setup.ml.model = body
    with pytest.raises(EncoderUnavailable):
        await setup.encoder.model()
