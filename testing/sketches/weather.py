"""What happens in front of a landscape: moon, fireworks, rainbows, rain, snowfall, fog."""

from math import cos, pi, sin
from typing import Final

import numpy as np

from testing.sketches.canvas import Canvas
from testing.sketches.light import Hour
from testing.sketches.palette import RGB, SHADES

_RAINBOW: Final[tuple[RGB, ...]] = (
    (225, 60, 60),
    (240, 150, 50),
    (245, 225, 70),
    (90, 190, 90),
    (70, 120, 220),
    (130, 80, 180),
)
_SPARKS: Final = ("red", "yellow", "green", "blue", "pink", "purple", "orange")


def draw_moon(canvas: Canvas) -> None:
    size = canvas.uniform(0.05, 0.12)
    x, y = canvas.across(0.12, 0.88), canvas.uniform(0.1, 0.25)
    canvas.ellipse(x, y, size, size, canvas.jitter((245, 243, 220), 8))
    if canvas.chance(0.4):
        beside = canvas.colour_at(min(0.98 * canvas.aspect, x + size * 1.6), y)
        canvas.ellipse(x + size * 0.45, y - size * 0.15, size * 0.9, size * 0.9, beside)
    else:
        canvas.ellipse(x - size * 0.3, y - size * 0.2, size * 0.2, size * 0.17, (215, 213, 195))
        canvas.ellipse(x + size * 0.3, y + size * 0.3, size * 0.25, size * 0.2, (218, 216, 198))


def draw_fireworks(canvas: Canvas) -> None:
    for _ in range(canvas.random.randint(2, 5)):
        x, y = canvas.across(0.1, 0.9), canvas.uniform(0.08, 0.4)
        reach = canvas.uniform(0.08, 0.2)
        colour = canvas.jitter(SHADES[canvas.random.choice(_SPARKS)][0], 10)
        rays = canvas.random.randint(9, 16)
        for ray in range(rays):
            across, down = cos(ray * 2 * pi / rays), sin(ray * 2 * pi / rays)
            inner = (x + reach * 0.25 * across, y + reach * 0.25 * down)
            outer = (x + reach * across, y + reach * down + 0.01)
            canvas.line([inner, outer], 0.009, colour)
            canvas.ellipse(*outer, 0.009, 0.009, (255, 245, 220))


def draw_rainbow(canvas: Canvas) -> None:
    centre = (canvas.across(0.2, 0.8), canvas.uniform(0.6, 0.75))
    radius = canvas.uniform(0.4, 0.7)
    for band, colour in enumerate(_RAINBOW):
        size = radius - band * 0.022
        canvas.arc(centre, (size, size), (180, 360), 0.024, canvas.jitter(colour, 8))


def draw_rain(canvas: Canvas, hour: Hour) -> None:
    dull = np.array([120, 126, 135], np.float32) * (0.4 if hour == "night" else 1)
    canvas.replace(canvas.pixels() * 0.7 + dull * 0.3)
    slant = canvas.uniform(-0.03, 0.05)
    for _ in range(canvas.random.randint(60, 140)):
        x, y = canvas.uniform(0, canvas.aspect), canvas.uniform(0, 1)
        drop: RGB = (190, 200, 212) if canvas.chance(0.7) else (225, 230, 238)
        fall = [(x, y), (x + slant, y + canvas.uniform(0.05, 0.12))]
        canvas.line(fall, 0.006, drop)


def draw_snowfall(canvas: Canvas) -> None:
    for _ in range(canvas.random.randint(40, 120)):
        size = canvas.uniform(0.005, 0.014)
        x, y = canvas.uniform(0, canvas.aspect), canvas.uniform(0, 1)
        canvas.ellipse(x, y, size, size, (248, 249, 252))


def draw_fog(canvas: Canvas, hour: Hour) -> None:
    thickness = canvas.uniform(0.4, 0.62)
    veil = np.array([205, 208, 212], np.float32) * (0.5 if hour == "night" else 1)
    canvas.replace(canvas.pixels() * (1 - thickness) + veil * thickness)
