"""Houses, lighthouses and bridges."""

from testing.sketches.canvas import Pen
from testing.sketches.palette import RGB, shade


def draw_house(pen: Pen, walls: RGB) -> None:
    w = pen.uniform(0.42, 0.6)
    roofs = [(150, 60, 45), (90, 70, 60), (80, 85, 95), (120, 50, 40)]
    roof = pen.jitter(pen.random.choice(roofs))
    if pen.chance(0.5):
        pen.rectangle(w * 0.5, 1, w * 0.7, 0.6, shade(roof, 0.8))
    pen.rectangle(-w, 0.58, w, 0, walls)
    ridge = w * pen.uniform(0, 0.5)
    pen.polygon([(-w * 1.15, 0.56), (w * 1.15, 0.56), (ridge, 1), (-ridge, 1)], roof)
    pen.rectangle(-0.08, 0.3, 0.08, 0, shade(roof, 0.7))
    pane = pen.random.choice([(250, 230, 150), (170, 205, 230)])
    for side in (-0.6, 0.6):
        pen.rectangle(w * side - 0.08, 0.42, w * side + 0.08, 0.24, pane)


def draw_lighthouse(pen: Pen, stripes: RGB) -> None:
    for band in range(5):
        low, high = 0.13 - 0.012 * band, 0.13 - 0.012 * (band + 1)
        y, top = 0.16 * band, 0.16 * (band + 1)
        paint = stripes if band % 2 == 0 else (245, 245, 243)
        pen.polygon([(-low, y), (low, y), (high, top), (-high, top)], paint)
    pen.rectangle(-0.06, 0.9, 0.06, 0.8, (255, 235, 140))
    pen.polygon([(-0.09, 0.9), (0.09, 0.9), (0, 1)], (60, 40, 40))


def draw_bridge(pen: Pen, steel: RGB) -> None:
    """A suspension bridge, wider than any picture: it leaves the frame on both sides."""
    w = 1.6
    pen.line([(-w * 1.4, 0.35), (w * 1.4, 0.35)], 0.07, steel)
    for tower in (-0.45, 0.45):
        pen.rectangle(tower * w - 0.035, 0.97, tower * w + 0.035, 0, steel)
        outward = 1.4 if tower > 0 else -1.4
        pen.line([(tower * w, 0.92), (outward * w, 0.38)], 0.022, steel)
    cable = []
    for hanger in range(-12, 13):
        x, y = hanger / 12 * 0.45 * w, 0.4 + 0.52 * (hanger / 12) ** 2
        cable.append((x, y))
        pen.line([(x, y), (x, 0.35)], 0.01, steel)
    pen.line(cable, 0.022, steel)
