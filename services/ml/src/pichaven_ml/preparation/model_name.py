"""The names by which an operator selects a model."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from pichaven_ml.models.source import ModelUnusable
from pichaven_ml.settings import BUNDLED_MODELS, TINY_MODEL

MODEL_SETTINGS: Final = (
    "PICHAVEN_CLIP_MODEL",
    "PICHAVEN_CLIP_PRETRAINED",
    "PICHAVEN_ML_BUNDLED_DIR",
)
"""The settings of ml that determine its model."""
_HUB: Final = "hf-hub:"
_NAME: Final = re.compile(r"(?P<architecture>[\w.-]+)(?P<separator>[/:])(?P<weights>.+)")


def parse_model_name(name: str) -> dict[str, str]:
    """Return the values of `MODEL_SETTINGS` that select a model; absent ones keep their default.

    | name | model |
    | --- | --- |
    | `pichaven-tiny` | a bundled one |
    | `ViT-B-32/laion2b_s34b_b79k` | an open_clip architecture with the weights of a tag |
    | `ViT-B-32:/path/to/weights.safetensors` | with the weights of a file |
    | `/path/to/ViT-B-32-holiday.safetensors` | the same; the file's name begins with it |
    | `/path/to/folder` | a model of one's own in the format of a bundled one |
    | `hf-hub:org/name` | a repository with open_clip's configuration and weights |

    Raises `ModelUnusable`.
    """
    if name in BUNDLED_MODELS:
        return {"PICHAVEN_CLIP_MODEL": name}
    if name.startswith(_HUB) and name.count("/") == 1:
        return {"PICHAVEN_CLIP_MODEL": name}
    path = Path(name).expanduser()
    if name.startswith(("/", "./", "../", "~")):
        return _parse_path(path)
    match = _NAME.fullmatch(name)
    if match is None:
        raise ModelUnusable(
            f"{name!r} names no model. Name a bundled one ({', '.join(BUNDLED_MODELS)}), "
            "ARCHITECTURE/TAG, ARCHITECTURE:WEIGHTS_FILE, or hf-hub:ORGANISATION/NAME"
        )
    architecture, weights = match["architecture"], match["weights"]
    if architecture not in architectures():
        raise ModelUnusable(f"open_clip has no architecture {architecture}{_similar(architecture)}")
    if match["separator"] == ":":
        file = Path(weights).expanduser()
        if not file.is_file():
            raise ModelUnusable(f"there is no weights file {file}")
        weights = str(file.resolve())
    return {"PICHAVEN_CLIP_MODEL": architecture, "PICHAVEN_CLIP_PRETRAINED": weights}


def architectures() -> frozenset[str]:
    """Return the names of open_clip's architectures, without the seconds that its import takes."""
    package = find_spec("open_clip")
    folders = (package.submodule_search_locations if package else None) or ()
    return frozenset(
        file.stem for folder in folders for file in Path(folder, "model_configs").glob("*.json")
    )


def _parse_path(path: Path) -> dict[str, str]:
    path = path.resolve()
    if path.is_dir():
        if (path / f"{TINY_MODEL}.safetensors").is_file():
            return {"PICHAVEN_CLIP_MODEL": TINY_MODEL, "PICHAVEN_ML_BUNDLED_DIR": str(path)}
        raise ModelUnusable(
            f"{path} holds no model in the format of {TINY_MODEL}; of an "
            "open_clip model name the weights file"
        )
    if not path.is_file():
        raise ModelUnusable(f"there is no weights file {path}")
    matches = [name for name in architectures() if path.name.startswith(name)]
    if not matches:
        raise ModelUnusable(
            f"the name of {path.name} begins with no architecture of open_clip; name it: "
            f"ARCHITECTURE:{path}"
        )
    # ViT-B-32-quickgelu-x.pt begins with two.
    return {
        "PICHAVEN_CLIP_MODEL": max(matches, key=len),
        "PICHAVEN_CLIP_PRETRAINED": str(path),
    }


def _similar(architecture: str) -> str:
    """Return a hint at architectures that are spelt alike, or nothing."""
    names_by_spelling = {_fold(name): name for name in architectures()}
    match = names_by_spelling.get(_fold(architecture))
    return f"; do you mean {match}?" if match else ""


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
