"""Paper, books, toys and other things people keep around."""

from math import cos, pi, sin

from testing.sketches.canvas import Pen
from testing.sketches.palette import RGB, brightness, lighten, shade


def draw_document(pen: Pen, _colour: RGB) -> None:
    w = pen.uniform(0.34, 0.48)
    paper, ink = pen.jitter((248, 247, 240), 8), pen.jitter((40, 40, 48), 10)
    pen.rectangle(-w + 0.02, 0.98, w + 0.02, -0.02, (70, 65, 60))
    pen.rectangle(-w, 1, w, 0, paper)
    y = 0.93
    if pen.chance(0.6):
        pen.rectangle(-w * 0.8, y, w * pen.uniform(-0.1, 0.7), y - 0.05, ink)
        y -= 0.11
    step = pen.uniform(0.045, 0.065)
    while y > 0.09:
        x, end = -w * 0.82, w * (0.82 if pen.chance(0.8) else 0.3)
        while x < end:
            word = pen.uniform(0.06, 0.22) * w
            pen.rectangle(x, y, min(end, x + word), y - step * 0.42, ink)
            x += word + w * 0.05
        y -= step * (2 if pen.chance(0.12) else 1)


def draw_book(pen: Pen, cover: RGB) -> None:
    title = shade(cover, 1.6) if brightness(cover) < 127 else shade(cover, 0.5)
    if brightness(cover) < 45:
        title = (200, 170, 90)
    w = 0.35
    pen.polygon([(-w, 0.95), (w, 1), (w * 1.1, 0.05), (-w * 0.95, 0)], cover)
    pages = [(w, 1), (w * 1.14, 0.97), (w * 1.24, 0.04), (w * 1.1, 0.05)]
    pen.polygon(pages, (240, 235, 220))
    pen.rectangle(-w * 0.6, 0.8, w * 0.6, 0.68, title)
    pen.rectangle(-w * 0.4, 0.55, w * 0.4, 0.5, title)
    pen.line([(-w * 0.75, 0.94), (-w * 0.72, 0.02)], 0.025, shade(cover, 0.7))


def draw_balloon(pen: Pen, rubber: RGB) -> None:
    pen.line([(0, 0.6), (pen.uniform(-0.06, 0.06), 0)], 0.014, (90, 90, 90))
    pen.polygon([(-0.04, 0.5), (0.04, 0.5), (0, 0.58)], rubber)
    pen.ellipse(0, 0.77, 0.2, 0.24, rubber)
    pen.ellipse(-0.07, 0.86, 0.04, 0.055, lighten(rubber, 60))


def draw_ball(pen: Pen, leather: RGB) -> None:
    radius, seam = 0.46, shade(leather, 0.6) if brightness(leather) > 45 else (110, 110, 110)
    pen.ellipse(0, 0.02, radius, 0.06, (60, 60, 60))
    pen.ellipse(0, radius, radius, radius, leather)
    pen.arc(-radius * 0.4, radius, radius, radius * 1.1, (300, 60), 0.03, seam)
    pen.arc(radius * 0.4, radius, radius, radius * 1.1, (120, 240), 0.03, seam)
    pen.ellipse(-radius * 0.35, radius * 1.4, 0.07, 0.055, lighten(leather, 70))


def draw_umbrella(pen: Pen, cloth: RGB) -> None:
    pen.line([(0, 0.6), (0, 0.05), (0.06, 0.01), (0.12, 0.06)], 0.03, (80, 60, 45))
    pen.slice(0, 0.6, 0.5, 0.4, (180, 360), cloth)
    rib = shade(cloth, 0.7) if brightness(cloth) > 45 else (100, 100, 105)
    for fold in (-0.25, 0, 0.25):
        pen.line([(0, 1), (fold, 0.6)], 0.015, rib)


def draw_clock(pen: Pen, frame: RGB) -> None:
    radius = 0.48
    pen.ellipse(0, radius, radius, radius, frame)
    pen.ellipse(0, radius, radius * 0.84, radius * 0.84, (250, 249, 244))
    for hour in range(12):
        x, y = cos(hour * pi / 6), sin(hour * pi / 6)
        mark = [(f * radius * x, radius + f * radius * y) for f in (0.66, 0.78)]
        pen.line(mark, 0.03, (30, 30, 30))
    for length, width in ((0.22, 0.04), (0.31, 0.025)):
        angle = pen.uniform(0, 2 * pi)
        tip = (length * cos(angle), radius + length * sin(angle))
        pen.line([(0, radius), tip], width, (20, 20, 20))
