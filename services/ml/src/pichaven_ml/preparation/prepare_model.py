"""Download, export and try a model before anything depends on it."""

import asyncio
import io
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from pichaven_ml.inference.batching import Urgency
from pichaven_ml.inference.model_runtime import ModelRuntime
from pichaven_ml.models.encoder import CachingLoader
from pichaven_ml.models.onnx_files import export_folder, is_complete
from pichaven_ml.models.source import (
    PHOTO_MODEL_DIR,
    ModelSource,
    ModelUnusable,
    require_open_clip,
)
from pichaven_ml.settings import PHOTO_MODEL

_HUB: Final = "https://huggingface.co"
_HUB_TIMEOUT_S: Final = 10
_PICTURE_SIZE: Final = (800, 600)
_PROCESS_MB: Final = 160
"""Of a process of ml before it has a model."""


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model that a process of ml can load at once."""

    model: str
    """Its id."""
    calibrated: bool
    seconds_per_photo: float
    """Measured on pictures as the store has them: decoding and inference in batches."""
    memory_mb: int
    """Of a process that runs it, estimated by the size of its files."""


class PrepareModel:
    """Repeatable: what is downloaded, exported or calibrated is kept in the cache."""

    def __init__(
        self,
        source: ModelSource,
        cache: Path,
        loader: CachingLoader,
        runtime: ModelRuntime,
        *,
        batch_size: int,
    ) -> None:
        self._source = source
        self._cache = cache
        self._loader = loader
        self._runtime = runtime
        self._batch_size = batch_size

    async def __call__(self) -> PreparedModel:
        """Raises `ModelUnusable`; the message says what to do."""
        is_packaged = self._source.architecture == PHOTO_MODEL
        folder = PHOTO_MODEL_DIR if is_packaged else export_folder(self._source, self._cache)
        if not is_packaged and not is_complete(folder):
            await asyncio.to_thread(download_weights, self._source, self._cache)
            await self._loader.prepare()
        await self._runtime.load()
        return PreparedModel(
            model=self._runtime.card.id,
            calibrated=self._runtime.calibration is not None,
            seconds_per_photo=await self._measure(),
            memory_mb=_PROCESS_MB + (_size(folder) >> 20),
        )

    async def _measure(self) -> float:
        """Return the seconds per photo where photos come as fast as they are embedded."""
        random = np.random.default_rng(0)
        pixels = random.integers(0, 256, (24, 32, 3), np.uint8)
        picture = io.BytesIO()
        Image.fromarray(pixels).resize(_PICTURE_SIZE).save(picture, "JPEG", quality=80)
        seconds: list[float] = []
        for _ in range(3):
            started_at = time.perf_counter()
            await asyncio.gather(
                *(
                    self._runtime.embed_picture(picture.getvalue(), Urgency.REANALYSIS)
                    for _ in range(self._batch_size)
                )
            )
            seconds.append(time.perf_counter() - started_at)
        return sorted(seconds)[1] / self._batch_size


def download_weights(source: ModelSource, cache: Path) -> None:
    """Download the weights into the cache, with a progress bar on stderr.

    Raises `ModelUnusable` where the hub has no such weights or is not reachable.
    """
    hub_model = source.architecture.startswith("hf-hub:")
    if source.directory or (not hub_model and os.path.isfile(source.pretrained or "")):  # noqa: PTH113
        return
    hub = os.environ.get("HF_ENDPOINT", _HUB)
    folder = str(cache / "weights")
    outage = find_outage(hub)
    if outage:
        unreachable = ModelUnusable(
            f"the model hub {hub} is not reachable from here ({outage}), and {folder} has no "
            f"weights of {source.architecture}. Download them on another machine and name the "
            "file (ARCHITECTURE:/path/to/weights.safetensors), set HTTPS_PROXY or HF_ENDPOINT if "
            "there is a proxy or a mirror, or choose a bundled model"
        )
        # Without files of an earlier download it fails before the seconds of open_clip's import.
        if not any((cache / "weights").glob("*")):
            raise unreachable
        os.environ["HF_HUB_OFFLINE"] = "1"
    require_open_clip()
    import open_clip

    try:
        if hub_model:
            open_clip.pretrained.download_pretrained_from_hf(
                source.architecture.removeprefix("hf-hub:"), cache_dir=folder
            )
            return
        tags = open_clip.list_pretrained_tags_by_model(source.architecture)
        if source.pretrained not in tags:
            raise ModelUnusable(
                f"{source.architecture} has no weights {source.pretrained}; open_clip knows: "
                f"{', '.join(tags) or 'none'}"
            )
        configuration = open_clip.get_pretrained_cfg(source.architecture, source.pretrained)
        open_clip.download_pretrained(configuration, cache_dir=folder)
    except (OSError, RuntimeError) as error:
        if outage is None:
            raise ModelUnusable(
                f"the weights of {source.architecture} could not be downloaded: {error}"
            ) from error
        raise unreachable from error


def find_outage(url: str) -> str | None:
    """Return why no server answers there, None when one does.

    Proxies are those of the environment.
    """
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310
    try:
        urllib.request.urlopen(request, timeout=_HUB_TIMEOUT_S).close()  # noqa: S310
    except urllib.error.HTTPError:
        return None
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    return None


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*"))
