"""The loaded model and its threads, shared by routes, subscribers and jobs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from pichaven_chassis.logging import get_logger
from pichaven_ml.inference.batching import BatchingThread, Urgency
from pichaven_ml.inference.errors import ModelLoading
from pichaven_ml.inference.pictures import PictureReader
from pichaven_ml.models.card import Calibration, ModelCard, Pixels, Vector, unit
from pichaven_ml.models.encoder import ImageTextEncoder, ModelLoader
from pichaven_ml.tagging.prompts import DEFAULT_TEMPLATES, fill_templates
from pichaven_ml.tagging.tagger import Tagger

_log = get_logger(__name__)
_NOT_READY_AFTER_S: Final = 60.0
_NOT_ALIVE_AFTER_S: Final = 600.0
"""Far more than a large model takes for a batch on a slow machine."""
_TEXT_BATCH: Final = 16
_TEXT_CAPACITY: Final = 1024
_PICTURE_CAPACITY: Final = 256
_WARM_UP_TEXT: Final = "a photo of a place that somebody will remember for a long time"


@dataclass(frozen=True, slots=True)
class TextEmbedding:
    vector: Vector
    calibration: Calibration | None
    """Of this text's cosines; None where the model's could not be measured."""


@dataclass(frozen=True, slots=True)
class _Towers:
    encoder: ImageTextEncoder
    texts: BatchingThread[str]
    pictures: BatchingThread[Pixels]

    def check(self, stuck_after_s: float) -> None:
        """Raise `RuntimeError` unless both threads make progress."""
        self.texts.check(stuck_after_s)
        self.pictures.check(stuck_after_s)


class ModelRuntime:
    """Encode pictures and texts as unit vectors.

    Texts and pictures have a thread each, so that a query never waits behind a batch of pictures;
    the pictures' thread has the lower priority. Methods raise `ModelLoading` until `load` returns.
    """

    def __init__(
        self,
        load: ModelLoader,
        pictures: PictureReader,
        make_tagger: Callable[[ImageTextEncoder], Tagger],
        *,
        batch_size: int,
        max_wait_s: float,
    ) -> None:
        self._load = load
        self._pictures = pictures
        self._make_tagger = make_tagger
        self._batch_size = batch_size
        self._max_wait_s = max_wait_s
        self._towers: _Towers | None = None
        self._tagger: Tagger | None = None

    async def load(self) -> None:
        """Load and warm up the model, and make its tagger. Raises `ModelUnusable`; repeatable."""
        if self._towers is not None:
            return
        encoder = await self._load()
        await asyncio.to_thread(self._warm_up, encoder)
        try:
            self._tagger = await asyncio.to_thread(self._make_tagger, encoder)
        except Exception:
            # Photos are searchable by their embeddings without tags.
            _log.exception("tagging_unavailable")
        texts = BatchingThread(
            "texts",
            encoder.encode_texts,
            batch_size=_TEXT_BATCH,
            max_wait_s=0,
            capacity=_TEXT_CAPACITY,
        )
        pictures = BatchingThread(
            "pictures",
            encoder.encode_images,
            batch_size=self._batch_size,
            max_wait_s=self._max_wait_s,
            capacity=_PICTURE_CAPACITY,
            low_priority=True,
        )
        texts.start()
        pictures.start()
        self._towers = _Towers(encoder, texts, pictures)
        _log.info("model_ready", model=encoder.card.id, runtime=encoder.card.runtime)

    async def probe(self) -> None:
        """Raise unless the model is loaded and its threads make progress."""
        self._require_towers().check(_NOT_READY_AFTER_S)

    async def probe_life(self) -> None:
        """Raise when a thread is dead or hangs; a model that is still loading is alive."""
        if self._towers is not None:
            self._towers.check(_NOT_ALIVE_AFTER_S)

    async def close(self) -> None:
        if self._towers is not None:
            await asyncio.gather(self._towers.texts.stop(), self._towers.pictures.stop())

    @property
    def card(self) -> ModelCard:
        return self._require_towers().encoder.card

    @property
    def tagger(self) -> Tagger | None:
        """None when tagging is unavailable."""
        return self._tagger

    @property
    def calibration(self) -> Calibration | None:
        """None when it had to be measured and could not."""
        if self._tagger is not None:
            return self._tagger.calibration
        shipped = self.card.shipped
        return None if shipped is None else shipped.calibration

    async def embed_text(self, text: str) -> TextEmbedding:
        """Embed a normalised text: the mean over the query templates, at unit length."""
        towers = self._require_towers()
        shipped = towers.encoder.card.shipped
        templates = (shipped.query_templates if shipped else None) or DEFAULT_TEMPLATES
        vectors = await asyncio.gather(
            *(
                towers.texts(prompt, Urgency.INTERACTIVE)
                for prompt in fill_templates(text, templates)
            )
        )
        vector = unit(np.mean(vectors, axis=0))
        own = await asyncio.to_thread(towers.encoder.calibrate, vector)
        return TextEmbedding(vector, own or self.calibration)

    async def embed_picture(self, data: bytes, urgency: Urgency) -> Vector:
        """Raises `UnreadablePicture`, `TooManyPixels`, `TooBusy`."""
        pixels = await self._pictures.read(data, self.card.preprocessing)
        return await self.embed_pixels(pixels, urgency)

    async def embed_pixels(self, pixels: Pixels, urgency: Urgency) -> Vector:
        """Raises `TooBusy`."""
        return await self._require_towers().pictures(pixels, urgency)

    def _require_towers(self) -> _Towers:
        if self._towers is None:
            raise ModelLoading("The model is still loading. Try again in a moment.")
        return self._towers

    def _warm_up(self, encoder: ImageTextEncoder) -> None:
        """Run the usual shapes once, so that the first caller does not pay for them."""
        preprocessing = encoder.card.preprocessing
        grey: Pixels = np.zeros((3, preprocessing.height, preprocessing.width), dtype=np.float32)
        for count in {1, self._batch_size}:
            encoder.encode_images([grey] * count)
        words = _WARM_UP_TEXT.split()
        for length in (1, 5, len(words)):
            for count in (1, len(DEFAULT_TEMPLATES), _TEXT_BATCH):
                encoder.encode_texts([" ".join(words[:length])] * count)
