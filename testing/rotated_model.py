"""A second embedding model without a model hub: the bundled one in a rotated vector space."""

import json
import shutil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from pichaven_ml.settings import TINY_MODEL, MlSettings

DIMENSIONS: Final = 320
_CONFIGURATION: Final = f"{TINY_MODEL}.json"
_WEIGHTS: Final = f"{TINY_MODEL}.safetensors"
_IMAGE_PROJECTION: Final = "visual.attnpool.c_proj"
_TEXT_PROJECTION: Final = "text_projection"


def write_rotated_model(folder: Path) -> None:
    """Write the bundled model, rotated into `DIMENSIONS`, as a `PICHAVEN_ML_BUNDLED_DIR`.

    The projections of both towers get the same permutation of dimensions, half of them mirrored,
    padded with zeros. So cosines within this model equal those within the bundled one, and with
    them quality and calibration; across the two models they mean nothing. The bytes are the same
    each time, hence the model's version too.
    """
    bundled: Path = MlSettings.model_fields["bundled_dir"].default
    shutil.copytree(bundled, folder)
    configuration = json.loads((bundled / _CONFIGURATION).read_text(encoding="utf-8"))
    size = int(configuration["embed_dim"])
    configuration["embed_dim"] = DIMENSIONS
    random = np.random.default_rng(17)
    targets = random.permutation(DIMENSIONS)[:size]
    signs = random.choice(np.array([-1, 1], np.float16), size)

    def rotate(rows: NDArray[np.float16]) -> NDArray[np.float16]:
        rotated = np.zeros((DIMENSIONS, *rows.shape[1:]), np.float16)
        rotated[targets] = (rows.T * signs).T
        return rotated

    weights = load_file(bundled / _WEIGHTS)
    for name in (f"{_IMAGE_PROJECTION}.weight", f"{_IMAGE_PROJECTION}.bias"):
        weights[name] = rotate(weights[name])
    weights[_TEXT_PROJECTION] = np.ascontiguousarray(rotate(weights[_TEXT_PROJECTION].T).T)
    save_file(weights, folder / _WEIGHTS)
    (folder / _CONFIGURATION).write_text(json.dumps(configuration), encoding="utf-8")
