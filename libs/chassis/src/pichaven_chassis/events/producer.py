"""The one way records leave a process: idempotent, acknowledged by all replicas."""

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    NotLeaderForPartitionError,
    UnknownTopicOrPartitionError,
)

from pichaven_chassis.events.cloud_events import OutgoingRecord
from pichaven_chassis.events.connection import connect, connection_options
from pichaven_chassis.events.topics import LARGEST_RECORD
from pichaven_chassis.logging import get_logger
from pichaven_chassis.metrics import EVENTS_PUBLISHED
from pichaven_chassis.outages import EngineDown, TopicMissing
from pichaven_chassis.settings import KafkaSettings

_log = get_logger(__name__)
# The second one for records that were under way when the topic was deleted.
_MISSING_TOPIC: Final = (UnknownTopicOrPartitionError, NotLeaderForPartitionError)


class RecordProducer:
    """Sends records; connects on first use and anew after a fatal producer error."""

    def __init__(self, settings: KafkaSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def start(self) -> None:
        """Connect; raises a KafkaError while Kafka is away."""
        async with self._connecting:
            if self._producer is not None:
                return
            producer = AIOKafkaProducer(
                client_id=self._client_id,
                acks="all",
                enable_idempotence=True,
                max_request_size=LARGEST_RECORD,
                compression_type="gzip",
                **connection_options(self._settings),
            )
            await connect(producer)
            self._producer = producer

    async def stop(self) -> None:
        async with self._connecting:
            if self._producer is not None:
                producer, self._producer = self._producer, None
                await producer.stop()

    async def send(self, *records: OutgoingRecord) -> None:
        """Return once every record is acknowledged, in order of their keys.

        Raises `EngineDown` when Kafka does not take them, `TopicMissing` for want of a topic; some
        may have been written then.
        """
        try:
            await self.start()
            producer = self._producer
            assert producer is not None
            acknowledgements = [
                await producer.send(
                    record.topic, value=record.value, key=record.key, headers=record.headers
                )
                for record in records
            ]
            await asyncio.gather(*acknowledgements)
        except KafkaError as error:
            _log.warning("kafka_refused", error=repr(error)[:300], records=len(records))
            if not error.retriable:
                # Out of sequence or fenced: only a new producer gets on.
                await self.stop()
            problem = TopicMissing if isinstance(error, _MISSING_TOPIC) else EngineDown
            raise problem(f"Kafka did not take the record: {error!r}"[:300]) from error
        for record in records:
            EVENTS_PUBLISHED.labels(record.topic).inc()
