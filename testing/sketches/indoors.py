"""Rooms, table tops and plain backgrounds; the hour does not reach them."""

from collections import Counter

from testing.sketches.backdrop import Backdrop
from testing.sketches.canvas import Canvas
from testing.sketches.light import Hour
from testing.sketches.objects.catalogue import Place
from testing.sketches.palette import COLOURS, SHADES, shade

_FRAME = (250, 250, 248)


def draw_room(canvas: Canvas, hour: Hour) -> Backdrop:
    walls = [(220, 205, 180), (200, 215, 220), (225, 225, 220), (180, 195, 170), (205, 180, 170)]
    floors = [(150, 105, 65), (120, 85, 60), (170, 160, 150)]
    skirting = canvas.uniform(0.62, 0.78)
    wall = canvas.jitter(canvas.random.choice(walls), 20)
    canvas.rectangle(0, 0, canvas.aspect, skirting, wall)
    floor = canvas.jitter(canvas.random.choice(floors))
    canvas.rectangle(0, skirting, canvas.aspect, 1.01, floor)
    tags, contents = {"room"}, Counter[str]()
    if canvas.chance(0.6):
        _window(canvas, hour)
        contents["window"] = 1
    if canvas.chance(0.5):
        tags.add(f"sofa:{_sofa(canvas, skirting)}")
        contents["sofa"] = 1
    if canvas.chance(0.35):
        _lamp(canvas, skirting)
        contents["lamp"] = 1
    if canvas.chance(0.35):
        _framed_picture(canvas)
    return Backdrop(frozenset(tags), (skirting + 0.1, 0.95), Place.ROOM, contents)


def _window(canvas: Canvas, hour: Hour) -> None:
    x, y = canvas.across(0.05, 0.7), canvas.uniform(0.08, 0.2)
    w = canvas.uniform(0.18, 0.3)
    h = w * 1.2
    view = (20, 25, 60) if hour == "night" else (165, 210, 240)
    canvas.rectangle(x - 0.015, y - 0.015, x + w + 0.015, y + h + 0.015, _FRAME)
    canvas.rectangle(x, y, x + w, y + h, canvas.jitter(view))
    canvas.line([(x + w / 2, y), (x + w / 2, y + h)], 0.012, _FRAME)
    canvas.line([(x, y + h / 2), (x + w, y + h / 2)], 0.012, _FRAME)


def _sofa(canvas: Canvas, skirting: float) -> str:
    """Draw it and return its colour."""
    x, name = canvas.across(0.1, 0.5), canvas.random.choice(COLOURS)
    cloth = canvas.jitter(canvas.random.choice(SHADES[name]), 12)
    canvas.rectangle(x, skirting - 0.16, x + 0.48, skirting + 0.1, cloth, radius=0.03)
    seat = shade(cloth, 0.85)
    canvas.rectangle(x, skirting - 0.02, x + 0.48, skirting + 0.1, seat, radius=0.02)
    for side in (x - 0.05, x + 0.45):
        arm = (side, skirting - 0.08, side + 0.08, skirting + 0.1)
        canvas.rectangle(*arm, shade(cloth, 0.92), radius=0.02)
    return name


def _lamp(canvas: Canvas, skirting: float) -> None:
    x = canvas.across(0.1, 0.9)
    canvas.line([(x, skirting + 0.08), (x, skirting - 0.3)], 0.012, (70, 60, 50))
    top, bottom = skirting - 0.4, skirting - 0.27
    cone = [(x - 0.05, top), (x + 0.05, top), (x + 0.1, bottom), (x - 0.1, bottom)]
    canvas.polygon(cone, canvas.jitter((255, 225, 150)))


def _framed_picture(canvas: Canvas) -> None:
    x, y = canvas.across(0.55, 0.85), canvas.uniform(0.1, 0.25)
    canvas.rectangle(x - 0.09, y - 0.07, x + 0.09, y + 0.07, (90, 60, 40))
    tone = [canvas.random.randint(60, 220) for _ in range(3)]
    colour = (tone[0], tone[1], tone[2])
    canvas.rectangle(x - 0.075, y - 0.055, x + 0.075, y + 0.055, colour)


def draw_table(canvas: Canvas, _hour: Hour) -> Backdrop:
    edge = canvas.uniform(0, 0.4)
    tone = [canvas.random.randint(90, 215) for _ in range(3)]
    wall = canvas.jitter((tone[0], tone[1], tone[2]), 40)
    canvas.gradient([wall, wall])
    woods = [(150, 100, 60), (190, 150, 105), (225, 215, 200), (95, 65, 45), (175, 120, 80)]
    wood = canvas.jitter(canvas.random.choice(woods), 22)
    canvas.rectangle(0, edge, canvas.aspect, 1.01, wood)
    for _ in range(canvas.random.randint(2, 9)):
        y = canvas.uniform(edge, 1)
        grain = [(0, y), (canvas.aspect, y + canvas.uniform(-0.02, 0.02))]
        canvas.line(grain, 0.006, shade(wood, 0.9))
    return Backdrop(frozenset({"table"}), (0.75, 0.9), Place.TABLE)


def draw_studio(canvas: Canvas, _hour: Hour) -> Backdrop:
    name = canvas.random.choice(COLOURS)
    colour = canvas.jitter(canvas.random.choice(SHADES[name]), 14)
    canvas.gradient([colour, shade(colour, canvas.uniform(0.8, 1.1))])
    return Backdrop(frozenset({f"background:{name}"}), (0.7, 0.95), Place.STUDIO)
