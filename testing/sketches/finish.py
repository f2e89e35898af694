"""The camera's part: tone, grain and focus, alike at every resolution."""

import numpy as np
from PIL import Image, ImageFilter

from testing.sketches.canvas import Canvas

_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
_GRAIN_CELLS = 96  # per picture height, so grain is as coarse in a large print as in a small one


def make_black_and_white(canvas: Canvas) -> None:
    grey = canvas.pixels() @ _LUMA
    canvas.replace(np.repeat(grey[..., None], 3, axis=2))


def make_sepia(canvas: Canvas) -> None:
    grey = canvas.pixels() @ _LUMA
    canvas.replace(np.stack([grey * 1.08 + 12, grey * 0.93 + 8, grey * 0.7], axis=-1))


def expose(canvas: Canvas, *, tinted: bool) -> None:
    """Vary brightness and, if `tinted`, white balance; add uneven light and grain."""
    warmth = canvas.uniform(0.95, 1.05) if tinted else 1.0
    cold = canvas.uniform(0.95, 1.05) if tinted else 1.0
    gain = canvas.uniform(0.85, 1.15) * np.array([warmth, 1, cold], np.float32)
    pixels = canvas.pixels() * gain + canvas.uniform(-8, 10)
    cells = canvas.random.choice([4, 8, 16])
    pixels += _noise(canvas, canvas.uniform(0, 12), (cells, cells), Image.Resampling.BICUBIC)
    grain = (_GRAIN_CELLS, round(_GRAIN_CELLS * canvas.aspect))
    pixels += _noise(canvas, canvas.uniform(0, 9), grain, Image.Resampling.BILINEAR)
    canvas.replace(pixels)


def soften(canvas: Canvas) -> None:
    radius = canvas.uniform(0.002, 0.007) * canvas.height
    blurred = canvas.image.filter(ImageFilter.GaussianBlur(radius))
    canvas.replace(np.asarray(blurred, np.float32))


def _noise(
    canvas: Canvas, strength: float, cells: tuple[int, int], smoothing: Image.Resampling
) -> np.ndarray:
    grid = canvas.noise_source.normal(0, strength, cells).astype(np.float32)
    size = (canvas.width, canvas.height)
    return np.asarray(Image.fromarray(grid).resize(size, smoothing), np.float32)[..., None]
