"""Scale samples of other formats than unsigned bytes and shorts to the range of a display.

Integers of 32 bits and signed ones have the range of their format, floating point numbers 0 to 1.
The tags SMinSampleValue and SMaxSampleValue name another one. ImageMagick and GIMP read them
so, and read floating point numbers without a profile as coded like sRGB, not as linear light.
"""

from collections.abc import Callable
from typing import Any, Final

from pichaven_processing.imaging.metadata.tiff_tags import Tags, floats_of
from pichaven_processing.imaging.sources.source import unsupported

_SMALLEST, _LARGEST = 340, 341
_INTEGERS: Final = {
    "char": (-(2.0**7), 2.0**7 - 1),
    "short": (-(2.0**15), 2.0**15 - 1),
    "uint": (0.0, 2.0**32 - 1),
    "int": (-(2.0**31), 2.0**31 - 1),
}
_FLOATS: Final = frozenset({"float", "double"})
_FINITE: Final = 1e38
_WIDER: Final = (255.0, 65535.0)
"""Ranges that floating point numbers have where they were converted from integers."""
_FILLED: Final = 0.25
"""Share of such a range that the numbers reach."""

Range = tuple[float, float]


def scale_to_display(load: Callable[[], Any], page: Tags, colours: int, *, inverted: bool) -> Any:
    """Return the image that `load` opens, in unsigned shorts of which 65535 is full.

    The first `colours` bands are colours, `inverted` where 0 is white. Raises `Rejected` where the
    numbers do not tell their range.
    """
    image = load()
    range_ = _stated_range(page) or _INTEGERS.get(image.format)
    if image.format in _FLOATS:
        image = _finite(image)
        # The data are read once more: an image that is opened in sequence is read once.
        range_ = range_ or _range_of_data(_finite(load()).extract_band(0, n=colours))
    if range_ is None:
        return image
    low, high = range_
    scale = 65535 / (high - low)
    scaled = (image - low) * scale
    # libvips has inverted unsigned numbers already.
    if inverted and image.format != "uint":
        whole = 65535 - scaled.extract_band(0, n=colours)
        scaled = whole if image.bands == colours else whole.bandjoin(scaled[colours:])
    interpretation = "grey16" if colours < 3 else "rgb16"
    return scaled.rint().cast("ushort").copy(interpretation=interpretation)


def _stated_range(page: Tags) -> Range | None:
    low, high = page.get(_SMALLEST), page.get(_LARGEST)
    if not isinstance(low, tuple) or not isinstance(high, tuple):
        return None
    smallest, largest = min(floats_of(low)), max(floats_of(high))
    is_range = -_FINITE < smallest < largest < _FINITE
    return (smallest, largest) if is_range else None


def _range_of_data(colours: Any) -> Range:
    """Return 0 to 1, beyond which are clipped highlights, unless most numbers are beyond it."""
    low, high, _, _, mean = colours.stats().numpy()[0][:5]
    if low >= -high / 2:
        if mean <= 1:
            return 0.0, 1.0
        for full in _WIDER:
            if full * _FILLED < high <= full:
                return 0.0, full
    raise unsupported("The picture's numbers have a range that the file does not state.")


def _finite(image: Any) -> Any:
    """Return the image with 0 for what is no number."""
    return ((image > -_FINITE) & (image < _FINITE)).ifthenelse(image, 0)
