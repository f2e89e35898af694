"""Load the configured model in the configured runtime."""

import asyncio
import os
import sys
import time
from abc import ABC, abstractmethod
from typing import Final

from pichaven_chassis.logging import get_logger
from pichaven_ml.models.encoder import CachingLoader, ImageTextEncoder
from pichaven_ml.models.onnx_files import export_folder, is_complete
from pichaven_ml.models.source import (
    PHOTO_TOWER,
    ModelSource,
    ModelUnusable,
    read_shipped_calibration,
    require_open_clip,
    resolve,
)
from pichaven_ml.settings import PHOTO_MODEL, ClipSettings, MlSettings

_log = get_logger(__name__)
_FIRST_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 300.0


class _InProcessLoader(ABC):
    def __init__(self, clip: ClipSettings, settings: MlSettings) -> None:
        self._clip = clip
        self._settings = settings

    async def prepare(self) -> None:
        await self()

    async def __call__(self) -> ImageTextEncoder:
        return await asyncio.to_thread(self._load)

    @abstractmethod
    def _load(self) -> ImageTextEncoder: ...


class PhotoLoader(_InProcessLoader):
    """Open pichaven-photo, which is exported where it is packaged."""

    def _load(self) -> ImageTextEncoder:
        from pichaven_ml.models.photo_encoder import PhotoEncoder, PictureTower, photo_card
        from pichaven_ml.models.sentence_encoder import SentenceEncoder

        source = resolve(self._clip, self._settings.bundled_dir)
        tower = PictureTower(PHOTO_TOWER, self._settings.threads)
        return PhotoEncoder(photo_card(source), tower, SentenceEncoder(self._settings.cache))


class TorchLoader(_InProcessLoader):
    """Load the model with open_clip, in this process."""

    def _load(self) -> ImageTextEncoder:
        require_open_clip()
        from pichaven_ml.models.torch_encoder import TorchEncoder, load

        source = resolve(self._clip, self._settings.bundled_dir)
        return TorchEncoder(load(source, self._settings.cache), self._settings.threads)


class OnnxLoader:
    """Open the exported model; at the first start another process exports it."""

    def __init__(self, clip: ClipSettings, settings: MlSettings) -> None:
        self._clip = clip
        self._settings = settings
        self._failures = 0
        self._not_before = 0.0

    async def prepare(self) -> None:
        await self._ensure_exported(await self._source())

    async def __call__(self) -> ImageTextEncoder:
        source = await self._source()
        await self._ensure_exported(source)
        return await asyncio.to_thread(self._open, source)

    def _open(self, source: ModelSource) -> ImageTextEncoder:
        from pichaven_ml.models.onnx_encoder import OnnxEncoder

        folder = export_folder(source, self._settings.cache)
        return OnnxEncoder(folder, self._settings.threads, read_shipped_calibration(source))

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


def model_loader(settings: MlSettings, clip: ClipSettings) -> CachingLoader:
    """Return the loader of the configured model and runtime."""
    if clip.model == PHOTO_MODEL:
        return PhotoLoader(clip, settings)
    if settings.runtime == "torch":
        return TorchLoader(clip, settings)
    return OnnxLoader(clip, settings)
