"""The whole service on a real Mongo-wire database, without Kafka."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from services.gallery.tests.story import UPLOADED_AT, Story

from pichaven_chassis.events import Delivery
from pichaven_chassis.http import create_app
from pichaven_chassis.ids import new_id
from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.runtime import Role, Service
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoEmbedded, PhotoProcessed
from pichaven_contracts.registry import EVENTS
from pichaven_gallery.activity import subscribers as activity_subscribers
from pichaven_gallery.bootstrap import build
from pichaven_gallery.container import Container
from pichaven_gallery.ingest import subscribers as ingest_subscribers
from pichaven_gallery.settings import GallerySettings
from testing.authority import TestAuthority
from testing.connected_client import connected
from testing.dispatch import dispatch, meta_of
from testing.fake_clock import FakeClock
from testing.memory_object_store import MemoryObjectStore
from testing.recording_publisher import RecordingPublisher

JsonObject = dict[str, Any]


@dataclass
class Sse:
    """A client of `GET /events`; it reads while `reading` is set."""

    status: int = 0
    text: str = ""
    ended: bool = False
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> list[tuple[str, JsonObject, str | None]]:
        """Name, data and id of each whole event."""
        events = []
        for block in self.text.split("\n\n")[:-1]:
            lines = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
            if "data" in lines:
                events.append((lines["event"], json.loads(lines["data"]), lines.get("id")))
        return events

    def events_named(self, name: str) -> list[JsonObject]:
        return [data for event, data, _ in self.events if event == name]


@dataclass
class Gallery:
    service: Service
    app: FastAPI
    http: httpx.AsyncClient
    database: MongoDatabase
    clock: FakeClock
    sent: RecordingPublisher
    store: MemoryObjectStore
    authority: TestAuthority

    @property
    def container(self) -> Container:
        assert isinstance(self.service.container, Container)
        return self.service.container

    async def ingest(self, *events: Event, source: str = "/pichaven/processing") -> None:
        """Deliver events as Kafka does, one after the other, with the files of processed photos."""
        for event in events:
            if isinstance(event, PhotoProcessed):
                await self.store_variants(event)
            await self.deliver(event, source=source)

    async def deliver(self, event: Event, source: str = "/pichaven/processing") -> None:
        if isinstance(event, PhotoEmbedded):
            deliveries = [Delivery(event, meta_of(event, source))]
            await ingest_subscribers.repeat_purges(deliveries, self.container)
            return
        await dispatch(
            ingest_subscribers.router, self.container, event, meta=meta_of(event, source)
        )

    async def store_variants(self, event: PhotoProcessed) -> None:
        for variant in event.variants:
            await self.store.put(variant.key, b"x", content_type="image/webp")

    async def progress(self, *events: Event, source: str = "/pichaven/processing") -> None:
        deliveries = [Delivery(event, meta_of(event, source)) for event in events]
        await ingest_subscribers.apply_progress(deliveries, self.container)

    async def published_events(self) -> Sequence[Event]:
        """Return all events that the relay has sent, decoded."""
        await self.container.relay.drain()
        events: list[Event] = []
        for record in self.sent.records:
            if record.value is not None:
                name = dict(record.headers)["ce_type"]
                assert name is not None
                events.append(EVENTS[name.decode()].model_validate_json(record.value))
        return events

    async def tombstones(self) -> list[str]:
        await self.container.relay.drain()
        return [record.key.decode() for record in self.sent.records if record.value is None]

    async def deliver_to_streams(self) -> None:
        """Deliver everything published since the last call to the event streams."""
        await self.container.relay.drain()
        records, self.sent.records = self.sent.records, []
        for record in records:
            await self._deliver_to_streams(record)

    async def _deliver_to_streams(self, record: Any) -> None:
        from pichaven_chassis.events.cloud_events import decode
        from pichaven_contracts.photo import PhotoChanged

        @dataclass
        class ReceivedRecord:
            topic: str
            key: bytes
            value: bytes | None
            headers: list[tuple[str, bytes | None]]
            partition: int = 0
            offset: int = 0
            timestamp: int = 0

        received = ReceivedRecord(record.topic, record.key, record.value, record.headers)
        delivery = decode(received, {PhotoChanged})
        if delivery is not None:
            await dispatch(activity_subscribers.router, self.container, delivery.event)

    async def call(
        self, owner_id: str, method: str, path: str, *, status: int = 200, **arguments: Any
    ) -> Any:
        """Return the JSON of a response with the expected status."""
        headers = self.authority.headers(owner_id) | arguments.pop("headers", {})
        response = await self.http.request(method, f"/api/v1{path}", headers=headers, **arguments)
        assert response.status_code == status, f"{method} {path}: {response.text}"
        return response.json() if response.content else None

    async def add_ready_photo(
        self, owner_id: str, story: Story | None = None, **changes: Any
    ) -> Story:
        """Ingest the events of a photo up to its processing."""
        story = story or Story(owner_id)
        await self.ingest(story.uploaded_event(), story.processed_event(**changes))
        return story

    @asynccontextmanager
    async def open_stream(
        self, owner_id: str, *, last: str | None = None, token: str | None = None
    ) -> AsyncIterator[Sse]:
        """Open an event stream as a server does."""
        sse = Sse()
        sse.reading.set()
        token = token or self.authority.token(owner_id)
        headers = [(b"authorization", f"Bearer {token}".encode())]
        if last is not None:
            headers.append((b"last-event-id", last.encode()))

        async def send(message: Any) -> None:
            await sse.reading.wait()
            if message["type"] == "http.response.start":
                sse.status = message["status"]
            else:
                sse.text += message.get("body", b"").decode()
                sse.ended = not message.get("more_body", False)

        async with connected(self.app, "/api/v1/events", send, headers):
            yield sse


StartGallery = Callable[..., Awaitable[Gallery]]


@pytest_asyncio.fixture
async def start_gallery(mongo_database: MongoDatabase) -> AsyncIterator[StartGallery]:
    """Return a function that starts a replica of the service on the test's database."""
    started: list[Gallery] = []

    async def start(clock: FakeClock | None = None, **settings: Any) -> Gallery:
        clock = clock or FakeClock(UPLOADED_AT)
        sent, store, authority = RecordingPublisher(), MemoryObjectStore(), TestAuthority()
        service = await build(
            Role.ALL,
            settings=GallerySettings(**settings),
            database=mongo_database,
            store=store,
            authenticator=authority.authenticator,
            sender=sent,
            clock=clock,
        )
        for step in service.setup:
            await step()
        app = create_app(service)
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://photos.test")
        gallery = Gallery(service, app, http, mongo_database, clock, sent, store, authority)
        started.append(gallery)
        return gallery

    yield start
    for gallery in started:
        await gallery.http.aclose()
        for close in gallery.service.close:
            await close()


@pytest_asyncio.fixture
async def gallery(start_gallery: StartGallery) -> Gallery:
    return await start_gallery()


@pytest.fixture
def owner() -> str:
    return new_id()


@pytest.fixture
def stranger() -> str:
    return new_id()
