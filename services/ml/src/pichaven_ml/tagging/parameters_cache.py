"""Files with what was measured of a model, so that each start does not measure it again."""

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pichaven_chassis.logging import get_logger
from pichaven_ml.models.card import Vectors
from pichaven_ml.tagging.calibration import Background

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TaggerParameters:
    """A model's vectors of a vocabulary, and its background."""

    concepts: Vectors
    background: Background


class TaggerParametersCache:
    """One file per model and vocabulary, written atomically."""

    def __init__(self, cache_dir: Path) -> None:
        self._folder = cache_dir / "learnt"

    def get(self, model: str, vocabulary: str) -> TaggerParameters | None:
        file = self._file(model, vocabulary)
        try:
            with np.load(file, allow_pickle=False) as arrays:
                fields = json.loads(str(arrays["background"]))
                background = Background(**fields | {"offsets": tuple(fields["offsets"])})
                return TaggerParameters(arrays["concepts"], background)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            _log.warning("tagger_parameters_unreadable", file=str(file), error=repr(error)[:200])
            return None

    def put(self, model: str, vocabulary: str, parameters: TaggerParameters) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".draft")
        try:
            with os.fdopen(handle, "wb") as draft:
                background = np.array(json.dumps(asdict(parameters.background)))
                np.savez(draft, concepts=parameters.concepts, background=background)
            Path(name).replace(self._file(model, vocabulary))
        finally:
            Path(name).unlink(missing_ok=True)

    def _file(self, model: str, vocabulary: str) -> Path:
        key = hashlib.sha256(f"{model}\n{vocabulary}".encode()).hexdigest()[:24]
        return self._folder / f"{key}.npz"
