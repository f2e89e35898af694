"""The composition root: makes the clients and wires the use cases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from threadpoolctl import threadpool_limits

from pichaven_chassis.events import EventBroker, EventRouter, Publisher
from pichaven_chassis.events.topics import ensure_topics, list_topics
from pichaven_chassis.health import HealthCheck
from pichaven_chassis.replay import replay
from pichaven_chassis.runtime import Background, Role, Service
from pichaven_chassis.settings import HttpSettings, KafkaSettings, StorageSettings
from pichaven_chassis.storage import ObjectStore, connect_store
from pichaven_contracts.photo import PhotoProgressed
from pichaven_contracts.topics import EMBEDDINGS, Topic, embedding_topic, topic_of
from pichaven_ml.analysis import subscribers as analysis
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos
from pichaven_ml.analysis.embed_photo import EmbedPhoto
from pichaven_ml.analysis.embedding_publisher import EmbeddingPublisher
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.analysis.tag_photo import TagPhoto
from pichaven_ml.container import Container, WorkerContainer
from pichaven_ml.inference import routes
from pichaven_ml.inference.decoding_pool import DecodingPool
from pichaven_ml.inference.embed_picture import EmbedPicture
from pichaven_ml.inference.embed_texts import EmbedTexts
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.inference.pictures import PictureReader
from pichaven_ml.models.encoder import ModelLoader
from pichaven_ml.models.loaders import model_loader
from pichaven_ml.models.source import resolve
from pichaven_ml.preparation.prepare_model import PrepareModel
from pichaven_ml.reembedding.reembed_photos import LOG_EVERY_S, ReembedPhotos
from pichaven_ml.settings import ClipSettings, MlSettings
from pichaven_ml.tagging.make_tagger import MakeTagger
from pichaven_ml.tagging.parameters_cache import TaggerParametersCache
from pichaven_ml.tagging.vocabulary import load_vocabulary
from pichaven_ml.text_reading import subscribers as text_reading
from pichaven_ml.text_reading.ocr_process import OcrProcess
from pichaven_ml.text_reading.read_text import ReadText

_CANDIDATE: Final = "candidate"
"""The suffix of a candidate's consumer groups."""
_TEXTS_IN_MEMORY: Final = 2
"""One picture is fetched while another one is read."""


async def build(
    role: Role,
    *,
    settings: MlSettings | None = None,
    clip: ClipSettings | None = None,
    loader: ModelLoader | None = None,
    store: ObjectStore | None = None,
    publisher: Publisher | None = None,
) -> Service:
    """Return the service in a role. `store` and `publisher` replace S3 and Kafka's producer."""
    settings = settings or MlSettings()
    # numpy multiplies by single vectors here: waiting threads took a query ten times its CPU time.
    threadpool_limits(1, user_api="blas")
    configured = model_loader(settings, clip or ClipSettings())
    pictures = PictureReader(settings.decode_threads)
    runtime = _runtime(settings, loader or configured, pictures)
    decoding = DecodingPool(timeout_s=settings.decode_timeout_s)
    service = Service(
        name="ml",
        http=HttpSettings(),
        internal_routers=[routes.router],
        startup=[runtime.load],
        setup=[configured.prepare],
        checks=[HealthCheck("model", runtime.probe)],
        live_checks=[HealthCheck("inference", runtime.probe_life)],
        background=[Background("decoding", decoding.end_idle)],
        close=[runtime.close, pictures.close, decoding.close],
        container=Container(
            runtime=runtime,
            embed_texts=EmbedTexts(runtime),
            embed_picture=EmbedPicture(runtime, decoding),
        ),
    )
    if role.works:
        _consume(service, settings, runtime, store or connect_store(StorageSettings()), publisher)
    return service


def _consume(
    service: Service,
    settings: MlSettings,
    runtime: ModelRuntime,
    store: ObjectStore,
    publisher: Publisher | None,
) -> None:
    """Add what a worker has beside an API."""
    kafka = KafkaSettings()
    ocr = OcrProcess(settings.ocr_timeout_s)
    routers = [analysis.router, *([text_reading.router] if settings.reads_text else [])]
    broker = _broker(settings, kafka, *routers)
    publisher = publisher or broker
    # Owners see the progress of the ml in force alone.
    send_progress = discard_progress if settings.candidate else publisher.send_progress
    embed_photo, read_text = _embed_photo(settings, runtime, store), ReadText(ocr, store)
    parallel = _photos_in_memory(settings)
    ensure_embedding_topic = partial(_ensure_embedding_topic, kafka, runtime)
    embeddings = EmbeddingPublisher(publisher, ensure_embedding_topic)
    broker.container = WorkerContainer(
        embed_photos=AnalyzePhotos(embed_photo, embeddings, send_progress, parallel=parallel),
        read_texts=AnalyzePhotos(read_text, publisher, send_progress, parallel=_TEXTS_IN_MEMORY)
        if settings.reads_text
        else None,
        forget_photo=ForgetPhoto(publisher, partial(_list_embedding_topics, kafka)),
    )
    service.broker = broker
    service.startup = [*service.startup, ensure_embedding_topic]
    service.close = [*service.close, ocr.close]


