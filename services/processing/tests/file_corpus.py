"""A sound file of every format and of the layouts that have decoders of their own."""

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pillow_heif
import pyvips
from PIL import Image
from services.processing.tests import pictures, raw_files

_WIDTH, _HEIGHT = 320, 240


def _encoded(format_: str, mode: str = "RGB", **options: Any) -> Callable[[], bytes]:
    return lambda: pictures.encode(_picture().convert(mode), format_, **options)


def _picture() -> Image.Image:
    return pictures.picture(_WIDTH, _HEIGHT)


def _tiff(**options: Any) -> Callable[[], bytes]:
    return lambda: bytes(
        pyvips.Image.new_from_array(np.asarray(_picture())).tiffsave_buffer(**options)
    )


def _grey_heic() -> bytes:
    buffer = io.BytesIO()
    grey = np.asarray(_picture().convert("L")).astype("<u2") * 257
    pillow_heif.from_bytes("I;16", (_WIDTH, _HEIGHT), grey.tobytes()).save(buffer, quality=60)
    return buffer.getvalue()


def _alpha() -> Image.Image:
    image = _picture().convert("RGBA")
    image.putalpha(image.getchannel("R").point(lambda level: min(level * 2, 255)))
    return image


def _jpeg_in_jxl() -> bytes:
    import pillow_jxl

    encoder = pillow_jxl.Encoder(mode="RGB", lossless=True, num_threads=0)
    return bytes(encoder(pictures.jpeg(_WIDTH, _HEIGHT), _WIDTH, _HEIGHT, jpeg_encode=True))


SOUND_FILES: Final[dict[str, Callable[[], bytes]]] = {
    "jpeg": lambda: pictures.jpeg(_WIDTH, _HEIGHT, exif=pictures.exif()),
    "progressive jpeg": lambda: pictures.jpeg(_WIDTH, _HEIGHT, progressive=True),
    "jpeg with restarts": lambda: pictures.jpeg(_WIDTH, _HEIGHT, restart_marker_blocks=8),
    "grey jpeg": _encoded("JPEG", "L"),
    "cmyk jpeg": _encoded("JPEG", "CMYK"),
    "png": _encoded("PNG"),
    "16-bit png": pictures.sixteen_bit_png,
    "png with a palette": _encoded("PNG", "P"),
    "gif": _encoded("GIF"),
    "animated gif": lambda: pictures.animation("GIF"),
    "webp": _encoded("WEBP"),
    "lossless webp": _encoded("WEBP", lossless=True),
    "webp with alpha": lambda: pictures.encode(_alpha(), "WEBP"),
    "bmp": _encoded("BMP"),
    "tiff": _encoded("TIFF"),
    "lzw tiff": _encoded("TIFF", compression="tiff_lzw"),
    "deflated tiff": _tiff(compression="deflate", predictor="horizontal"),
    "jpeg tiff": _tiff(compression="jpeg", tile=True, tile_width=128, tile_height=128),
    "big tiff": _tiff(bigtiff=True),
    "avif": _encoded("AVIF"),
    "avif with alpha": lambda: pictures.encode(_alpha(), "AVIF"),
    "heic": lambda: pictures.heic(_WIDTH, _HEIGHT),
    "tiled heic": lambda: pictures.heic(512, 384, tile=256),
    "10-bit grey heic": _grey_heic,
    "jxl": lambda: pictures.jxl(_picture()),
    "lossless jxl": lambda: pictures.jxl(_picture(), lossless=True),
    "jpeg in jxl": _jpeg_in_jxl,
    "dng": lambda: pictures.dng(256, 192),
    "dng with preview": lambda: pictures.dng(
        256, 192, preview=pictures.jpeg(256, 192), preview_size=(256, 192)
    ),
    "nef": raw_files.nef,
    "arw": raw_files.arw,
    "rw2": raw_files.rw2,
    "orf": raw_files.orf,
}
