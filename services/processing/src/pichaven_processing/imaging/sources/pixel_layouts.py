"""The pixels that a decoder leaves in memory, as an image of libvips."""

from typing import Final

import pyvips

from pichaven_processing.imaging.sources.source import unsupported

_LAYOUTS: Final = {
    "L": (1, "uchar", "b-w"),
    "LA": (2, "uchar", "b-w"),
    "RGB": (3, "uchar", "srgb"),
    "RGBA": (4, "uchar", "srgb"),
    "RGBa": (4, "uchar", "srgb"),
    "I;16": (1, "ushort", "grey16"),
    "I;16L": (1, "ushort", "grey16"),
    "L;16": (1, "ushort", "grey16"),
    "LA;16": (2, "ushort", "grey16"),
    "RGB;16": (3, "ushort", "rgb16"),
    "RGBA;16": (4, "ushort", "rgb16"),
    "RGBa;16": (4, "ushort", "rgb16"),
}
"""Bands, type of a sample and colour space, by the mode as Pillow and its plugins name it."""
_SAMPLE_BYTES: Final = {"uchar": 1, "ushort": 2}


def to_image(
    data: bytes, mode: str, width: int, height: int, *, stride: int | None = None
) -> pyvips.Image:
    """Return the image, which shares the memory.

    `stride` is the bytes from one row to the next, where there is something between them. Raises
    `Rejected` for a mode that is not known.
    """
    if mode not in _LAYOUTS:
        raise unsupported(f"The picture's pixel layout ({mode}) is not known.")
    bands, sample, interpretation = _LAYOUTS[mode]
    row = width if stride is None else stride // (bands * _SAMPLE_BYTES[sample])
    image = pyvips.Image.new_from_memory(data, row, height, bands, sample)
    if row != width:
        image = image.crop(0, 0, width, height)
    return image.copy(interpretation=interpretation)
