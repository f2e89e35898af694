"""Cars, boats, bicycles, airplanes and trains; each faces left unless its pen is mirrored."""

from testing.sketches.canvas import Pen
from testing.sketches.palette import RGB, brightness, shade

_TYRE: RGB = (20, 20, 22)
_HUB: RGB = (170, 170, 175)


def draw_car(pen: Pen, paint: RGB) -> None:
    if pen.chance(0.75):
        _car_from_the_side(pen, paint)
    else:
        _car_from_the_front(pen, paint)


def _car_from_the_side(pen: Pen, paint: RGB) -> None:
    w = pen.uniform(0.85, 1.05)
    glass: RGB = (175, 205, 225) if brightness(paint) < 200 else (70, 90, 110)
    pen.rectangle(-w, 0.5, w, 0.14, paint, radius=0.08)
    roof = [(-w * 0.62, 0.48), (-w * 0.38, 0.85), (w * 0.35, 0.85), (w * 0.66, 0.48)]
    pen.polygon(roof, paint)
    front = [(-w * 0.5, 0.5), (-w * 0.33, 0.78), (-w * 0.04, 0.78), (-w * 0.04, 0.5)]
    rear = [(w * 0.04, 0.5), (w * 0.04, 0.78), (w * 0.3, 0.78), (w * 0.52, 0.5)]
    pen.polygon(front, glass)
    pen.polygon(rear, glass)
    for wheel in (-0.55, 0.55):
        pen.ellipse(wheel * w, 0.16, 0.19, 0.18, _TYRE)
        pen.ellipse(wheel * w, 0.16, 0.09, 0.09, _HUB)
    pen.ellipse(-w * 0.95, 0.36, 0.06, 0.06, (255, 240, 160))
    pen.rectangle(w * 0.9, 0.42, w * 0.97, 0.32, (220, 40, 40))
    pen.line([(0, 0.48), (0, 0.18)], 0.015, shade(paint, 0.7))


def _car_from_the_front(pen: Pen, paint: RGB) -> None:
    w = 0.62
    body = [(-w * 0.8, 0.5), (-w * 0.6, 0.9), (w * 0.6, 0.9), (w * 0.8, 0.5)]
    pane = [(-w * 0.65, 0.52), (-w * 0.5, 0.83), (w * 0.5, 0.83), (w * 0.65, 0.52)]
    pen.polygon(body, paint)
    pen.polygon(pane, (160, 190, 210))
    for side in (-0.7, 0.7):
        pen.rectangle(side * w - 0.11, 0.25, side * w + 0.11, 0, _TYRE, radius=0.03)
    pen.rectangle(-w, 0.55, w, 0.12, paint, radius=0.08)
    for side in (-0.7, 0.7):
        pen.ellipse(side * w, 0.38, 0.1, 0.08, (255, 245, 190))
    pen.rectangle(-w * 0.4, 0.42, w * 0.4, 0.3, (40, 40, 44))
    pen.rectangle(-w * 0.25, 0.24, w * 0.25, 0.16, (240, 240, 235))


def draw_boat(pen: Pen, paint: RGB) -> None:
    w = pen.uniform(0.48, 0.65)
    sailing = pen.chance(0.6)
    if sailing:
        cloth = pen.jitter(pen.random.choice([(248, 248, 245), (240, 235, 220)]))
        pen.line([(0, 0.25), (0, 1)], 0.03, (90, 70, 50))
        pen.polygon([(0.03, 0.95), (0.03, 0.34), (w * 0.85, 0.34)], cloth)
        pen.polygon([(-0.03, 0.85), (-0.03, 0.34), (-w * 0.6, 0.34)], shade(cloth, 0.9))
    else:
        pen.rectangle(-w * 0.5, 0.5, w * 0.4, 0.25, (240, 240, 238))
        pen.rectangle(-w * 0.3, 0.68, w * 0.2, 0.5, (225, 225, 225))
        for porthole in (-0.35, -0.1, 0.15):
            pen.ellipse(w * porthole, 0.4, 0.045, 0.045, (70, 110, 150))
        pen.rectangle(0, 0.92, w * 0.18, 0.68, shade(paint, 0.8))
    pen.polygon([(-w, 0.3), (w, 0.3), (w * 0.7, 0), (-w * 0.7, 0)], paint)
    pen.line([(-w, 0.29), (w, 0.29)], 0.025, shade(paint, 0.75))


def draw_bicycle(pen: Pen, paint: RGB) -> None:
    radius = 0.28
    for side in (-1, 1):
        pen.ring(side * 0.42, radius, radius, radius, 0.05, _TYRE)
    rear, pedals, saddle, bar = (
        (0.42, radius),
        (0.05, radius),
        (0.15, 0.68),
        (-0.3, 0.72),
    )
    pen.line([rear, pedals, bar, saddle, rear], 0.055, paint)
    pen.line([pedals, saddle], 0.055, paint)
    pen.line([bar, (-0.42, radius)], 0.055, paint)
    pen.line([(0.25, 0.74), (0.05, 0.74)], 0.06, (30, 30, 30))
    pen.line([bar, (-0.28, 0.85), (-0.42, 0.86)], 0.045, (40, 40, 40))


def draw_airplane(pen: Pen, paint: RGB) -> None:
    pen.polygon([(-0.02, 0.55), (0.12, 0.55), (0.3, 0.78), (0.2, 0.78)], shade(paint, 0.88))
    pen.ellipse(0, 0.5, 0.6, 0.1, paint)
    pen.polygon([(-0.05, 0.5), (0.15, 0.5), (0.35, 0.15), (0.22, 0.15)], shade(paint, 0.8))
    pen.polygon([(0.42, 0.5), (0.55, 0.5), (0.68, 0.75), (0.56, 0.75)], shade(paint, 0.75))
    for window in range(6):
        pen.ellipse(-0.35 + window * 0.12, 0.52, 0.022, 0.022, (60, 90, 130))


def draw_train(pen: Pen, paint: RGB) -> None:
    w = 1.3
    pen.line([(-w * 1.3, 0), (w * 1.3, 0)], 0.05, (80, 70, 65))
    for coach in range(3):
        left = -w + coach * w * 0.68
        pen.rectangle(left, 0.6, left + w * 0.62, 0.12, paint, radius=0.05)
    for part in range(9):
        left = -w * 0.94 + part * w * 0.225
        pen.rectangle(left, 0.5, left + w * 0.13, 0.33, (190, 215, 235))
        pen.ellipse(left + w * 0.04, 0.1, 0.07, 0.07, (25, 25, 28))
    pen.rectangle(-w, 0.25, w, 0.2, shade(paint, 0.6))
