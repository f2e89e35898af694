"""Cats, dogs, birds, horses and fish; each faces left unless its pen is mirrored."""

from testing.sketches.canvas import Pen
from testing.sketches.palette import RGB, brightness, shade

_EYES: tuple[RGB, ...] = ((80, 170, 70), (230, 190, 50), (90, 150, 210), (60, 45, 30))
_INK: RGB = (15, 12, 10)
_BEAK: RGB = (245, 165, 40)


def draw_cat(pen: Pen, fur: RGB) -> None:
    pose = pen.random.random()
    if pose < 0.35:
        pen.ellipse(0, 0, 0.4, 0.3, shade(fur, 0.9))
        _cat_head(pen, 0, 0.45, 0.42, fur)
    elif pose < 0.7:
        pen.line([(0.2, 0.08), (0.48, 0.12), (0.5, 0.45)], 0.08, shade(fur, 0.85))
        pen.ellipse(0, 0.3, 0.27, 0.32, shade(fur, 0.92))
        for side in (-1, 1):
            pen.ellipse(side * 0.12, 0.03, 0.09, 0.05, fur)
        _cat_head(pen, -0.03, 0.68, 0.25, fur)
    else:
        pen.line([(0.45, 0.4), (0.65, 0.75)], 0.07, fur)
        pen.ellipse(0, 0.38, 0.48, 0.2, shade(fur, 0.93))
        for leg in (-0.35, -0.2, 0.2, 0.36):
            pen.rectangle(leg - 0.045, 0.35, leg + 0.045, 0, shade(fur, 0.85), radius=0.03)
        _cat_head(pen, -0.48, 0.6, 0.23, fur)


def _cat_head(pen: Pen, x: float, y: float, size: float, fur: RGB) -> None:
    head = pen.at(x, y, size)
    for side in (-1, 1):
        head.polygon([(side * 0.95, 0.25), (side * 0.85, 1.35), (side * 0.15, 0.8)], fur)
        inner = [(side * 0.78, 0.5), (side * 0.76, 1.08), (side * 0.35, 0.8)]
        head.polygon(inner, (225, 150, 150))
    head.ellipse(0, 0, 1, 0.87, fur)
    if pen.chance(0.4):
        for stripe in (-0.35, 0, 0.35):
            head.line([(stripe, 0.8), (stripe * 0.7, 0.4)], 0.09, shade(fur, 0.65))
    eyes = pen.random.choice(_EYES)
    whiskers: RGB = (245, 245, 245) if brightness(fur) < 140 else (70, 70, 70)
    for side in (-1, 1):
        head.ellipse(side * 0.4, 0.1, 0.2, 0.18, eyes)
        head.ellipse(side * 0.4, 0.1, 0.07, 0.16, _INK)
        for slope in (-0.1, 0.08, 0.22):
            head.line([(side * 0.25, -0.38), (side * 1.25, -0.3 - slope)], 0.025, whiskers)
        head.ellipse(side * 0.14, -0.38, 0.2, 0.16, shade(fur, 1.25))
    head.polygon([(-0.1, -0.2), (0.1, -0.2), (0, -0.32)], (215, 110, 120))


def draw_dog(pen: Pen, fur: RGB) -> None:
    pose = pen.random.random()
    if pose < 0.35:
        pen.ellipse(0, 0, 0.42, 0.3, shade(fur, 0.9))
        _dog_head(pen, 0, 0.45, 0.42, fur)
    elif pose < 0.65:
        pen.line([(0.2, 0.1), (0.45, 0.22)], 0.07, fur)
        pen.ellipse(0, 0.28, 0.25, 0.32, shade(fur, 0.93))
        for leg in (-0.2, 0.08):
            pen.rectangle(leg, 0.3, leg + 0.12, 0, fur, radius=0.04)
        _dog_head(pen, 0, 0.66, 0.26, fur)
    else:
        pen.line([(0.45, 0.55), (0.62, 0.8)], 0.06, fur)
        pen.ellipse(0, 0.48, 0.5, 0.19, shade(fur, 0.95))
        for leg in (-0.38, -0.24, 0.24, 0.38):
            pen.rectangle(leg - 0.05, 0.45, leg + 0.05, 0, shade(fur, 0.86), radius=0.02)
        pen.ellipse(-0.55, 0.72, 0.19, 0.18, fur)
        pen.ellipse(-0.72, 0.66, 0.15, 0.09, shade(fur, 1.1))
        pen.ellipse(-0.85, 0.69, 0.04, 0.035, _INK)
        pen.ellipse(-0.45, 0.66, 0.07, 0.17, shade(fur, 0.65))
        pen.ellipse(-0.6, 0.77, 0.025, 0.025, _INK)


