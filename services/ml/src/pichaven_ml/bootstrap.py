"""The composition root: makes the clients and wires the use cases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from pichaven_chassis.events import EventBroker, EventPublisher
from pichaven_chassis.health import HealthCheck
from pichaven_chassis.replay import replay
from pichaven_chassis.runtime import Role, Service
from pichaven_chassis.settings import HttpSettings, KafkaSettings, StorageSettings
from pichaven_chassis.storage import connect_store
from pichaven_contracts.photo import PhotoProgressed
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos, ProgressSender
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.analysis.subscribers import PhotoEvents
from pichaven_ml.container import Container
from pichaven_ml.inference import routes
from pichaven_ml.inference.embed_texts import EmbedTexts
from pichaven_ml.inference.engine import Engine
from pichaven_ml.inference.pictures import PictureReader
from pichaven_ml.models.encoder import ModelLoader
from pichaven_ml.models.loaders import model_loader
from pichaven_ml.reembedding.noting_publisher import NotingPublisher
from pichaven_ml.reembedding.reembed_photos import ReembedPhotos
from pichaven_ml.reembedding.spooled_texts import SpooledTexts
from pichaven_ml.settings import ClipSettings, MlSettings
from pichaven_ml.tagging.make_tagger import MakeTagger
from pichaven_ml.tagging.parameters_cache import TaggerParametersCache
from pichaven_ml.tagging.vocabulary import load_vocabulary
from pichaven_ml.text_reading.ocr_process import OcrProcess
from pichaven_ml.text_reading.read_text import ReadText


async def build(
    role: Role,
    *,
    settings: MlSettings | None = None,
    clip: ClipSettings | None = None,
    loader: ModelLoader | None = None,
) -> Service:
    settings = settings or MlSettings()
    configured = model_loader(settings, clip or ClipSettings())
    pictures = PictureReader(settings.decode_threads)
    engine = _engine(settings, loader or configured, pictures)
    service = Service(
        name="ml",
        http=HttpSettings(),
        internal_routers=[routes.router],
        startup=[engine.load],
        setup=[configured.prepare],
        checks=[HealthCheck("model", engine.probe)],
        live_checks=[HealthCheck("inference", engine.probe_life)],
        close=[engine.close, pictures.close],
        container=Container(engine=engine, embed_texts=EmbedTexts(engine)),
    )
    if role.works:
        ocr = OcrProcess(settings.ocr_timeout_s)
        service.close = [*service.close, ocr.close]
        broker = EventBroker(KafkaSettings(), "ml", generation=settings.generation)
        # Owners see the progress of the ml in force alone.
        progress = discard_progress if settings.generation else broker.send_progress
        analyze = _analyze_photos(settings, engine, ocr, broker, progress)
        patient = bool(settings.generation)
        PhotoEvents(analyze, ForgetPhoto(broker), patient=patient).subscribe(broker)
        service.broker = broker
    return service


@asynccontextmanager
async def reembedding(
    *,
    settings: MlSettings | None = None,
    clip: ClipSettings | None = None,
    kafka: KafkaSettings | None = None,
) -> AsyncIterator[ReembedPhotos]:
    """Wire the operator's job, with its own model and connections."""
    settings = settings or MlSettings()
    kafka = kafka or KafkaSettings()
    pictures = PictureReader(settings.decode_threads)
    engine = _engine(settings, model_loader(settings, clip or ClipSettings()), pictures)
    broker = EventBroker(kafka, "ml", generation=settings.generation)
    ocr = OcrProcess(settings.ocr_timeout_s)
    texts = SpooledTexts()
    publisher = NotingPublisher(broker)
    analyze = _analyze_photos(settings, engine, ocr, publisher, discard_progress)
    try:
        # An outage is reported before the model takes its time to load.
        await broker.start()
        await engine.load()
        yield ReembedPhotos(
            analyze,
            publisher,
            partial(replay, kafka),
            texts,
            model=engine.card.id,
            candidate=bool(settings.generation),
            parallel=_photos_in_memory(settings),
            reads=settings.ocr == "on",
        )
    finally:
        await broker.stop()
        texts.close()
        await ocr.close()
        await engine.close()
        await pictures.close()


async def discard_progress(event: PhotoProgressed) -> None:
    """Publish nothing: no owner waits for this work."""


def _engine(settings: MlSettings, loader: ModelLoader, pictures: PictureReader) -> Engine:
    return Engine(
        loader,
        pictures,
        MakeTagger(load_vocabulary(), TaggerParametersCache(settings.cache)),
        batch_size=settings.batch_size,
        max_wait_s=settings.max_wait_ms / 1000,
    )


def _analyze_photos(
    settings: MlSettings,
    engine: Engine,
    ocr: OcrProcess,
    publisher: EventPublisher,
    progress: ProgressSender,
) -> AnalyzePhotos:
    store = connect_store(StorageSettings())
    return AnalyzePhotos(
        engine,
        store,
        publisher,
        progress,
        parallel=_photos_in_memory(settings),
        candidate=bool(settings.generation),
        read_text=ReadText(ocr, store) if settings.ocr == "on" else None,
    )


def _photos_in_memory(settings: MlSettings) -> int:
    """Enough to keep the decoding threads and two batches busy."""
    return settings.decode_threads + 2 * settings.batch_size
