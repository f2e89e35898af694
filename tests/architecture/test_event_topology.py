"""The topic table and the AsyncAPI document say what the services' event routers subscribe to."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from pichaven_chassis.events import Delivery, EventRouter
from pichaven_contracts import topics
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoProcessed,
    PhotoProgressed,
    PhotoPurged,
    PhotoRejected,
    PhotoTextRead,
)
from pichaven_contracts.topics import EMBEDDINGS, TOPICS, Topic

EVENTS_FOLDER = Path(__file__).parents[2] / "docs" / "events"


def _load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("events_generate", EVENTS_FOLDER / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _load_generator()


@pytest.mark.parametrize("topic", [*TOPICS, EMBEDDINGS], ids=lambda topic: topic.name)
def test_the_consumers_of_a_topic_are_those_of_the_table(topic: Topic) -> None:
    consumers = {
        router.service
        for router in GENERATOR.event_routers()
        for handler in (
            *(each for it in router.subscriptions.values() for each in it.handlers),
            *router.replica_handlers,
        )
        if topic in handler.topics
    }
    assert consumers == set(topic.consumers)


def test_the_asyncapi_document_is_current() -> None:
    document = (EVENTS_FOLDER / "asyncapi.json").read_text()
    assert document == GENERATOR.as_text(), "run `make contracts`"


def _router() -> EventRouter:
    router = EventRouter("upload")

    @router.on(topics.PROCESSING, PhotoProcessed, group="upload")
    async def verify(event: PhotoProcessed) -> None: ...

    @router.on(topics.PROCESSING, PhotoRejected, group="upload", max_handling_s=90)
    async def reject(event: PhotoRejected) -> None: ...

    @router.on(topics.COMMANDS, PhotoPurged)
    async def purge(event: PhotoPurged) -> None: ...

    @router.on_batch(
        topics.LIBRARY, topics.TEXT, types={PhotoChanged, PhotoTextRead}, group="index"
    )
    async def index(deliveries: list[Delivery]) -> None: ...

    @router.on_every_replica(topics.PROGRESS, PhotoProgressed)
    async def show(event: PhotoProgressed) -> None: ...

    return router


def test_the_document_has_the_operations_of_the_routers() -> None:
    document = GENERATOR.asyncapi_document([_router()], {"gallery": [PhotoChanged, PhotoPurged]})

    operations = document["operations"]
    received = operations["upload.receive.pichaven.processing.v1"]
    assert [each["$ref"].rsplit("/", 1)[1] for each in received["messages"]] == [
        "photo.processed.v1",
        "photo.rejected.v1",
    ]
    assert received["x-dead-letters"] == "pichaven.upload.dlq"
    assert operations["index.receive.pichaven.library.v1"]["x-tombstones"]
    assert set(operations) == {
        "gallery.send.pichaven.library.v1",
        "gallery.send.pichaven.commands.v1",
        "upload.receive.pichaven.processing.v1",
        "upload-commands.receive.pichaven.commands.v1",
        "index.receive.pichaven.library.v1",
        "index.receive.pichaven.text.v1",
        "upload.every-replica.receive.pichaven.progress.v1",
    }
    for operation in operations.values():
        channel = document["channels"][operation["channel"]["$ref"].rsplit("/", 1)[1]]
        for message in operation["messages"]:
            assert message["$ref"].rsplit("/", 1)[1] in channel["messages"]
    json.dumps(document)
