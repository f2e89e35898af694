"""A second embedding model without a model hub."""

import json
import shutil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from pichaven_ml.settings import BUNDLED_MODEL, MlSettings

DIMENSIONS: Final = 320
_CONFIGURATION: Final = f"{BUNDLED_MODEL}.json"
_WEIGHTS: Final = f"{BUNDLED_MODEL}.safetensors"
_PICTURES: Final = "visual.attnpool.c_proj"
_TEXTS: Final = "text_projection"


def write_turned_model(folder: Path) -> None:
    """The bundled model turned into a space of another size: a `PICHAVEN_ML_BUNDLED_DIR`.

    Both towers end in the same turn: dimensions are shuffled, half of them mirrored, and spread
    over `DIMENSIONS`. So within this model every cosine is what it is within the bundled one, and
    with it quality and calibration; but a vector of one says nothing about a vector of the other.
    The same bytes each time, hence the same model.
    """
    bundled: Path = MlSettings.model_fields["bundled_dir"].default
    shutil.copytree(bundled, folder)
    configuration = json.loads((bundled / _CONFIGURATION).read_text(encoding="utf-8"))
    size = int(configuration["embed_dim"])
    configuration["embed_dim"] = DIMENSIONS
    random = np.random.default_rng(17)
    places = random.permutation(DIMENSIONS)[:size]
    signs = random.choice(np.array([-1, 1], np.float16), size)

    def turned(rows: NDArray[np.float16]) -> NDArray[np.float16]:
        made = np.zeros((DIMENSIONS, *rows.shape[1:]), np.float16)
        made[places] = (rows.T * signs).T
        return made

    weights = load_file(bundled / _WEIGHTS)
    for name in (f"{_PICTURES}.weight", f"{_PICTURES}.bias"):
        weights[name] = turned(weights[name])
    weights[_TEXTS] = np.ascontiguousarray(turned(weights[_TEXTS].T).T)
    save_file(weights, folder / _WEIGHTS)
    (folder / _CONFIGURATION).write_text(json.dumps(configuration), encoding="utf-8")
