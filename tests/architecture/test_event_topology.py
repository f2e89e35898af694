"""The topic table and the AsyncAPI document say what the services' event routers subscribe to."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

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
