"""Which files and names the configured model consists of, known without loading it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pichaven_ml.inference.errors import ModelUnusable
from pichaven_ml.models.card import Calibration, Shipped
from pichaven_ml.settings import BUNDLED_MODEL, ClipSettings


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model comes from. `weights` names them for good: a tag, or a file's digest."""

    architecture: str
    pretrained: str | None
    """A tag or the path of a file; None when the architecture's name says where weights are."""
    weights: str
    directory: Path | None = None
    """Of the bundled model: its configuration, weights, merges and calibration."""

    @property
    def bundled(self) -> bool:
        return self.directory is not None

    def model_id(self, preprocessing_name: str) -> str:
        """Vectors may be compared exactly if these are equal."""
        architecture = self.architecture.replace("/", "--")
        return f"{architecture}/{self.weights}/{preprocessing_name}"


def resolve(settings: ClipSettings, bundled_dir: Path) -> ModelSource:
    """Find the model that the settings name. Raises `ModelUnusable`."""
    if settings.model == BUNDLED_MODEL:
        return _bundled(bundled_dir)
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
        return ModelSource(settings.model, str(file.resolve()), _digest(file))
    return ModelSource(settings.model, settings.pretrained, settings.pretrained)


def _bundled(directory: Path) -> ModelSource:
    weights = directory / f"{BUNDLED_MODEL}.safetensors"
    configuration = directory / f"{BUNDLED_MODEL}.json"
    missing = [file.name for file in (weights, configuration) if not file.is_file()]
    if missing:
        raise ModelUnusable(f"{', '.join(missing)} missing in {directory}")
    digest = _digest(weights, merges_file(directory), shape=bundled_configuration(directory))
    return ModelSource(BUNDLED_MODEL, str(weights), digest, directory)


def merges_file(directory: Path) -> Path:
    """The tokenizer's merges beside a bundled model's weights."""
    found = sorted(directory.glob("bpe_*.txt.gz"))
    if len(found) != 1:
        raise ModelUnusable(f"expected one bpe_*.txt.gz in {directory}, found {len(found)}")
    return found[0]


def bundled_configuration(directory: Path) -> dict[str, Any]:
    """open_clip's configuration of the bundled model, free of paths of the machine it grew on."""
    text = (directory / f"{BUNDLED_MODEL}.json").read_text(encoding="utf-8")
    configuration: dict[str, Any] = json.loads(text)
    configuration["text_cfg"].pop("tokenizer_kwargs", None)
    return configuration


def shipped(source: ModelSource) -> Shipped | None:
    """What stands beside a bundled model's weights. Raises `ModelUnusable`."""
    if source.directory is None:
        return None
    file = source.directory / "calibration.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        calibration = Calibration(
            float(found["scale"]), float(found["bias"]), float(found["threshold"])
        )
        templates = found.get("query_templates")
        return Shipped(calibration, tuple(map(str, templates)) if templates else None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnusable(f"{file} cannot be read: {error!r}") from error


def _digest(*files: Path, shape: dict[str, Any] | None = None) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                digest.update(chunk)
    if shape is not None:
        digest.update(json.dumps(shape, sort_keys=True).encode())
    return digest.hexdigest()[:12]
