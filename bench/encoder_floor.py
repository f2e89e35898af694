"""The floor of a photo's cost: encoding its variants from pixels in memory.

`python -m bench.encoder_floor PHOTO...` runs the pipeline once for each photo, keeps what it
hands to its encoders, and prints `ready`. Then, for each line of photo numbers on stdin, it encodes
those photos' variants again, into files like the pipeline, and prints the CPU seconds.
"""

import functools
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyvips

from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.pipeline import run_pipeline

# The very encoders: parameters that were copied here would one day be other ones.
from pichaven_processing.imaging.steps.make_variants import _ENCODERS
from pichaven_processing.settings import ProcessingSettings

Encode = Callable[[], None]


def _prepare(photos: list[Path], folder: Path) -> list[list[Encode]]:
    """Return functions that repeat the encodings of each photo."""
    encodings: list[Encode] = []

    def keeping(encode: Callable[[Any, Path], None], image: Any, path: Path) -> None:
        encode(image, path)
        encodings.append(functools.partial(encode, image, path))

    for name, encode in list(_ENCODERS.items()):
        _ENCODERS[name] = functools.partial(keeping, encode)
    photo_encodings = []
    for photo in photos:
        encodings.clear()
        run_pipeline(Picture(photo, folder, ProcessingSettings().limits), lambda _report: None)
        photo_encodings.append(list(encodings))
    return photo_encodings


def main() -> None:
    pyvips.cache_set_max(0)
    with tempfile.TemporaryDirectory(prefix="pichaven-bench-floor-") as folder:
        photos = _prepare([Path(name) for name in sys.argv[1:]], Path(folder))
        print("ready", flush=True)
        for line in sys.stdin:
            began = time.process_time()
            for number in json.loads(line):
                for encode in photos[number]:
                    encode()
            print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    main()
