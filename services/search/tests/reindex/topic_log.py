"""The topics that an index is rebuilt from, in memory."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field

from services.search.tests.fakes import MODEL

from pichaven_chassis.events import Delivery
from pichaven_chassis.replay import MissingTopic
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic, embedding_topic


@dataclass
class Log:
    """Compacted topics in memory; an embedding topic exists once it has a record."""

    records: dict[str, dict[str, Delivery]] = field(default_factory=dict)

    def append(self, *deliveries: Delivery) -> None:
        for each in deliveries:
            self.records.setdefault(each.meta.topic, {})[each.meta.key] = each

    async def delete(self, topics: Collection[str]) -> None:
        for name in topics:
            del self.records[name]

    async def replay(self, topic: Topic, types: Collection[type[Event]]) -> AsyncIterator[Delivery]:
        if topic.name not in self.records and topic == embedding_topic(MODEL.name):
            raise MissingTopic(topic.name)
        for each in list(self.records.get(topic.name, {}).values()):
            yield each
