"""The adapter to ml, against an ml that answers, lies, or is away."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from pichaven_search.ml_client.model import EncoderAway, TextRefused
from pichaven_search.ml_client.text_encoder import MlEncoder
from pichaven_search.settings import MlSettings

MODEL = {
    "model": "tiny",
    "dimensions": 2,
    "calibration": {"scale": 16.9, "bias": -5.14, "threshold": 0.33},
}


@dataclass
class Ml:
    """ml at the other end of the wire."""

    model: Any = field(default_factory=lambda: dict(MODEL))
    down: bool = False
    refuses: str | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if self.down:
            raise httpx.ConnectError("refused", request=request)
        if request.url.path == "/internal/model":
            return httpx.Response(200, json=self.model)
        if self.refuses and self.refuses.encode() in request.content:
            return httpx.Response(422, json={"code": "empty_text"})
        return httpx.Response(200, json={"model": self.model["model"], "embeddings": [[0.6, 0.8]]})


@dataclass
class Setting:
    ml: Ml
    encoder: MlEncoder
    wait: Callable[[float], None]


@pytest_asyncio.fixture
async def setting() -> AsyncIterator[Setting]:
    ml = Ml()
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    transport = httpx.MockTransport(ml.answer)
    async with httpx.AsyncClient(transport=transport) as client:
        encoder = MlEncoder(client, MlSettings(remembered_queries=2), now=lambda: now[0])
        yield Setting(ml, encoder, wait)


async def test_a_text_becomes_a_vector_of_a_named_model(setting: Setting) -> None:
    assert await setting.encoder.encode("lake") == ("tiny", [0.6, 0.8])
    model = await setting.encoder.model()
    assert (model.name, model.dimensions, model.calibration.threshold) == ("tiny", 2, 0.33)


async def test_a_query_asked_again_is_not_sent_again(setting: Setting) -> None:
    for text in ("lake", "lake", "sea", "lake"):
        await setting.encoder.encode(text)
    assert setting.ml.asked.count("/internal/embed/text") == 2
    await setting.encoder.encode("beach")
    await setting.encoder.encode("sea")
    assert setting.ml.asked.count("/internal/embed/text") == 4


async def test_another_model_is_noticed_and_its_vectors_kept_apart(setting: Setting) -> None:
    await setting.encoder.encode("lake")
    setting.ml.model = MODEL | {"model": "large"}
    name, _ = await setting.encoder.encode("sea")
    assert name == "large"
    assert (await setting.encoder.model()).name == "large"
    assert (await setting.encoder.encode("lake"))[0] == "large"


async def test_while_ml_is_away_it_is_left_alone_and_tried_again_later(setting: Setting) -> None:
    setting.ml.down = True
    for _ in range(10):
        with pytest.raises(EncoderAway):
            await setting.encoder.encode("lake")
    assert len(setting.ml.asked) == 3
    setting.wait(6)
    with pytest.raises(EncoderAway):
        await setting.encoder.encode("lake")
    assert len(setting.ml.asked) == 4
    setting.ml.down = False
    setting.wait(6)
    assert (await setting.encoder.encode("lake"))[0] == "tiny"


async def test_remembered_queries_survive_an_outage(setting: Setting) -> None:
    await setting.encoder.encode("lake")
    setting.ml.down = True
    setting.wait(60)
    assert await setting.encoder.encode("lake") == ("tiny", [0.6, 0.8])


async def test_a_text_that_ml_refuses_is_no_outage(setting: Setting) -> None:
    setting.ml.refuses = "!!!"
    for _ in range(5):
        with pytest.raises(TextRefused):
            await setting.encoder.encode("!!!")
    assert (await setting.encoder.encode("lake"))[0] == "tiny"


async def test_a_model_may_have_no_calibration(setting: Setting) -> None:
    setting.ml.model = MODEL | {"calibration": None}
    assert (await setting.encoder.model()).calibration is None


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"model": "x"},
        MODEL | {"calibration": {}} | {"calibration": {"scale": 1}},
        MODEL | {"dimensions": "many"},
    ],
)
async def test_an_answer_that_says_too_little_is_an_absence(setting: Setting, told: Any) -> None:
    setting.ml.model = told
    with pytest.raises(EncoderAway):
        await setting.encoder.model()
