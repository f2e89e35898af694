"""The embedding topics on a real Kafka."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from services.ml.tests.colour_encoder import ColourEncoder
from services.ml.tests.memory_worker import MemoryWorker

from pichaven_chassis.events import Delivery, TopicMissing
from pichaven_chassis.events.topics import delete_topics, ensure_topics, list_topics
from pichaven_chassis.ids import new_id
from pichaven_chassis.outages import is_outage
from pichaven_chassis.replay import read_to_end
from pichaven_chassis.runtime import Role
from pichaven_chassis.settings import KafkaSettings, StorageSettings
from pichaven_chassis.storage import S3ObjectStore, connect_store
from pichaven_contracts.photo import PhotoEmbedded, PhotoPurged
from pichaven_contracts.topics import TAGS, TEXT, Topic, embedding_topic
from pichaven_ml.analysis.photo_step import AnalysisRequest
from pichaven_ml.bootstrap import build
from pichaven_ml.container import WorkerContainer
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.settings import MlSettings
from testing.polling import eventually

pytestmark = pytest.mark.engines


async def test_a_worker_creates_its_models_topic_and_a_purge_reaches_those_of_all_models(
    kafka_servers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICHAVEN_KAFKA_BOOTSTRAP_SERVERS", kafka_servers)
    monkeypatch.setenv("PICHAVEN_KAFKA_PARTITIONS", "2")
    kafka = KafkaSettings()
    own, other = (f"test-{new_id()}/{name}" for name in ("own", "other"))
    topics = [embedding_topic(own), embedding_topic(other)]
    encoder = ColourEncoder()
    encoder.card = replace(encoder.card, id=own)
    settings = MlSettings(cache_dir=tmp_path)
    service = await build(Role.WORKER, settings=settings, loader=encoder)
    broker = service.broker
    assert broker is not None
    container = broker.container
    assert isinstance(container, WorkerContainer)
    existing = partial(list_topics, kafka, "pichaven.embeddings.test-")

    async def exists() -> bool:
        return topics[0].name in await existing()

    async def none_exists() -> bool:
        return not {topic.name for topic in topics} & set(await existing())

    try:
        await ensure_topics(kafka, [TAGS, TEXT, topics[1]])
        for step in service.startup:
            await step()
        await eventually(exists, "the broker lists the worker's topic")
        assert await ensure_topics(kafka, topics) == []

        photo_id, owner_id = new_id(), new_id()
        for model in (own, other):
            event = PhotoEmbedded(
                photo_id=photo_id, owner_id=owner_id, revision=1, model=model, embedding=(1.0, 0.0)
            )
            await broker.publish(event)
        await container.forget_photo(PhotoPurged(photo_id=photo_id, owner_id=owner_id))
        for topic in topics:
            assert await _values(kafka, topic, photo_id) == [False, True]
        for topic in (TAGS, TEXT):
            assert await _values(kafka, topic, photo_id) == [True]
    finally:
        await broker.stop()
        for close in service.close:
            await close()
        await delete_topics(kafka, [topic.name for topic in topics])
    await eventually(none_exists, "the broker lists none of the topics")


async def test_a_topic_that_is_deleted_under_a_worker_is_created_again(
    kafka_servers: str,
    storage_settings: StorageSettings,
    runtime: ModelRuntime,
    make_jpeg: Callable[..., bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = storage_settings.secret_access_key.get_secret_value()
    for name, value in {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_servers,
        "KAFKA_PARTITIONS": "2",
        "KAFKA_REQUEST_TIMEOUT_MS": "2000",
        "STORAGE_ENDPOINT_URL": storage_settings.endpoint_url,
        "STORAGE_ACCESS_KEY_ID": storage_settings.access_key_id,
        "STORAGE_SECRET_ACCESS_KEY": secret,
    }.items():
        monkeypatch.setenv(f"PICHAVEN_{name}", value)
    kafka = KafkaSettings()
    encoder = ColourEncoder()
    encoder.card = replace(encoder.card, id=f"test-{new_id()}/deleted")
    topic = embedding_topic(encoder.card.id)
    # A candidate publishes nothing but embeddings.
    settings = MlSettings(cache_dir=tmp_path, candidate=True)
    service = await build(Role.WORKER, settings=settings, loader=encoder)
    assert service.broker is not None
    container = service.broker.container
    assert isinstance(container, WorkerContainer)
    store = connect_store(storage_settings)
    try:
        for step in service.startup:
            await step()
        worker = MemoryWorker(runtime, make_jpeg)
        first, photo = [await _stored_photo(worker, store) for _ in range(2)]
        await container.embed_photos(AnalysisRequest.from_deliveries([first]))
        await delete_topics(kafka, [topic.name])
        requests = AnalysisRequest.from_deliveries([photo])

        with pytest.raises(TopicMissing) as raised:
            await container.embed_photos(requests)

        assert is_outage(raised.value), "the record is retried"
        assert await ensure_topics(kafka, [topic]) == [], "the topic exists"
        await container.embed_photos(requests)
        assert await _values(kafka, topic, photo.meta.key) == [False]
    finally:
        await service.broker.stop()
        for close in (*service.close, store.close):
            await close()
        await delete_topics(kafka, [topic.name])


async def _stored_photo(worker: MemoryWorker, store: S3ObjectStore) -> Delivery:
    """Put a photo's variants into the store, and return its event."""
    photo = await worker.store_processed_photo()
    await store.ensure_bucket()
    for key, data in worker.store.objects.items():
        await store.put(key, data, content_type="image/jpeg")
    return photo


async def _values(kafka: KafkaSettings, topic: Topic, key: str) -> list[bool]:
    """Return for each record under the key whether it is a tombstone."""
    return [
        record.value is None
        async for record in read_to_end(kafka, topic.name)
        if record.key == key.encode()
    ]
