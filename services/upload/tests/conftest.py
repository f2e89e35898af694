"""The service over a real Mongo-wire database and object storage in memory."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from pichaven_chassis.events.cloud_events import OutgoingRecord
from pichaven_chassis.http import create_app
from pichaven_chassis.ids import new_id
from pichaven_chassis.mongo import MongoDatabase
from pichaven_chassis.runtime import Role, Service
from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import Presigner
from pichaven_contracts.event import Event
from pichaven_contracts.photo import PhotoProcessed, PhotoUploaded
from pichaven_contracts.registry import EVENTS
from pichaven_upload.bootstrap import Repositories, build, relays, repositories_in, wire
from pichaven_upload.container import Container
from pichaven_upload.photos.subscribers import router
from pichaven_upload.settings import UploadSettings
from testing.authority import TestAuthority
from testing.dispatch import dispatch
from testing.fake_clock import FakeClock
from testing.memory_object_store import MemoryObjectStore
from testing.recording_publisher import RecordingPublisher

PART = 5 << 20


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def picture(size: int = 1000, seed: str = "a") -> bytes:
    """Bytes of a size, different for every seed."""
    block = hashlib.sha256(seed.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


@dataclass
class Upload:
    """An upload and its sent parts, as a client has them."""

    id: str
    photo_id: str
    parts: list[dict[str, Any]]
    session: dict[str, Any]


class UploadApp:
    """The service, and a client of it."""

    picture = staticmethod(picture)
    sha256 = staticmethod(sha256)
    PART = PART

    def __init__(
        self,
        service: Service,
        repositories: Repositories,
        database: MongoDatabase,
        store: MemoryObjectStore,
        authority: TestAuthority,
        clock: FakeClock,
    ) -> None:
        assert isinstance(service.container, Container)
        self.owner = new_id()
        self.container = service.container
        self.reconciler = service.container.reconciler
        self.repositories = repositories
        self.database = database
        self.store = store
        self.clock = clock
        self.authority = authority
        self.asgi = create_app(service)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.asgi), base_url="http://test/api/v1"
        )

    async def handle(self, *events: Event) -> None:
        """Deliver events to the subscribers, one after the other."""
        for event in events:
            await dispatch(router, self.container, event)

    async def call(
        self, method: str, path: str, body: Any = None, *, owner: str | None = None, **more: Any
    ) -> httpx.Response:
        headers = self.authority.headers(owner or self.owner) | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return await self.http.request(method, path, headers=headers, **more)

    async def announce(self, data: bytes, **fields: Any) -> httpx.Response:
        owner = fields.pop("owner", None)
        body = {
            "filename": "a.jpg",
            "size": len(data),
            "content_type": "image/jpeg",
            "sha256": sha256(data),
        }
        return await self.call("POST", "/uploads", body | fields, owner=owner)

    async def begin(self, data: bytes, *, send: bool = True, **fields: Any) -> Upload:
        """An open upload; its parts are in storage unless `send` is false."""
        response = await self.announce(data, **fields)
        assert response.status_code == 201, response.text
        body = response.json()
        upload = Upload(body["upload_id"], body["photo_id"], [], body)
        if send:
            upload.parts = await self.send(upload, data)
        return upload

    async def send(
        self, upload: Upload, data: bytes, only: set[int] | None = None
    ) -> list[dict[str, Any]]:
        stored = await self.repositories.uploads.get(upload.id)
        assert stored is not None and stored.multipart_id is not None
        parts = []
        size = stored.part_size
        for number in range(1, stored.parts_total + 1):
            piece = data[(number - 1) * size : number * size]
            if only is None or number in only:
                etag = await self.store.upload_part(stored.key, stored.multipart_id, number, piece)
                parts.append({"number": number, "etag": etag})
        return parts

    async def complete(self, upload: Upload, **more: Any) -> httpx.Response:
        return await self.call(
            "POST",
            f"/uploads/{upload.id}/complete",
            {"parts": more.pop("parts", upload.parts)},
            **more,
        )

    async def photo(self, data: bytes, **fields: Any) -> str:
        """The id of an uploaded photo."""
        upload = await self.begin(data, **fields)
        response = await self.complete(upload, owner=fields.get("owner"))
        assert response.status_code == 202, response.text
        return str(response.json()["photo_id"])

    async def usage(self, owner: str | None = None) -> dict[str, Any]:
        return (await self.call("GET", "/me/usage", owner=owner)).json()

    async def published_events(self) -> list[Event]:
        """Return the events that the outboxes publish now."""
        sent = RecordingPublisher()
        for relay in relays(self.database, sent):
            await relay.drain()
        return [_to_event(record) for record in sent.records]

    def multiparts(self) -> list[str]:
        return sorted(self.store._multiparts)


def _to_event(record: OutgoingRecord) -> Event:
    headers = {name: value.decode() for name, value in record.headers}
    event = EVENTS[headers["ce_type"]].model_validate_json(record.value or b"")
    assert event.topic.name == record.topic
    return event


SETTINGS = UploadSettings(
    part_bytes=PART,
    max_file_bytes=40 << 20,
    quota_bytes=100 << 20,
    uploads_per_hour=50,
    open_uploads=20,
    bulk_after=10,
    streams=2,
)


class AppFactory:
    def __init__(self, database: MongoDatabase) -> None:
        self.database = database
        self.clock = FakeClock()
        self.authority = TestAuthority()
        self.store = MemoryObjectStore()

    def repositories(self) -> Repositories:
        return repositories_in(self.database, SETTINGS, clock=self.clock)

    async def make(
        self,
        repositories: Repositories | None = None,
        store: MemoryObjectStore | None = None,
        **settings: Any,
    ) -> UploadApp:
        """Return an app; several share the database and the object store, as replicas do."""
        chosen = SETTINGS.model_copy(update=settings)
        store = store or self.store
        service = await build(
            Role.API,
            settings=chosen,
            database=self.database,
            store=store,
            authenticator=self.authority.authenticator,
            clock=self.clock,
        )
        if repositories is not None:
            presigner = Presigner(StorageSettings())
            service.container = wire(repositories, store, presigner, chosen, clock=self.clock)
        return UploadApp(
            service,
            repositories or self.repositories(),
            self.database,
            store,
            self.authority,
            self.clock,
        )


@pytest_asyncio.fixture
async def factory(mongo_database: MongoDatabase) -> AsyncIterator[AppFactory]:
    factory = AppFactory(mongo_database)
    repositories = factory.repositories()
    for repository in (
        repositories.uploads,
        repositories.photos,
        repositories.blobs,
        repositories.accounts,
    ):
        await repository.ensure_indexes()  # type: ignore[attr-defined]
    for relay in relays(mongo_database, RecordingPublisher()):
        await relay.ensure_indexes()
    yield factory


@pytest_asyncio.fixture
async def app(factory: AppFactory) -> UploadApp:
    return await factory.make()


def processed_event(event: PhotoUploaded) -> PhotoProcessed:
    """Processing's outcome for an uploaded picture."""
    return PhotoProcessed(
        photo_id=event.photo_id,
        owner_id=event.owner_id,
        revision=event.revision,
        pipeline_version=1,
        sha256=event.sha256,
        object_key=event.object_key,
        content_type="image/jpeg",
        size=event.size,
        width=10,
        height=10,
        variants=(),
        blurhash="L",
        phash="0" * 16,
    )
