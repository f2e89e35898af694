"""A drawing surface in units of the picture's height, so that one seed draws the same picture at
any resolution.

`Canvas` has its origin at the top left, y pointing down: backgrounds are drawn on it.
`Pen` has its origin at a thing's foot, y pointing up, in units of the thing's own height, and
mirrors what it draws when the thing faces left: objects are drawn with it.
"""

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw

from testing.sketches.palette import RGB, rgb

Point = tuple[float, float]


class Canvas:
    """A picture being drawn, and the seeded randomness it is drawn with."""

    def __init__(self, seed: int, *, height: int, aspect: float = 1.0) -> None:
        self.random = random.Random(seed)
        self.noise_source = np.random.default_rng(seed)
        self.height = height
        self.width = round(height * aspect)
        self.aspect = aspect
        self._show(Image.new("RGB", (self.width, height)))

    @property
    def image(self) -> Image.Image:
        return self._image

    def _show(self, image: Image.Image) -> None:
        self._image = image
        self._draw = ImageDraw.Draw(image)

    def replace(self, pixels: np.ndarray) -> None:
        """Replace the picture by pixels (height x width x 3, any number type)."""
        self._show(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))

    def pixels(self) -> np.ndarray:
        """Return the picture as float32, height x width x 3."""
        return np.asarray(self._image, np.float32)

    def uniform(self, low: float, high: float) -> float:
        return self.random.uniform(low, high)

    def across(self, low: float, high: float) -> float:
        """Return an x within the central square, which a centred crop keeps."""
        square = min(1.0, self.aspect)
        return (self.aspect - square) / 2 + self.uniform(low, high) * square

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def jitter(self, colour: RGB, spread: float = 18) -> RGB:
        """Return a random colour near this one."""
        return rgb(*(value + self.random.gauss(0, spread / 2) for value in colour))

    def colour_at(self, x: float, y: float) -> RGB:
        column = min(max(int(x * self.height), 0), self.width - 1)
        row = min(max(int(y * self.height), 0), self.height - 1)
        red, green, blue = self._image.getpixel((column, row))  # type: ignore[misc]
        return (red, green, blue)

    def polygon(self, points: Iterable[Point], colour: RGB) -> None:
        self._draw.polygon(self._scale(points), fill=colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: RGB) -> None:
        self._draw.ellipse(self._box(x, y, rx, ry), fill=colour)

    def rectangle(
        self, x0: float, y0: float, x1: float, y1: float, colour: RGB, *, radius: float = 0
    ) -> None:
        left, right = sorted((x0 * self.height, x1 * self.height))
        top, bottom = sorted((y0 * self.height, y1 * self.height))
        if radius:
            box = (left, top, right, bottom)
            self._draw.rounded_rectangle(box, radius * self.height, fill=colour)
        else:
            self._draw.rectangle((left, top, right, bottom), fill=colour)

    def line(self, points: Iterable[Point], width: float, colour: RGB) -> None:
        self._draw.line(self._scale(points), fill=colour, width=self._stroke(width), joint="curve")

    def arc(
        self,
        centre: Point,
        radii: Point,
        degrees: tuple[float, float],
        width: float,
        colour: RGB,
    ) -> None:
        """Draw a part of an ellipse's outline, clockwise from three o'clock."""
        self._draw.arc(self._box(*centre, *radii), *degrees, fill=colour, width=self._stroke(width))

    def slice(self, centre: Point, radii: Point, degrees: tuple[float, float], colour: RGB) -> None:
        """Draw a filled slice of an ellipse, clockwise from three o'clock."""
        self._draw.pieslice(self._box(*centre, *radii), *degrees, fill=colour)

    def gradient(self, colours: Sequence[RGB], top: float = 0.0, bottom: float = 1.0) -> None:
        """Draw a band across the picture that fades through the colours from top to bottom."""
        rows = max(1, int((bottom - top) * self.height))
        stops = np.array(colours, np.float32)
        at = np.linspace(0, len(stops) - 1, rows)
        lower = np.minimum(at.astype(int), len(stops) - 2)
        share = (at - lower)[:, None]
        column = stops[lower] * (1 - share) + stops[lower + 1] * share
        band = Image.fromarray(column[:, None, :].clip(0, 255).astype(np.uint8))
        self._image.paste(band.resize((self.width, rows)), (0, int(top * self.height)))

    def mottle(self, strength: float, cells: int, top: float = 0.0, bottom: float = 1.0) -> None:
        """Vary the brightness of a band, as of sand and grass; cells per picture height."""
        first, last = int(top * self.height), int(bottom * self.height)
        if last - first < 2:
            return
        grid = self.noise_source.normal(128, strength, (cells, cells))
        noise = Image.fromarray(grid.clip(0, 255).astype(np.uint8))
        spread = noise.resize((self.width, last - first), Image.Resampling.BICUBIC)
        pixels = self.pixels().copy()
        pixels[first:last] += np.asarray(spread, np.float32)[..., None] - 128
        self.replace(pixels)

    def ridge(self, y: float, swing: float, colour: RGB) -> None:
        """Fill from a rolling horizon at about `y` down to the bottom."""
        heights = [y + self.uniform(-swing, swing) for _ in range(9)]
        for _ in range(3):
            finer: list[float] = []
            for left, right in pairwise(heights):
                finer += [left, (left + right) / 2 + self.uniform(-swing, swing) * 0.25]
            heights = [*finer, heights[-1]]
            swing *= 0.5
        step = self.aspect / (len(heights) - 1)
        crest = [(index * step, height) for index, height in enumerate(heights)]
        self.polygon([(0, 1.01), *crest, (self.aspect, 1.01)], colour)

    def _scale(self, points: Iterable[Point]) -> list[Point]:
        return [(x * self.height, y * self.height) for x, y in points]

    def _box(self, x: float, y: float, rx: float, ry: float) -> tuple[float, float, float, float]:
        scale = self.height
        return ((x - rx) * scale, (y - ry) * scale, (x + rx) * scale, (y + ry) * scale)

    def _stroke(self, width: float) -> int:
        return max(1, round(width * self.height))


