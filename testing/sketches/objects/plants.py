"""Flowers and trees."""

from math import cos, pi, sin

from testing.sketches.canvas import Pen
from testing.sketches.palette import RGB, SUMMER_LEAVES, shade

_BARK: RGB = (95, 65, 40)
_SNOW: RGB = (240, 244, 248)


def draw_flower(pen: Pen, petals: RGB) -> None:
    draw_blossom(pen, petals, stem=pen.chance(0.75))


def draw_blossom(pen: Pen, petals: RGB, *, stem: bool) -> None:
    """A flower on its stem, or a bloom alone filling its height."""
    count = pen.random.choice([5, 6, 8, 10, 12])
    y, radius = (0.72, 0.25) if stem else (0.45, 0.4)
    if stem:
        pen.line([(pen.uniform(-0.05, 0.05), 0), (0, y)], 0.035, (50, 130, 50))
        pen.ellipse(0.1, 0.22, 0.1, 0.04, (60, 145, 60))
    turn = pen.uniform(0, 2 * pi)
    for petal in range(count):
        angle = turn + petal * 2 * pi / count
        pen.ellipse(
            radius * 0.75 * cos(angle),
            y + radius * 0.75 * sin(angle),
            radius * 0.45,
            radius * 0.45,
            shade(petals, 0.85 + 0.15 * (petal % 2)),
        )
    heart = pen.random.choice([(250, 205, 50), (90, 60, 30), (240, 180, 40)])
    pen.ellipse(0, y, radius * 0.38, radius * 0.38, heart)


def draw_tree(pen: Pen, _colour: RGB) -> None:
    leaves = pen.jitter(pen.random.choice(SUMMER_LEAVES))
    if pen.chance(0.4):
        draw_pine(pen, leaves)
    else:
        draw_leafy_tree(pen, leaves)


def draw_pine(pen: Pen, needles: RGB, *, snowy: bool = False) -> None:
    pen.rectangle(-0.03, 0.12, 0.03, 0, (80, 52, 32))
    for tier in range(3):
        base, reach = 0.1 + 0.27 * tier, 0.3 - 0.07 * tier
        tip = base + 0.42
        pen.polygon([(-reach, base), (reach, base), (0, tip)], shade(needles, 1 + 0.08 * tier))
        if snowy:
            cap = [(-reach * 0.45, base + 0.22), (reach * 0.45, base + 0.22), (0, tip)]
            pen.polygon(cap, _SNOW)


def draw_leafy_tree(pen: Pen, leaves: RGB) -> None:
    trunk = [(-0.05, 0), (0.05, 0), (0.03, 0.5), (-0.03, 0.5)]
    pen.polygon(trunk, pen.jitter(_BARK))
    for _ in range(8):
        x, y = pen.uniform(-0.22, 0.22), pen.uniform(0.5, 0.85)
        rx, ry = pen.uniform(0.12, 0.2), pen.uniform(0.1, 0.18)
        pen.ellipse(x, y, rx, ry, pen.jitter(shade(leaves, pen.uniform(0.8, 1.2)), 8))


def draw_palm(pen: Pen, _colour: RGB) -> None:
    lean = pen.uniform(-0.15, 0.15)
    pen.line([(0, 0), (lean * 0.3, 0.4), (lean, 0.75)], 0.06, (120, 90, 60))
    for frond in range(7):
        angle = -0.3 + frond * 0.62
        bend = (lean + 0.22 * cos(angle), 0.78 + 0.2 * abs(sin(angle)))
        tip = (lean + 0.38 * cos(angle), 0.65 + 0.12 * sin(angle))
        pen.line([(lean, 0.75), bend, tip], 0.045, pen.jitter((45, 130, 55), 20))


def draw_christmas_tree(pen: Pen, _colour: RGB) -> None:
    tree = pen.at(0, 0, 0.92)
    draw_pine(tree, pen.jitter((30, 110, 50)))
    for _ in range(22):
        height = pen.uniform(0.12, 0.9)
        reach = 0.27 * (1 - height)
        bauble = pen.random.choice([(230, 40, 40), (255, 210, 60), (70, 120, 240), (250, 250, 250)])
        tree.ellipse(pen.uniform(-1, 1) * reach, height, 0.026, 0.026, bauble)
    star = []
    for corner in range(10):
        reach = 0.07 if corner % 2 == 0 else 0.032
        angle = corner * pi / 5
        star.append((reach * sin(angle), 1.08 + reach * cos(angle)))
    tree.polygon(star, (255, 215, 50))


def draw_cactus(pen: Pen, skin: RGB) -> None:
    pen.rectangle(-0.13, 1, 0.13, 0, skin, radius=0.1)
    pen.line([(0, 0.4), (0.3, 0.4), (0.3, 0.75)], 0.12, skin)
    pen.line([(0, 0.5), (-0.3, 0.5), (-0.3, 0.8)], 0.12, skin)
