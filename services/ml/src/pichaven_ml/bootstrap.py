"""Puts the service together; the one place where clients are made."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pichaven_chassis.events import EventBroker
from pichaven_chassis.health import HealthCheck
from pichaven_chassis.runtime import Role, Service
from pichaven_chassis.settings import HttpSettings, KafkaSettings, StorageSettings
from pichaven_chassis.storage import connect_store
from pichaven_ml.adapters.learnt_files import LearntFiles
from pichaven_ml.adapters.model_loaders import OnnxLoader, TorchLoader
from pichaven_ml.adapters.pillow_pictures import PillowPictures, prepare
from pichaven_ml.adapters.vocabulary_file import read_vocabulary
from pichaven_ml.application.analyze_photos import AnalyzePhotos
from pichaven_ml.application.embed_texts import EmbedTexts
from pichaven_ml.application.engine import Engine
from pichaven_ml.application.forget_photo import ForgetPhoto
from pichaven_ml.application.make_tagger import MakeTagger
from pichaven_ml.application.ports import ModelLoader
from pichaven_ml.domain.model import Pixels, Preprocessing
from pichaven_ml.entrypoints import http
from pichaven_ml.entrypoints.events import PhotoEvents
from pichaven_ml.settings import ClipSettings, MlSettings


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
    engine = Engine(
        loader or prepared,
        pictures,
        MakeTagger(read_vocabulary(), LearntFiles(settings.cache), _prepare_array),
        batch_size=settings.batch_size,
        max_wait_s=settings.max_wait_ms / 1000,
    )
    service = Service(
        name="ml",
        http=HttpSettings(),
        internal_routers=[http.router],
        startup=[engine.load],
        setup=[prepared.prepare],
        checks=[HealthCheck("model", engine.probe)],
        close=[engine.close, pictures.close],
        state={"engine": engine, "embed_texts": EmbedTexts(engine)},
    )
    if role.works:
        store = connect_store(StorageSettings())
        broker = EventBroker(KafkaSettings(), "ml")
        analyze = AnalyzePhotos(
            engine,
            store,
            broker,
            broker.send_progress,
            parallel=settings.decode_threads + 2 * settings.batch_size,
        )
        PhotoEvents(analyze, ForgetPhoto(broker)).subscribe(broker)
        service.broker = broker
    return service


def model_loader(settings: MlSettings, clip: ClipSettings) -> OnnxLoader | TorchLoader:
    """What brings the configured model into memory, in the configured runtime."""
    if settings.runtime == "torch":
        return TorchLoader(clip, settings)
    return OnnxLoader(clip, settings)


def _prepare_array(picture: NDArray[np.uint8], how: Preprocessing) -> Pixels:
    return prepare(Image.fromarray(picture), how)