class Pen:
    """Draws one thing: its foot at (0, 0), its height 1, its front to the left unless mirrored."""

    def __init__(
        self, canvas: Canvas, *, x: float, y: float, height: float, mirrored: bool = False
    ) -> None:
        self.canvas = canvas
        self.random = canvas.random
        self.uniform = canvas.uniform
        self.chance = canvas.chance
        self.jitter = canvas.jitter
        self._x = x
        self._y = y
        self._height = height
        self._side = -1 if mirrored else 1

    def at(self, x: float, y: float, height: float) -> "Pen":
        """Return a pen for a part: its foot at (x, y), its height in heights of this thing."""
        part_x, part_y = self._place((x, y))
        return Pen(
            self.canvas, x=part_x, y=part_y, height=self._height * height, mirrored=self._side < 0
        )

    def polygon(self, points: Iterable[Point], colour: RGB) -> None:
        self.canvas.polygon([self._place(point) for point in points], colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, colour: RGB) -> None:
        self.canvas.ellipse(*self._place((x, y)), rx * self._height, ry * self._height, colour)

    def rectangle(
        self, x0: float, y0: float, x1: float, y1: float, colour: RGB, *, radius: float = 0
    ) -> None:
        self.canvas.rectangle(
            *self._place((x0, y0)),
            *self._place((x1, y1)),
            colour,
            radius=radius * self._height,
        )

    def line(self, points: Iterable[Point], width: float, colour: RGB) -> None:
        self.canvas.line([self._place(point) for point in points], width * self._height, colour)

    def ring(self, x: float, y: float, rx: float, ry: float, width: float, colour: RGB) -> None:
        radii = (rx * self._height, ry * self._height)
        self.canvas.arc(self._place((x, y)), radii, (0, 360), width * self._height, colour)

    def arc(
        self, x: float, y: float, rx: float, ry: float, degrees: Point, width: float, colour: RGB
    ) -> None:
        """Draw a part of an outline; degrees clockwise from three o'clock, before mirroring."""
        start, end = degrees
        if self._side < 0:
            start, end = 180 - end, 180 - start
        radii = (rx * self._height, ry * self._height)
        self.canvas.arc(self._place((x, y)), radii, (start, end), width * self._height, colour)

    def slice(self, x: float, y: float, rx: float, ry: float, degrees: Point, colour: RGB) -> None:
        radii = (rx * self._height, ry * self._height)
        self.canvas.slice(self._place((x, y)), radii, degrees, colour)

    def _place(self, point: Point) -> Point:
        x, y = point
        return (self._x + x * self._side * self._height, self._y - y * self._height)
