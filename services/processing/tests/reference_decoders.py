"""Decode a file strictly by another reader than the pipeline's, or by the same without leniency.

`python -m services.processing.tests.reference_decoders FILE` prints the complaint as JSON.
"""

import json
import sys
from pathlib import Path

import pillow_heif
import pyvips
import rawpy
from PIL import Image, ImageFile, UnidentifiedImageError

from pichaven_processing.imaging.sources.jpeg_warnings import raise_late_warnings

pyvips.cache_set_max(0)


def complaint_about(path: Path) -> str | None:
    """Return why a strict reader refuses the file, None when it reads it."""
    head = path.read_bytes()[:16]
    try:
        if head.startswith(b"\xff\xd8"):
            # libjpeg with every warning an error.
            with raise_late_warnings():
                pyvips.Image.jpegload(str(path), fail_on="warning").avg()
        elif head[4:8] == b"ftyp" and head[8:12] != b"crx ":
            _decode_heif(path)
        elif head[:2] in {b"II", b"MM"} and b"DNG" not in head:
            _decode_tiff(path)
        else:
            _decode_by_pillow(path)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def _decode_heif(path: Path) -> None:
    if b"avif" in path.read_bytes()[8:40]:
        _decode_by_pillow(path)
        return
    assert pillow_heif.open_heif(path).data


def _decode_tiff(path: Path) -> None:
    try:
        rawpy.imread(str(path)).unpack()
    except rawpy.LibRawFileUnsupportedError:
        _decode_by_pillow(path)


def _decode_by_pillow(path: Path) -> None:
    import pillow_jxl  # noqa: F401 - registers the format

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path) as image:
            image.load()
    except UnidentifiedImageError:
        raise
    except NotImplementedError:
        # A layout that Pillow does not know says nothing about the file.
        return


if __name__ == "__main__":
    print(json.dumps(complaint_about(Path(sys.argv[1]))))
