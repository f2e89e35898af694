"""The topic table, the AsyncAPI document and the READMEs say what the services subscribe to."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from pichaven_chassis.events import EventRouter
from pichaven_chassis.events.router import Subscription, merge
from pichaven_contracts.photo import (
    PhotoChanged,
    PhotoPurged,
)
from pichaven_contracts.topics import EMBEDDINGS, TOPICS, Topic
from testing.sample_router import sample_router

PROJECT = Path(__file__).parents[2]
EVENTS_FOLDER = PROJECT / "docs" / "events"
TOPIC_NAME = re.compile(r"\bpichaven\.[a-z{}.-]+\.v\d+\b")


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


@pytest.mark.parametrize("router", GENERATOR.event_routers(), ids=lambda router: router.service)
def test_the_readme_of_a_service_names_its_topics_and_groups(router: EventRouter) -> None:
    readme = (PROJECT / "services" / router.service / "README.md").read_text()
    handlers = [each for it in router.subscriptions.values() for each in it.handlers]
    topics = {topic.name for each in (*handlers, *router.replica_handlers) for topic in each.topics}
    missing = {name for name in (*topics, *router.subscriptions) if f"`{name}`" not in readme}
    assert not missing, f"name them in Consumes of services/{router.service}/README.md"


def test_the_routers_of_a_service_go_together() -> None:
    subscriptions: dict[str, Subscription] = {}
    for router in GENERATOR.event_routers():
        for subscription in router.subscriptions.values():
            merge(subscriptions, subscription)


@pytest.mark.parametrize(
    "readme", sorted(PROJECT.glob("services/*/README.md")), ids=lambda path: path.parent.name
)
def test_a_readme_names_topics_that_exist(readme: Path) -> None:
    names = set(TOPIC_NAME.findall(readme.read_text()))
    assert names <= {topic.name for topic in (*TOPICS, EMBEDDINGS)}


def test_the_document_has_the_operations_of_the_routers() -> None:
    document = GENERATOR.asyncapi_document(
        [sample_router()], {"gallery": [PhotoChanged, PhotoPurged]}
    )

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
