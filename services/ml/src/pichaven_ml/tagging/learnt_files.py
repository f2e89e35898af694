"""What was learnt of a model, as files in the cache."""

import hashlib
import json
import os
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from pichaven_chassis.logging import get_logger
from pichaven_ml.tagging.calibration import Background
from pichaven_ml.tagging.make_tagger import Learnt

_log = get_logger(__name__)


class LearntFiles:
    """One file a model and vocabulary, written whole or not at all."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / "learnt"

    def find(self, model: str, vocabulary: str) -> Learnt | None:
        file = self._file(model, vocabulary)
        try:
            with np.load(file, allow_pickle=False) as found:
                fields = json.loads(str(found["background"]))
                background = Background(**fields | {"offsets": tuple(fields["offsets"])})
                return Learnt(found["concepts"], background)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            _log.warning("learnt_file_unreadable", file=str(file), error=repr(error)[:200])
            return None

    def keep(self, model: str, vocabulary: str, learnt: Learnt) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".draft")
        try:
            with os.fdopen(handle, "wb") as draft:
                np.savez(
                    draft,
                    concepts=learnt.concepts,
                    background=np.array(json.dumps(asdict(learnt.background))),
                )
            Path(name).replace(self._file(model, vocabulary))
        finally:
            Path(name).unlink(missing_ok=True)

    def _file(self, model: str, vocabulary: str) -> Path:
        key = hashlib.sha256(f"{model}\n{vocabulary}".encode()).hexdigest()[:24]
        return self._folder / f"{key}.npz"
