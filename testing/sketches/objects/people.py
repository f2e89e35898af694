"""People, whole and as portraits."""

from testing.sketches.canvas import Pen
from testing.sketches.palette import HAIR, RGB, SKIN, shade

_TROUSERS: tuple[RGB, ...] = ((40, 50, 90), (60, 60, 65), (110, 90, 70), (30, 30, 35))


def draw_person(pen: Pen, clothes: RGB) -> None:
    skin, hair = pen.random.choice(SKIN), pen.random.choice(HAIR)
    trousers = pen.jitter(pen.random.choice(_TROUSERS))
    spread = pen.uniform(0.02, 0.14) / 2
    for side in (-1, 1):
        foot = (side * (0.05 + spread), 0)
        pen.line([(side * 0.05, 0.45), foot], 0.085, trousers)
    cheering, sleeves = pen.chance(0.25), pen.chance(0.6)
    elbow, hand = (0.85, 1.0) if cheering else (0.62, 0.46)
    for side in (-1, 1):
        arm = [(side * 0.11, 0.76), (side * 0.2, elbow), (side * 0.2, hand)]
        pen.line(arm, 0.06, clothes if sleeves else skin)
    pen.polygon([(-0.13, 0.8), (0.13, 0.8), (0.11, 0.4), (-0.11, 0.4)], clothes)
    if pen.chance(0.35):
        pen.polygon([(-0.09, 0.55), (0.09, 0.55), (0.19, 0.25), (-0.19, 0.25)], clothes)
    if pen.chance(0.4):
        pen.ellipse(0, 0.87, 0.1, 0.14, hair)
    pen.ellipse(0, 0.9, 0.075, 0.09, skin)
    pen.slice(0, 0.92, 0.08, 0.08, (180, 360), hair)


def draw_portrait(pen: Pen, clothes: RGB) -> None:
    skin, hair = pen.jitter(pen.random.choice(SKIN), 10), pen.jitter(pen.random.choice(HAIR))
    head = pen.at(0, 0.5, 0.3)
    if pen.chance(0.5):
        head.ellipse(0, 0, 1.25, 1.5, hair)
        head.rectangle(-1.2, 0, 1.2, -1.7, hair)
    pen.ellipse(0, -0.3, 0.5, 0.42, clothes)
    head.rectangle(-0.35, -0.8, 0.35, -1.6, shade(skin, 0.9))
    head.ellipse(0, 0.15, 1.05, 1.25, hair)
    head.ellipse(0, 0, 0.9, 1.18, skin)
    head.slice(0, 0.475, 0.95, 0.825, (190, 350), hair)
    _features(head, skin, hair)


def _features(head: Pen, skin: RGB, hair: RGB) -> None:
    iris = head.random.choice([(60, 40, 20), (60, 100, 150), (50, 100, 60)])
    glasses = head.chance(0.25)
    for side in (-1, 1):
        x = side * 0.36
        head.ellipse(x, 0.02, 0.15, 0.09, (250, 250, 250))
        head.ellipse(x, 0.02, 0.075, 0.085, iris)
        head.line([(side * 0.2, 0.22), (side * 0.55, 0.24)], 0.06, shade(hair, 0.8))
        head.ellipse(side * 0.9, -0.05, 0.1, 0.2, skin)
        if glasses:
            head.ring(x, 0.02, 0.25, 0.2, 0.06, (25, 25, 25))
    head.line([(0, 0), (-0.07, -0.3), (0.05, -0.32)], 0.05, shade(skin, 0.75))
    if head.chance(0.65):
        lips: RGB = (200, 60, 70) if head.chance(0.5) else (250, 248, 245)
        head.slice(0, -0.55, 0.36, 0.25, (10, 170), lips)
    else:
        head.line([(-0.28, -0.6), (0.28, -0.6)], 0.08, (180, 80, 80))