@asynccontextmanager
async def reembedding(
    *,
    settings: MlSettings | None = None,
    clip: ClipSettings | None = None,
    kafka: KafkaSettings | None = None,
    log_every_s: float = LOG_EVERY_S,
) -> AsyncIterator[ReembedPhotos]:
    """Wire the operator's job, with its own model and connections."""
    settings = settings or MlSettings()
    kafka = kafka or KafkaSettings()
    pictures = PictureReader(settings.decode_threads)
    runtime = _runtime(settings, model_loader(settings, clip or ClipSettings()), pictures)
    store = connect_store(StorageSettings())
    broker = _broker(settings, kafka)
    ocr = OcrProcess(settings.ocr_timeout_s)
    try:
        # An outage is reported before the model takes its time to load.
        await broker.start()
        await runtime.load()
        ensure_embedding_topic = partial(_ensure_embedding_topic, kafka, runtime)
        await ensure_embedding_topic()
        yield ReembedPhotos(
            _embed_photo(settings, runtime, store),
            _tag_photo(settings, runtime),
            ReadText(ocr, store) if settings.reads_text else None,
            EmbeddingPublisher(broker, ensure_embedding_topic),
            partial(replay, kafka),
            model=runtime.card.id,
            parallel=_photos_in_memory(settings),
            log_every_s=log_every_s,
        )
    finally:
        await broker.stop()
        await ocr.close()
        await runtime.close()
        await pictures.close()


@asynccontextmanager
async def preparation(
    *, settings: MlSettings | None = None, clip: ClipSettings | None = None
) -> AsyncIterator[PrepareModel]:
    """Wire the preparation of a model, which needs no engine."""
    settings, clip = settings or MlSettings(), clip or ClipSettings()
    pictures = PictureReader(settings.decode_threads)
    loader = model_loader(settings, clip)
    runtime = _runtime(settings, loader, pictures)
    try:
        source = await asyncio.to_thread(resolve, clip, settings.bundled_dir)
        yield PrepareModel(source, settings.cache, loader, runtime, batch_size=settings.batch_size)
    finally:
        await runtime.close()
        await pictures.close()


async def discard_progress(event: PhotoProgressed) -> None:
    """Publish nothing."""


async def _ensure_embedding_topic(kafka: KafkaSettings, runtime: ModelRuntime) -> None:
    await ensure_topics(kafka, [embedding_topic(runtime.card.id)])


async def _list_embedding_topics(kafka: KafkaSettings) -> list[Topic]:
    prefix, _, _ = EMBEDDINGS.name.partition("{")
    names = await list_topics(kafka, prefix)
    return [topic for topic in map(topic_of, names) if topic is not None]


def _broker(settings: MlSettings, kafka: KafkaSettings, *routers: EventRouter) -> EventBroker:
    suffix = _CANDIDATE if settings.candidate else ""
    return EventBroker(kafka, "ml", routers=routers, group_suffix=suffix)


def _runtime(settings: MlSettings, loader: ModelLoader, pictures: PictureReader) -> ModelRuntime:
    return ModelRuntime(
        loader,
        pictures,
        MakeTagger(load_vocabulary(), TaggerParametersCache(settings.cache)),
        batch_size=settings.batch_size,
        max_wait_s=settings.max_wait_ms / 1000,
    )


def _embed_photo(settings: MlSettings, runtime: ModelRuntime, store: ObjectStore) -> EmbedPhoto:
    tag = _tag_photo(settings, runtime)
    return EmbedPhoto(runtime, store, tag, reads_text=settings.reads_text)


def _tag_photo(settings: MlSettings, runtime: ModelRuntime) -> TagPhoto | None:
    return None if settings.candidate else TagPhoto(runtime)


def _photos_in_memory(settings: MlSettings) -> int:
    """Enough to keep the decoding threads and two batches busy."""
    return settings.decode_threads + 2 * settings.batch_size
