"""Puts the service together; the one place where clients are made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pichaven_chassis.events import EventBroker
from pichaven_chassis.health import HealthCheck
from pichaven_chassis.replay import replay
from pichaven_chassis.runtime import Role, Service
from pichaven_chassis.settings import HttpSettings, KafkaSettings, StorageSettings
from pichaven_chassis.storage import connect_store
from pichaven_contracts.photo import PhotoProgressed
from pichaven_ml.analysis.analyze_photos import AnalyzePhotos
from pichaven_ml.analysis.forget_photo import ForgetPhoto
from pichaven_ml.analysis.subscribers import PhotoEvents
from pichaven_ml.inference import routes
from pichaven_ml.inference.embed_texts import EmbedTexts
from pichaven_ml.inference.engine import Engine
from pichaven_ml.inference.pictures import PillowPictures, prepare
from pichaven_ml.models.card import Pixels, Preprocessing
from pichaven_ml.models.encoder import ModelLoader
from pichaven_ml.models.loaders import OnnxLoader, TorchLoader
from pichaven_ml.reembedding.noting_publisher import NotingPublisher
from pichaven_ml.reembedding.reembed_photos import ReembedPhotos
from pichaven_ml.reembedding.spooled_texts import SpooledTexts
from pichaven_ml.settings import ClipSettings, MlSettings
from pichaven_ml.tagging.learnt_files import LearntFiles
from pichaven_ml.tagging.make_tagger import MakeTagger
from pichaven_ml.tagging.vocabulary_file import read_vocabulary
from pichaven_ml.text_reading.process import TextProcess
from pichaven_ml.text_reading.read_text import ReadText


async def build(
    role: Role,
    *,
    settings: MlSettings | None = None,
    clip: ClipSettings | None = None,
    loader: ModelLoader | None = None,
) -> Service:
    settings = settings or MlSettings()
    prepared = model_loader(settings, clip or ClipSettings())
    pictures = PillowPictures(settings.decode_threads)
    engine = _engine(settings, loader or prepared, pictures)
    service = Service(
        name="ml",
        http=HttpSettings(),
        internal_routers=[routes.router],
        startup=[engine.load],
        setup=[prepared.prepare],
        checks=[HealthCheck("model", engine.probe)],
        live_checks=[HealthCheck("inference", engine.probe_life)],
        close=[engine.close, pictures.close],
        state={"engine": engine, "embed_texts": EmbedTexts(engine)},
    )
    if role.works:
        store = connect_store(StorageSettings())
        reader = TextProcess(settings.ocr_timeout_s)
        service.close = [*service.close, reader.close]
        broker = EventBroker(KafkaSettings(), "ml", generation=settings.generation)
        analyze = AnalyzePhotos(
            engine,
            store,
            broker,
            # Owners see the steps of the ml in force alone.
            tell_nobody if settings.generation else broker.send_progress,
            parallel=settings.decode_threads + 2 * settings.batch_size,
            candidate=bool(settings.generation),
            read=ReadText(reader, store) if settings.ocr == "on" else None,
        )
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
    """The operator's job, with a model and connections of its own."""
    settings = settings or MlSettings()
    kafka = kafka or KafkaSettings()
    pictures = PillowPictures(settings.decode_threads)
    engine = _engine(settings, model_loader(settings, clip or ClipSettings()), pictures)
    broker = EventBroker(kafka, "ml", generation=settings.generation)
    reader = TextProcess(settings.ocr_timeout_s)
    store = connect_store(StorageSettings())
    texts = SpooledTexts()
    parallel = settings.decode_threads + 2 * settings.batch_size
    try:
        await engine.load()
        await broker.start()
        publisher = NotingPublisher(broker)
        analyze = AnalyzePhotos(
            engine,
            store,
            publisher,
            tell_nobody,
            parallel=parallel,
            candidate=bool(settings.generation),
            read=ReadText(reader, store) if settings.ocr == "on" else None,
        )
        yield ReembedPhotos(
            analyze,
            publisher,
            partial(replay, kafka),
            texts,
            model=engine.card.id,
            candidate=bool(settings.generation),
            parallel=parallel,
            reads=settings.ocr == "on",
        )
    finally:
        await broker.stop()
        texts.close()
        await reader.close()
        await engine.close()
        await pictures.close()


async def tell_nobody(event: PhotoProgressed) -> None:
    """The progress of work that no owner waits for."""


def _engine(settings: MlSettings, loader: ModelLoader, pictures: PillowPictures) -> Engine:
    return Engine(
        loader,
        pictures,
        MakeTagger(read_vocabulary(), LearntFiles(settings.cache), _prepare_array),
        batch_size=settings.batch_size,
        max_wait_s=settings.max_wait_ms / 1000,
    )


def model_loader(settings: MlSettings, clip: ClipSettings) -> OnnxLoader | TorchLoader:
    """What brings the configured model into memory, in the configured runtime."""
    if settings.runtime == "torch":
        return TorchLoader(clip, settings)
    return OnnxLoader(clip, settings)


def _prepare_array(picture: NDArray[np.uint8], how: Preprocessing) -> Pixels:
    return prepare(Image.fromarray(picture), how)
