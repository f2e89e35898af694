"""The model in service: loaded once, asked from everywhere."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from pichaven_chassis.logging import get_logger
from pichaven_ml.inference.batching import BatchingThread, Urgency
from pichaven_ml.inference.errors import ModelLoading
from pichaven_ml.models.card import Calibration, ModelCard, Pixels, Vector, unit
from pichaven_ml.models.encoder import ImageTextEncoder, ModelLoader, Pictures
from pichaven_ml.tagging.make_tagger import MakeTagger
from pichaven_ml.tagging.prompts import DEFAULT_TEMPLATES, wordings
from pichaven_ml.tagging.tagger import Tagger

_log = get_logger(__name__)
_STUCK_AFTER_S: Final = 60.0
_LOST_AFTER_S: Final = 600.0
"""Far more than a large model takes for a batch on a slow machine."""
_TEXTS_AT_ONCE: Final = 16
_MOST_TEXTS_WAITING: Final = 1024
_MOST_PICTURES_WAITING: Final = 256
_WARM_UP_TEXT: Final = "a photo of a place that somebody will remember for a long time"


@dataclass(frozen=True, slots=True)
class _Running:
    encoder: ImageTextEncoder
    texts: BatchingThread[str]
    pictures: BatchingThread[Pixels]

    def check(self, stuck_after_s: float) -> None:
        """Raise unless both threads get on with their work."""
        self.texts.check(stuck_after_s)
        self.pictures.check(stuck_after_s)


class Engine:
    """Pictures and texts in, unit vectors out.

    Texts and pictures have a thread each, so a query never waits behind a batch of pictures;
    the pictures' thread gives way where cores are short. Before `load` has ended every question
    raises `ModelLoading`.
    """

    def __init__(
        self,
        load: ModelLoader,
        pictures: Pictures,
        make_tagger: MakeTagger,
        *,
        batch_size: int,
        max_wait_s: float,
    ) -> None:
        self._load = load
        self._pictures = pictures
        self._make_tagger = make_tagger
        self._batch_size = batch_size
        self._max_wait_s = max_wait_s
        self._running: _Running | None = None
        self._tagger: Tagger | None = None

    async def load(self) -> None:
        """Load, warm up, and learn the vocabulary. Raises `ModelUnusable`; may be repeated."""
        if self._running is not None:
            return
        encoder = await self._load()
        await asyncio.to_thread(self._warm_up, encoder)
        try:
            self._tagger = await asyncio.to_thread(self._make_tagger, encoder)
        except Exception:
            # Photos are found by their embeddings all the same.
            _log.exception("tagging_unavailable")
        texts = BatchingThread(
            "texts",
            encoder.encode_texts,
            batch_size=_TEXTS_AT_ONCE,
            max_wait_s=0,
            capacity=_MOST_TEXTS_WAITING,
        )
        pictures = BatchingThread(
            "pictures",
            encoder.encode_images,
            batch_size=self._batch_size,
            max_wait_s=self._max_wait_s,
            capacity=_MOST_PICTURES_WAITING,
            polite=True,
        )
        texts.start()
        pictures.start()
        self._running = _Running(encoder, texts, pictures)
        _log.info("model_ready", model=encoder.card.id, runtime=encoder.card.runtime)

    async def probe(self) -> None:
        """Raise unless the model is loaded and its threads do their work."""
        self._ready().check(_STUCK_AFTER_S)

    async def probe_life(self) -> None:
        """Raise when a thread that ran is dead, or will never come back."""
        if self._running is not None:
            self._running.check(_LOST_AFTER_S)

    async def close(self) -> None:
        if self._running is not None:
            await asyncio.gather(self._running.texts.stop(), self._running.pictures.stop())

    @property
    def card(self) -> ModelCard:
        return self._ready().encoder.card

    @property
    def tagger(self) -> Tagger | None:
        """None when tagging is unavailable."""
        return self._tagger

    @property
    def calibration(self) -> Calibration | None:
        """From cosine to probability; None when it had to be measured and could not."""
        if self._tagger is not None:
            return self._tagger.calibration
        shipped = self.card.shipped
        return None if shipped is None else shipped.calibration

    async def embed_text(self, text: str) -> Vector:
        """The mean of a normalised text's wordings, at unit length."""
        running = self._ready()
        shipped = running.encoder.card.shipped
        templates = (shipped.query_templates if shipped else None) or DEFAULT_TEMPLATES
        vectors = await asyncio.gather(
            *(running.texts(wording, Urgency.WAITED_FOR) for wording in wordings(text, templates))
        )
        return unit(np.mean(vectors, axis=0))

    async def embed_picture(self, data: bytes, urgency: Urgency) -> Vector:
        """Raises `UnreadablePicture`, `TooManyPixels`, `TooBusy`."""
        running = self._ready()
        pixels = await self._pictures.read(data, running.encoder.card.preprocessing)
        return await running.pictures(pixels, urgency)

    def _ready(self) -> _Running:
        if self._running is None:
            raise ModelLoading("The model is still loading. Try again in a moment.")
        return self._running

    def _warm_up(self, encoder: ImageTextEncoder) -> None:
        """Meet the usual shapes now, so that the first caller does not pay for them."""
        how = encoder.card.preprocessing
        grey: Sequence[Pixels] = [np.zeros((3, how.height, how.width), dtype=np.float32)]
        for count in {1, self._batch_size}:
            encoder.encode_images([*grey] * count)
        words = _WARM_UP_TEXT.split()
        for length in (1, 5, len(words)):
            for count in (1, len(DEFAULT_TEMPLATES), _TEXTS_AT_ONCE):
                encoder.encode_texts([" ".join(words[:length])] * count)
