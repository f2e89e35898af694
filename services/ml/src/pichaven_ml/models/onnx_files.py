"""An exported model on disk: both towers, the tokenizer's merges, and a manifest.

A folder's name is made from the model and from the versions of everything that shapes the
export, so a folder that exists is complete and right, and never changes.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from pichaven_ml.models.card import ModelCard, Preprocessing
from pichaven_ml.models.source import ModelSource

IMAGE_TOWER: Final = "image.onnx"
TEXT_TOWER: Final = "text.onnx"
MERGES: Final = "merges.txt.gz"
INPUT: Final = "inputs"
OUTPUT: Final = "unit_vectors"
_MANIFEST: Final = "manifest.json"
_EXPORT_VERSION: Final = 1
_SHAPING: Final = ("torch", "open_clip_torch", "timm", "onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What serving has to know without torch."""

    card: ModelCard
    context_length: int
    trims: bool
    image_agreement: float
    """The least cosine between this export and torch, over the pictures it was verified with."""
    text_agreement: float

    def write(self, folder: Path) -> None:
        fields = asdict(self)
        # Read anew from beside the weights at each start.
        del fields["card"]["shipped"]
        (folder / _MANIFEST).write_text(json.dumps(fields, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        found: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        card: dict[str, Any] = found.pop("card")
        how = card.pop("preprocessing")
        return cls(
            card=ModelCard(
                **card,
                preprocessing=Preprocessing(
                    **how | {"mean": tuple(how["mean"]), "std": tuple(how["std"])}
                ),
            ),
            **found,
        )


def export_folder(source: ModelSource, cache: Path) -> Path:
    """Where the export of this model, made with the libraries of today, stands or would stand."""
    versions = {name: _version(name) for name in _SHAPING}
    key = json.dumps(
        [_EXPORT_VERSION, source.architecture, source.weights, versions], sort_keys=True
    )
    readable = "".join(c if c.isalnum() or c in "-_." else "-" for c in source.architecture)
    return cache / "onnx" / f"{readable}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def is_complete(folder: Path) -> bool:
    return (folder / _MANIFEST).is_file()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
