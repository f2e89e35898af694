"""A publisher that records events, and that tests can make unavailable."""

from pichaven_chassis.events.cloud_events import OutgoingRecord
from pichaven_chassis.events.delivery import EventMeta
from pichaven_chassis.ids import derived_id, new_id
from pichaven_chassis.outages import EngineDown
from pichaven_contracts.event import Event
from pichaven_contracts.topics import Topic


class RecordingPublisher:
    """Has the publishing methods of `EventBroker`."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.event_ids: list[str] = []
        self.tombstones: list[tuple[str, str]] = []
        self.progress: list[Event] = []
        self.records: list[OutgoingRecord] = []
        self.away = False

    async def publish(self, event: Event, *, cause: EventMeta | None = None) -> None:
        self._check()
        self.events.append(event)
        self.event_ids.append(
            derived_id(cause.id, event.event_type, event.key) if cause else new_id()
        )

    async def publish_tombstone(self, topic: Topic, key: str) -> None:
        self._check()
        self.tombstones.append((topic.name, key))

    async def send_progress(self, event: Event) -> None:
        self.progress.append(event)

    async def send(self, *records: OutgoingRecord) -> None:
        self._check()
        self.records += records

    def _check(self) -> None:
        if self.away:
            raise EngineDown("made unavailable by the test")
