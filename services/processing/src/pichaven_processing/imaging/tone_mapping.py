"""Map pictures of high dynamic range (BT.2100) and of BT.2020 colours to 8-bit sRGB.

PQ is absolute, HLG is shown as on a display of 1000 cd/m2 (BT.2100). Reference white is
203 cd/m2 (BT.2408). A picture without brighter parts has its white there; in others the brightest
part becomes white and everything above the knee makes room, by Reinhard's extended curve
(Reinhard et al. 2002, equation 4). The knee is at the tones that phones leave as they are in the
plain rendition beside a gain map.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyvips

from pichaven_processing.imaging.sources.code_points import (
    BT2020,
    DISPLAY_P3,
    HLG,
    PQ,
    CodePoints,
)

Floats = npt.NDArray[np.float32]

_REFERENCE_WHITE: Final = 203.0
_HLG_PEAK: Final = 1000.0
_PEAK_PERCENTILE: Final = 99.99
_KNEE: Final = 0.25
"""Linear light, reference white being 1: below it tones stay as they are."""
_ROWS: Final = 128
"""Rows in work at once, which bounds the memory."""

# SMPTE ST 2084
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# Linear light to that of BT.709's primaries, and weights of luminance
_TO_BT709: Final = {
    BT2020: np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
        np.float32,
    ),
    DISPLAY_P3: np.array(
        [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]], np.float32
    ),
}
_LUMINANCE: Final = {
    BT2020: np.array([0.2627, 0.6780, 0.0593], np.float32),
    DISPLAY_P3: np.array([0.2290, 0.6917, 0.0793], np.float32),
}
_BT709_LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)


def to_srgb(image: Any, code_points: CodePoints) -> Any:
    """Return a libvips image of 8-bit sRGB, alpha kept. `image` has 8 or 16 bits."""
    alpha = image[image.bands - 1] if image.hasalpha() else None
    colours = image.extract_band(0, n=image.bands - (1 if alpha is not None else 0))
    if colours.bands == 1:
        colours = colours.bandjoin([colours, colours])
    pixels = np.asarray(colours.numpy())
    light = _eotf_table(code_points.transfer, np.iinfo(pixels.dtype).max)
    peak = _peak(pixels, light, code_points) if code_points.is_hdr else 1.0
    out = np.empty(pixels.shape, np.uint8)
    for top in range(0, pixels.shape[0], _ROWS):
        rows = _to_linear(pixels[top : top + _ROWS], light, code_points)
        if peak > 1:
            brightest = rows.max(axis=2, keepdims=True)
            rows *= _compress(brightest, peak) / np.maximum(brightest, 1e-6)
        out[top : top + _ROWS] = _oetf(rows)
    result = pyvips.Image.new_from_array(out, interpretation="srgb")
    if alpha is None:
        return result
    if alpha.format != "uchar":
        alpha = (alpha / 257).cast("uchar")
    return result.bandjoin(alpha)


def _eotf_table(transfer: int, most: int) -> Floats:
    """Return the light of every value, 1 being reference white."""
    signal = np.linspace(0, 1, most + 1)
    if transfer == PQ:
        power = signal ** (1 / _M2)
        light = (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
        light *= 10_000 / _REFERENCE_WHITE
    elif transfer == HLG:
        a = 0.17883277
        b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)
        light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    else:
        light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def _to_linear(pixels: npt.NDArray[Any], light: Floats, code_points: CodePoints) -> Floats:
    """Return linear light of BT.709's primaries, without what these cannot show."""
    rows: Floats = light[pixels]
    if code_points.transfer == HLG:
        weights = _LUMINANCE.get(code_points.primaries, _BT709_LUMINANCE)
        luminance = np.maximum(rows @ weights, 1e-6)[..., None]
        rows *= luminance**0.2 * np.float32(_HLG_PEAK / _REFERENCE_WHITE)
    matrix = _TO_BT709.get(code_points.primaries)
    if matrix is not None:
        rows = rows @ matrix.T
    return np.maximum(rows, 0)


def _peak(pixels: npt.NDArray[Any], light: Floats, code_points: CodePoints) -> float:
    step = max(1, int((pixels.shape[0] * pixels.shape[1] / 250_000) ** 0.5))
    sample = _to_linear(pixels[::step, ::step], light, code_points).max(axis=2)
    return float(np.percentile(sample, _PEAK_PERCENTILE))


def _compress(light: Floats, peak: float) -> Floats:
    """Map 0 to `peak` to 0 to 1: what is below the knee stays, the rest by Reinhard's curve."""
    range_ = np.float32(1 - _KNEE)
    above = np.maximum(light - np.float32(_KNEE), 0) / range_
    white = np.float32((peak - _KNEE) / (1 - _KNEE))
    mapped: Floats = _KNEE + range_ * above * (1 + above / white**2) / (1 + above)
    return np.minimum(np.where(light < _KNEE, light, mapped), np.float32(1))


def _oetf(light: Floats) -> npt.NDArray[np.uint8]:
    light = np.clip(light, 0, 1)
    signal = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    result: npt.NDArray[np.uint8] = np.rint(signal * 255).astype(np.uint8)
    return result
