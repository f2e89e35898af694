"""A search service with two embedding models, for tests of the switch between them."""

import asyncio
import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from services.search.tests.fakes import (
    changed_event,
    delivery,
    embedded_event,
    text_read_event,
)
from services.search.tests.reindex.topic_log import Log

from pichaven_chassis.events import Delivery
from pichaven_chassis.ids import new_id
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoChanged
from pichaven_search.bootstrap import Adapters, operations
from pichaven_search.ml_client.text_encoder import MlTextEncoder
from pichaven_search.query_language.words import words
from pichaven_search.reindex.operator import operate
from pichaven_search.settings import MlSettings
from testing.authority import TestAuthority

DIMENSIONS = {"old-64": 64, "new-96": 96}
THINGS = ("lighthouse", "giraffe", "sunflower", "bicycle")


def vector_of(text: str, model: str) -> list[float]:
    """A unit vector by the text's words, in a space of the model's own."""
    size = DIMENSIONS[model]
    sums = [0.0] * size
    for word in words(text):
        stem = min(word.stems, default=word.term)
        digest = hashlib.shake_256(f"{model}/{stem}".encode()).digest(size)
        sums = [part + byte / 127.5 - 1 for part, byte in zip(sums, digest, strict=True)]
    length = math.sqrt(sum(part * part for part in sums)) or 1.0
    return [part / length for part in sums] if any(sums) else [1.0] + [0.0] * (size - 1)


@dataclass
class Mls:
    """The ml at each host: which model it runs, and the requests to it. An absent one refuses."""

    runs: dict[str, str] = field(default_factory=lambda: {"old": "old-64", "new": "new-96"})
    blind: set[str] = field(default_factory=set)
    """Models that give everything the same embedding."""
    uncalibrated: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)

    def respond(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        self.requests.append(f"{host}{request.url.path}")
        if host not in self.runs:
            raise httpx.ConnectError("refused", request=request)
        model = self.runs[host]
        measured = {"scale": 20, "bias": -10, "threshold": 0.4}
        calibration = None if model in self.uncalibrated else measured
        if request.url.path == "/internal/model":
            description = {"model": model, "dimensions": DIMENSIONS[model]}
            description["calibration"] = calibration
            return httpx.Response(200, json=description)
        [text] = json.loads(request.content)["texts"]
        vector = vector_of("fog" if model in self.blind else text, model)
        body = {"model": model, "embeddings": [vector], "calibrations": [calibration]}
        return httpx.Response(200, json=body)


@dataclass
class ModelSwitch:
    """A search service with two ml, its topics, and an operator."""

    adapters: Adapters
    mls: Mls
    ml_client: httpx.AsyncClient
    http: httpx.AsyncClient
    authority: TestAuthority
    log: Log = field(default_factory=Log)
    owner: str = field(default_factory=new_id)
    photos: dict[str, PhotoChanged] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    async def publish(self, *events: Event | Delivery) -> None:
        """Append to the topics, and index."""
        deliveries = [each if isinstance(each, Delivery) else delivery(each) for each in events]
        self.log.append(*deliveries)
        await self.adapters.index_photos(deliveries)

    def embedded_event(self, photo: PhotoChanged, text: str, model: str) -> Event:
        return embedded_event(photo, text, model=model, embedding=tuple(vector_of(text, model)))

    async def fill(self) -> None:
        """Add a photo of each thing, embedded by the old model, with a text."""
        for thing in THINGS:
            self.photos[thing] = changed_event(owner_id=self.owner, caption="holiday")
        await self.publish(*self.photos.values())
        await self.publish(*(text_read_event(photo, "EXIT") for photo in self.photos.values()))
        await self.reembed("old-64")

    async def reembed(self, model: str, *things: str) -> None:
        for thing in things or THINGS:
            await self.publish(self.embedded_event(self.photos[thing], thing, model))
        await self.refresh()

    async def refresh(self) -> None:
        for index in await self.adapters.indexes.list_written():
            await self.adapters.indexes.refresh(index)

    async def run(self, *arguments: str, pause: Any = None) -> list[str]:
        async def no_pause(_seconds: float) -> None:
            await asyncio.sleep(0)

        self.lines.clear()
        commands = operations(
            self.adapters,
            replay=self.log.replay,
            delete_topics=self.log.delete,
            pause=pause or no_pause,
        )
        await operate(arguments, commands, self.lines.append)
        return self.lines

    def use_mls(self, urls: str) -> None:
        """Give the operator other addresses of ml."""
        self.adapters = replace(
            self.adapters, encoder=MlTextEncoder(self.ml_client, MlSettings(urls=urls))
        )

    async def ask(self, query: str, **more: Any) -> dict[str, Any]:
        response = await self.http.get(
            "/api/v1/search",
            params={"q": query, **more},
            headers=self.authority.headers(self.owner),
        )
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def model(self) -> str:
        index = await self.adapters.indexes.get_searched()
        assert index is not None
        return index.model


async def check_found(model_switch: ModelSwitch, results: dict[str, Any], thing: str) -> None:
    """The photo of the thing is found, by what it shows, and nothing else is."""
    ids = [item["photo"]["id"] for item in results["items"]]
    assert ids == [model_switch.photos[thing].photo_id], (thing, results["model"])
    assert results["degraded"] == []