def _dog_head(pen: Pen, x: float, y: float, size: float, fur: RGB) -> None:
    head = pen.at(x, y, size)
    head.ellipse(0, 0, 0.9, 0.92, fur)
    for side in (-1, 1):
        head.ellipse(side * 0.9, -0.1, 0.27, 0.62, shade(fur, 0.65))
    head.ellipse(0, -0.42, 0.5, 0.42, shade(fur, 1.22))
    for side in (-1, 1):
        head.ellipse(side * 0.36, 0.15, 0.13, 0.14, (25, 18, 12))
        head.ellipse(side * 0.33, 0.2, 0.04, 0.04, (255, 255, 255))
    if pen.chance(0.6):
        head.ellipse(0, -0.85, 0.17, 0.3, (235, 110, 120))
    head.ellipse(0, -0.24, 0.2, 0.14, (20, 16, 16))
    head.line([(0, -0.35), (0, -0.6)], 0.05, (40, 30, 25))


def draw_bird(pen: Pen, feathers: RGB) -> None:
    if pen.chance(0.55):
        _perched_bird(pen, feathers)
    else:
        _flying_bird(pen, feathers)


def _perched_bird(pen: Pen, feathers: RGB) -> None:
    pen.polygon([(0.3, 0.4), (0.75, 0.3), (0.7, 0.48)], shade(feathers, 0.75))
    pen.ellipse(0, 0.4, 0.4, 0.27, feathers)
    pen.ellipse(-0.35, 0.66, 0.2, 0.19, feathers)
    pen.polygon([(-0.52, 0.72), (-0.52, 0.6), (-0.75, 0.64)], _BEAK)
    pen.ellipse(-0.4, 0.7, 0.045, 0.045, (250, 250, 250))
    pen.ellipse(-0.4, 0.7, 0.03, 0.03, _INK)
    pen.ellipse(0.08, 0.42, 0.25, 0.14, shade(feathers, 0.75))
    for leg in (-0.05, 0.07):
        pen.line([(leg, 0.15), (leg, 0)], 0.025, (200, 130, 50))


def _flying_bird(pen: Pen, feathers: RGB) -> None:
    up = pen.random.choice([-1, 1, 1])
    pen.ellipse(0, 0.5, 0.3, 0.1, feathers)
    far = [(-0.12, 0.5), (0.12, 0.5), (0.35, 0.5 + up * 0.45)]
    near = [(-0.15, 0.5), (0.1, 0.5), (-0.3, 0.5 + up * 0.4)]
    pen.polygon(far, shade(feathers, 0.7))
    pen.polygon(near, shade(feathers, 0.85))
    pen.ellipse(-0.3, 0.55, 0.1, 0.1, feathers)
    pen.polygon([(-0.37, 0.59), (-0.37, 0.51), (-0.52, 0.54)], _BEAK)
    pen.polygon([(0.25, 0.5), (0.5, 0.56), (0.5, 0.44)], shade(feathers, 0.8))


def draw_horse(pen: Pen, coat: RGB) -> None:
    dark = shade(coat, 0.45)
    pen.ellipse(0, 0.5, 0.38, 0.16, coat)
    for leg in (-0.3, -0.2, 0.22, 0.31):
        limb = [(leg - 0.045, 0.5), (leg + 0.045, 0.5), (leg + 0.02, 0), (leg - 0.02, 0)]
        pen.polygon(limb, shade(coat, 0.88))
    pen.polygon([(-0.2, 0.6), (-0.38, 0.42), (-0.52, 0.85), (-0.4, 0.95)], coat)
    pen.ellipse(-0.56, 0.84, 0.16, 0.07, coat)
    pen.ellipse(-0.5, 0.88, 0.02, 0.02, _INK)
    pen.polygon([(-0.42, 0.92), (-0.36, 1.02), (-0.36, 0.9)], coat)
    pen.line([(-0.38, 0.95), (-0.2, 0.6)], 0.06, dark)
    pen.line([(0.36, 0.55), (0.48, 0.25)], 0.06, dark)


def draw_fish(pen: Pen, scales: RGB) -> None:
    fin = shade(scales, 0.8)
    pen.polygon([(0.3, 0.4), (0.65, 0.65), (0.65, 0.15)], fin)
    pen.ellipse(0, 0.4, 0.45, 0.24, scales)
    pen.polygon([(-0.1, 0.6), (0.2, 0.6), (0.1, 0.78)], fin)
    pen.ellipse(-0.28, 0.45, 0.05, 0.05, (250, 250, 250))
    pen.ellipse(-0.29, 0.45, 0.025, 0.025, _INK)
    for row in (-0.1, 0.05, 0.18):
        pen.arc(row, 0.4, 0.1, 0.16, (100, 260), 0.015, shade(scales, 0.75))
