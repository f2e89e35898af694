"""Settings of the model and how it runs."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from pichaven_chassis.settings import Settings

PHOTO_MODEL = "pichaven-photo"
TINY_MODEL = "pichaven-tiny"
"""For tests: it knows drawn pictures alone."""
BUNDLED_MODELS = (PHOTO_MODEL, TINY_MODEL)
"""The models that need neither a hub nor a weights file."""


class ClipSettings(Settings):
    """The model. Changing it means a new index of embeddings."""

    model_config = SettingsConfigDict(env_prefix="PICHAVEN_CLIP_", frozen=True)

    model: str = PHOTO_MODEL
    """A bundled model, an open_clip architecture (`ViT-B-32`), or `hf-hub:org/name`."""
    pretrained: str = ""
    """A weights tag of that architecture (`laion2b_s34b_b79k`) or the path of a weights file;
    ignored for bundled models and for `hf-hub:`."""


class MlSettings(Settings):
    model_config = SettingsConfigDict(env_prefix="PICHAVEN_ML_", frozen=True)

    candidate: bool = False
    """A second ml beside the one in force, while the model is switched: it publishes embeddings
    alone, and its consumer groups (`ml.candidate`, `ml-commands.candidate`) begin at their first
    start."""
    runtime: Literal["onnx", "torch"] = "onnx"
    """Both give the same vectors."""
    threads: int = Field(default=1, ge=1, le=64)
    """Cores of one inference."""
    batch_size: int = Field(default=4, ge=1, le=64)
    """Most images in one inference: more cost memory and latency."""
    max_wait_ms: float = Field(default=15, ge=0, le=1000)
    """How long an image waits for others to fill a batch."""
    decode_threads: int = Field(default=2, ge=1, le=32)
    """For photos; pictures to search by are decoded in child processes."""
    decode_timeout_s: float = Field(default=10, gt=0)
    """For one picture to search by."""
    ocr: Literal["on", "off"] = "on"
    """Whether text in pictures is read. `reembed` reads photos uploaded while it was off."""
    ocr_timeout_s: float = Field(default=15, gt=0, le=18)
    """Of computing, for one picture; a whole batch stays within its consumer group's time limit."""
    cache_dir: Path = Path("~/.cache/pichaven/ml")
    """Downloaded weights, exported models and calibrations; may be shared by replicas."""
    bundled_dir: Path = Path(__file__).parent / "models" / TINY_MODEL
    """Of `pichaven-tiny`."""
    prepare_timeout_s: float = Field(default=1800, gt=0)
    """For the first start of a model: download, export, verification."""

    @property
    def reads_text(self) -> bool:
        """Text does not depend on the model: a candidate reads none."""
        return self.ocr == "on" and not self.candidate

    @property
    def cache(self) -> Path:
        return self.cache_dir.expanduser().resolve()
