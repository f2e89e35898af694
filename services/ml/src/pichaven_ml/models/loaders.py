"""Load the configured model in the configured runtime."""

import asyncio
import os
import sys
import time
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_ml.models.encoder import ImageTextEncoder
from pichaven_ml.models.onnx_files import IMAGE_TOWER, SENTENCE_TABLE, export_folder, is_complete
from pichaven_ml.models.source import (
    ModelSource,
    ModelUnusable,
    read_shipped_calibration,
    resolve,
)
from pichaven_ml.settings import PHOTO_MODEL, ClipSettings, MlSettings

_log = get_logger(__name__)
_FIRST_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 300.0


class TorchLoader:
    """Load the model with open_clip, in this process."""

    def __init__(self, clip: ClipSettings, settings: MlSettings) -> None:
        self._clip = clip
        self._settings = settings

    async def prepare(self) -> None:
        """Download the weights into the cache."""
        await self()

    async def __call__(self) -> ImageTextEncoder:
        return await asyncio.to_thread(self._load)

    def _load(self) -> ImageTextEncoder:
        source = resolve(self._clip, self._settings.bundled_dir)
        if source.architecture == PHOTO_MODEL:
            from pichaven_ml.models.photo_encoder import PhotoEncoder, TorchTower, photo_card
            from pichaven_ml.models.sentence_encoder import SentenceEncoder

            tower = TorchTower(self._settings.threads)
            return PhotoEncoder(photo_card(source, "torch"), tower, SentenceEncoder())
        from pichaven_ml.models.torch_encoder import TorchEncoder, load

        return TorchEncoder(load(source, self._settings.cache), self._settings.threads)


class OnnxLoader:
    """Open the exported model; at the first start another process exports it."""

    def __init__(self, clip: ClipSettings, settings: MlSettings) -> None:
        self._clip = clip
        self._settings = settings
        self._failures = 0
        self._not_before = 0.0

    async def prepare(self) -> None:
        """Export the model unless that is done. May be repeated."""
        await self._ensure_exported(await self._source())

    async def __call__(self) -> ImageTextEncoder:
        source = await self._source()
        await self._ensure_exported(source)
        return await asyncio.to_thread(self._open, source)

    def _open(self, source: ModelSource) -> ImageTextEncoder:
        folder, threads = export_folder(source, self._settings.cache), self._settings.threads
        if source.architecture == PHOTO_MODEL:
            from pichaven_ml.models.photo_encoder import OnnxTower, PhotoEncoder, photo_card
            from pichaven_ml.models.sentence_encoder import SentenceEncoder

            tower = OnnxTower(folder / IMAGE_TOWER, threads)
            sentences = SentenceEncoder(folder / SENTENCE_TABLE)
            return PhotoEncoder(photo_card(source, "onnx"), tower, sentences)
        from pichaven_ml.models.onnx_encoder import OnnxEncoder

        return OnnxEncoder(folder, threads, read_shipped_calibration(source))

    async def _source(self) -> ModelSource:
        return await asyncio.to_thread(resolve, self._clip, self._settings.bundled_dir)

    async def _ensure_exported(self, source: ModelSource) -> None:
        if is_complete(export_folder(source, self._settings.cache)):
            return
        if time.monotonic() < self._not_before:
            raise ModelUnusable("the model's export failed; it is retried later")
        _log.info("model_export_started", architecture=source.architecture, weights=source.weights)
        try:
            await self._export()
        except ModelUnusable:
            # Each attempt costs a core for half a minute, and callers retry at once.
            self._failures += 1
            pause = min(_FIRST_PAUSE_S * 2 ** min(self._failures, 20), _LONGEST_PAUSE_S)
            self._not_before = time.monotonic() + pause
            raise
        _log.info("model_export_done", architecture=source.architecture)

    async def _export(self) -> None:
        """Run the export in another process. Raises `ModelUnusable`, `TimeoutError`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "pichaven_ml.models.onnx_export",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | self._environment(),
        )
        try:
            _, stderr = await asyncio.wait_for(
                process.communicate(), self._settings.prepare_timeout_s
            )
        except BaseException:
            if process.returncode is None:
                process.kill()
                await process.wait()
            raise
        if process.returncode != 0:
            message = stderr.decode(errors="replace").strip()[-2000:]
            raise ModelUnusable(message or f"the export ended with status {process.returncode}")

    def _environment(self) -> dict[str, str]:
        return {
            "PICHAVEN_CLIP_MODEL": self._clip.model,
            "PICHAVEN_CLIP_PRETRAINED": self._clip.pretrained,
            "PICHAVEN_ML_BUNDLED_DIR": str(self._settings.bundled_dir),
            "PICHAVEN_ML_CACHE_DIR": str(self._settings.cache),
            "PICHAVEN_ML_THREADS": str(self._settings.threads),
        }


def model_loader(settings: MlSettings, clip: ClipSettings) -> OnnxLoader | TorchLoader:
    """Return the loader of the configured model and runtime."""
    if settings.runtime == "torch":
        return TorchLoader(clip, settings)
    return OnnxLoader(clip, settings)
