"""An exported model on disk: its towers, what its tokenizer needs, and a manifest.

A folder's name is a digest of the model and of the library versions that determine the export.
It is renamed into place when it is complete, and never changes.
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
_EXPORT_VERSION: Final = 2
_LIBRARIES: Final = ("torch", "open_clip_torch", "timm", "onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What serving needs to know about the export."""

    card: ModelCard
    image_agreement: float
    """The least cosine between this export and torch over the pictures that verified it."""
    text_agreement: float
    context_length: int
    trims: bool

    def write(self, folder: Path) -> None:
        fields = asdict(self)
        # Read from beside the weights at each start.
        del fields["card"]["shipped"]
        (folder / _MANIFEST).write_text(json.dumps(fields, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        fields: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        card: dict[str, Any] = fields.pop("card")
        preprocessing = card.pop("preprocessing")
        return cls(
            card=ModelCard(
                **card,
                preprocessing=Preprocessing(
                    **preprocessing | {name: tuple(preprocessing[name]) for name in ("mean", "std")}
                ),
            ),
            **fields,
        )


def export_folder(source: ModelSource, cache: Path) -> Path:
    """Return the folder of this model's export by the installed libraries, made or not."""
    versions = {name: _version(name) for name in _LIBRARIES}
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
