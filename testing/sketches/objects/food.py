"""Cakes, plates, pizzas, cups and apples."""

from math import cos, pi, sin

from testing.sketches.canvas import Pen
from testing.sketches.palette import RGB, SHADES, lighten, shade

_CANDLES = ("red", "blue", "yellow", "pink", "green")
_MORSELS: tuple[RGB, ...] = (
    (190, 60, 40),
    (90, 150, 60),
    (225, 180, 80),
    (140, 85, 45),
    (245, 225, 170),
    (230, 130, 50),
)


def draw_birthday_cake(pen: Pen, icing: RGB) -> None:
    tiers, y = pen.random.randint(1, 3), 0.04
    pen.ellipse(0, y, 0.62, 0.06, (240, 240, 240))
    for tier in range(tiers):
        width, height = 0.5 * (1 - 0.25 * tier), 0.5 / tiers
        pen.rectangle(-width, y + height, width, y, shade(icing, 1 + 0.15 * (tier % 2)))
        pen.ellipse(0, y + height, width, 0.05, shade(icing, 1.2))
        for drop in range(7):
            x = -width + (drop + 0.5) * width * 2 / 7
            pen.ellipse(x, y + height - 0.03, width / 7, 0.04, (255, 250, 245))
        y += height
    candles, width = pen.random.randint(3, 7), 0.4 * (1 - 0.25 * (tiers - 1))
    for candle in range(candles):
        x = -width + 2 * width * (candle + 0.5) / candles
        wax = SHADES[pen.random.choice(_CANDLES)][0]
        pen.rectangle(x - 0.015, y + 0.2, x + 0.015, y, pen.jitter(wax))
        pen.ellipse(x, y + 0.25, 0.025, 0.045, (255, 190, 60))
        pen.ellipse(x, y + 0.24, 0.012, 0.025, (255, 245, 190))


def draw_plate(pen: Pen, _colour: RGB) -> None:
    y, flat, radius = 0.45, pen.uniform(0.55, 1), 0.5
    pen.ellipse(0, y, radius, radius * flat, (245, 245, 243))
    pen.ellipse(0, y, radius * 0.78, radius * flat * 0.78, (225, 225, 225))
    for _ in range(pen.random.randint(6, 14)):
        angle, reach = pen.uniform(0, 2 * pi), pen.uniform(0, 0.5) * radius
        rx, ry = radius * pen.uniform(0.1, 0.25), radius * pen.uniform(0.08, 0.18)
        morsel = pen.jitter(pen.random.choice(_MORSELS))
        pen.ellipse(reach * cos(angle), y + reach * flat * sin(angle), rx, ry, morsel)
    if pen.chance(0.6):
        for side in (-0.62, 0.62):
            pen.line([(side, y + 0.25), (side, y - 0.3)], 0.033, (180, 182, 188))


def draw_pizza(pen: Pen, _colour: RGB) -> None:
    y, radius = 0.5, 0.5
    pen.ellipse(0, y, radius, radius, pen.jitter((205, 145, 75)))
    pen.ellipse(0, y, radius * 0.87, radius * 0.87, pen.jitter((245, 200, 90)))
    for _ in range(pen.random.randint(8, 14)):
        angle, reach = pen.uniform(0, 2 * pi), pen.uniform(0.1, 0.7) * radius
        salami = pen.jitter((190, 45, 35))
        pen.ellipse(reach * cos(angle), y + reach * sin(angle), 0.065, 0.065, salami)
    for _ in range(pen.random.randint(0, 10)):
        angle, reach = pen.uniform(0, 2 * pi), pen.uniform(0.1, 0.7) * radius
        basil = pen.jitter((60, 130, 50))
        pen.ellipse(reach * cos(angle), y + reach * sin(angle), 0.035, 0.02, basil)
    for cut in range(4):
        x, rise = radius * cos(cut * pi / 4), radius * sin(cut * pi / 4)
        pen.line([(-x, y - rise), (x, y + rise)], 0.01, (170, 110, 50))


def draw_coffee(pen: Pen, china: RGB) -> None:
    if pen.chance(0.5):
        pen.ring(0.33, 0.35, 0.18, 0.17, 0.06, shade(china, 0.85))
        pen.rectangle(-0.3, 0.65, 0.3, 0, china, radius=0.06)
        pen.ellipse(0, 0.65, 0.3, 0.09, shade(china, 0.9))
        pen.ellipse(0, 0.64, 0.255, 0.06, (75, 45, 25))
        for steam in (-0.1, 0.08):
            wisp = [(steam, 0.75), (steam + 0.04, 0.85), (steam - 0.02, 0.98)]
            pen.line(wisp, 0.02, (230, 230, 230))
    else:
        pen.ellipse(0, 0.42, 0.5, 0.42, shade(china, 0.92))
        pen.ellipse(0, 0.42, 0.4, 0.33, shade(china, 0.8))
        pen.ellipse(0.36, 0.42, 0.12, 0.07, china)
        pen.ellipse(0, 0.46, 0.32, 0.29, china)
        pen.ellipse(0, 0.46, 0.26, 0.23, pen.jitter((85, 50, 28), 10))
        pen.ellipse(pen.uniform(-0.05, 0.05), 0.46, 0.14, 0.11, pen.jitter((170, 120, 75)))


def draw_apple(pen: Pen, skin: RGB) -> None:
    tone = pen.jitter(skin, 10)
    for side in (-1, 1):
        pen.ellipse(side * 0.14, 0.4, 0.32, 0.4, tone)
    pen.line([(0, 0.72), (0.05, 0.98)], 0.05, (90, 60, 35))
    pen.ellipse(0.17, 0.9, 0.13, 0.06, (70, 150, 60))
    pen.ellipse(-0.2, 0.55, 0.06, 0.1, lighten(tone, 60))
