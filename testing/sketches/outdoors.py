"""Landscapes. Each draws sky and ground at an hour and says what is in it."""

from collections import Counter
from math import sin

from testing.sketches.backdrop import Backdrop
from testing.sketches.canvas import Canvas, Pen
from testing.sketches.light import Hour, draw_sky, draw_water, in_light
from testing.sketches.objects.catalogue import Place
from testing.sketches.objects.plants import (
    draw_blossom,
    draw_cactus,
    draw_leafy_tree,
    draw_pine,
)
from testing.sketches.palette import AUTUMN_LEAVES, RGB, SHADES, SUMMER_LEAVES, shade


def draw_beach(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon, shore = canvas.uniform(0.3, 0.5), canvas.uniform(0.58, 0.75)
    tags = draw_sky(canvas, hour, horizon)
    draw_water(canvas, hour, horizon, shore)
    sands = [(230, 205, 150), (215, 185, 130), (240, 225, 185)]
    sand = in_light(canvas, canvas.random.choice(sands), hour)
    edge = [(i * canvas.aspect / 6, shore + canvas.uniform(-0.03, 0.03)) for i in range(7)]
    canvas.polygon([(0, 1.01), *edge, (canvas.aspect, 1.01)], sand)
    canvas.line(edge, 0.012, in_light(canvas, (250, 250, 250), hour))
    canvas.mottle(7, 20, shore + 0.04)
    return Backdrop(frozenset({"beach", "sea", *tags}), (shore + 0.05, 0.95), Place.LAND)


def draw_sea(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon = canvas.uniform(0.2, 0.55)
    tags = draw_sky(canvas, hour, horizon)
    draw_water(canvas, hour, horizon, 1)
    return Backdrop(frozenset({"sea", *tags}), (horizon + 0.1, 0.88), Place.WATER)


def draw_lake(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon = canvas.uniform(0.35, 0.5)
    tags = draw_sky(canvas, hour, horizon)
    canvas.ridge(horizon - 0.06, 0.05, in_light(canvas, (60, 95, 80), hour))
    draw_water(canvas, hour, horizon, 0.83)
    canvas.ridge(0.83, 0.03, in_light(canvas, (85, 140, 60), hour))
    return Backdrop(frozenset({"lake", *tags}), (horizon + 0.12, 0.76), Place.WATER)


def draw_mountain(canvas: Canvas, hour: Hour) -> Backdrop:
    foot = canvas.uniform(0.55, 0.8)
    tags = draw_sky(canvas, hour, foot)
    snowy = canvas.chance(0.6)
    rocks = [(110, 110, 120), (90, 100, 95), (120, 105, 95), (80, 90, 115)]
    for layer in range(canvas.random.randint(1, 3)):
        rock = in_light(canvas, canvas.random.choice(rocks), hour)
        for _ in range(canvas.random.randint(1, 3)):
            top = canvas.uniform(0.1, 0.35) + 0.06 * layer
            _peak(canvas, top, rock, in_light(canvas, (245, 248, 252), hour) if snowy else None)
    meadow = (235, 240, 245) if snowy and canvas.chance(0.4) else (90, 135, 65)
    canvas.ridge(foot + canvas.uniform(0.05, 0.12), 0.04, in_light(canvas, meadow, hour))
    if snowy:
        tags.add("snow")
    return Backdrop(frozenset({"mountain", *tags}), (0.85, 0.96), Place.LAND)


def _peak(canvas: Canvas, top: float, rock: RGB, snow: RGB | None) -> None:
    x, w = canvas.uniform(0, canvas.aspect), canvas.uniform(0.35, 0.7)
    middle = (top + 1) / 2
    left = (x - w / 2 + canvas.uniform(-0.04, 0.04), middle + canvas.uniform(-0.06, 0.06))
    right = (x + w / 2 + canvas.uniform(-0.04, 0.04), middle + canvas.uniform(-0.06, 0.06))
    canvas.polygon([(x - w, 1), left, (x, top), right, (x + w, 1)], rock)
    shadow = [(x, top), (x + w / 2, middle), (x + w, 1), (x + w * 0.1, 1)]
    canvas.polygon(shadow, shade(rock, 0.78))
    if snow is None:
        return
    depth, rise = canvas.uniform(0.15, 0.32), 1 - top
    cap = [(x, top)]
    for tooth in range(6):
        across = 1 - 2 * tooth / 5
        drop = rise * depth * (1.25 if tooth % 2 else 0.8) * (1 - 0.3 * abs(across))
        cap.append((x + w * depth * 1.15 * across * rise, top + drop))
    canvas.polygon(cap, snow)


def draw_forest(canvas: Canvas, hour: Hour) -> Backdrop:
    tags = draw_sky(canvas, hour, canvas.uniform(0.1, 0.4))
    autumn = canvas.chance(0.25)
    leaves = AUTUMN_LEAVES if autumn else SUMMER_LEAVES
    if canvas.chance(0.35):
        _among_trunks(canvas, hour, leaves, autumn=autumn)
        tags = set()  # the sky is hidden by leaves
    else:
        floor = (150, 110, 60) if autumn else (60, 95, 45)
        canvas.ridge(0.7, 0.02, in_light(canvas, floor, hour))
        pines = not autumn and canvas.chance(0.55)
        for row in range(canvas.random.randint(10, 22)):
            pen = _standing(canvas, 0.55 + 0.0225 * row, canvas.uniform(0.35, 0.65))
            colour = in_light(canvas, canvas.random.choice(leaves), hour)
            if pines:
                draw_pine(pen, colour)
            else:
                draw_leafy_tree(pen, colour)
    tags |= {"forest"} | ({"autumn"} if autumn else set())
    return Backdrop(frozenset(tags), (0.85, 0.97), Place.LAND, Counter({"tree": 10}))


def _among_trunks(canvas: Canvas, hour: Hour, leaves: tuple[RGB, ...], *, autumn: bool) -> None:
    floor = (160, 100, 50) if autumn else (80, 70, 45)
    canvas.gradient([in_light(canvas, c, hour) for c in ((60, 90, 50), (110, 140, 80), floor)])
    for _ in range(40):
        x, y = canvas.uniform(0, canvas.aspect), canvas.uniform(0, 0.45)
        rx, ry = canvas.uniform(0.04, 0.12), canvas.uniform(0.03, 0.08)
        canvas.ellipse(x, y, rx, ry, in_light(canvas, canvas.random.choice(leaves), hour))
    for _ in range(canvas.random.randint(6, 14)):
        x, w = canvas.uniform(0, canvas.aspect), canvas.uniform(0.012, 0.05)
        bark = canvas.random.choice([(70, 50, 35), (95, 75, 55), (45, 35, 30)])
        foot = canvas.uniform(0.78, 1)
        trunk = [(x - w, foot), (x + w, foot), (x + w * 0.7, 0), (x - w * 0.7, 0)]
        canvas.polygon(trunk, in_light(canvas, bark, hour))


def draw_desert(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon = canvas.uniform(0.35, 0.55)
    tags = draw_sky(canvas, hour, horizon)
    sands = [(225, 170, 95), (210, 150, 80), (235, 190, 120)]
    for dune in range(canvas.random.randint(2, 4)):
        sand = in_light(canvas, canvas.random.choice(sands), hour)
        y, phase = horizon + 0.13 * dune, canvas.uniform(0, 7 * canvas.aspect)
        crest = [
            (i * canvas.aspect / 16, y + 0.07 * sin(i * 0.4 * canvas.uniform(0.95, 1.05) + phase))
            for i in range(17)
        ]
        outline = [(0, 1.01), *crest, (canvas.aspect, 1.01)]
        canvas.polygon(outline, shade(sand, 1 - 0.09 * (dune % 2)))
    contents: Counter[str] = Counter()
    if canvas.chance(0.45):
        contents["cactus"] = canvas.random.randint(1, 3)
        for _ in range(contents["cactus"]):
            pen = _standing(canvas, canvas.uniform(0.7, 0.95), canvas.uniform(0.2, 0.4))
            draw_cactus(pen, in_light(canvas, (60, 125, 60), hour))
    return Backdrop(frozenset({"desert", *tags}), (0.75, 0.95), Place.LAND, contents)


def draw_city(canvas: Canvas, hour: Hour) -> Backdrop:
    tags = draw_sky(canvas, hour, 0.7)
    for distance in (1.15, 1.0):
        x = -0.05
        while x < canvas.aspect:
            width = canvas.uniform(0.07, 0.2)
            _tower(canvas, hour, x, width, canvas.uniform(0.25, 0.65) * distance)
            x += width + canvas.uniform(0, 0.02)
    canvas.rectangle(0, 0.92, canvas.aspect, 1.01, in_light(canvas, (70, 72, 76), hour))
    return Backdrop(frozenset({"city", *tags}), (0.97, 0.99), None, Counter({"building": 8}))


def _tower(canvas: Canvas, hour: Hour, x: float, width: float, height: float) -> None:
    stones = [(120, 125, 135), (150, 140, 130), (90, 100, 120), (170, 175, 180), (140, 100, 85)]
    wall, top = in_light(canvas, canvas.random.choice(stones), hour), 0.92 - height
    lamps = [(255, 220, 120), (255, 240, 190), (240, 190, 90)]
    canvas.rectangle(x, top, x + width, 1, wall)
    if canvas.chance(0.2):
        canvas.line([(x + width / 2, top), (x + width / 2, top - 0.08)], 0.008, wall)
    lit_share = 0.55 if hour == "night" else 0.8
    row = top + 0.02
    while row < 0.9:
        column = x + 0.015
        while column < x + width - 0.02:
            on = canvas.chance(lit_share)
            if hour == "day":
                pane = shade(wall, 1.25 if on else 0.75)
            else:
                pane = canvas.random.choice(lamps) if on else shade(wall, 0.7)
            canvas.rectangle(column, row, column + 0.016, row + 0.018, pane)
            column += 0.035
        row += 0.035


def draw_road(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon = canvas.uniform(0.35, 0.5)
    tags = draw_sky(canvas, hour, horizon)
    verge = canvas.random.choice([(85, 140, 60), (200, 170, 110), (120, 130, 80)])
    canvas.ridge(horizon, 0.02, in_light(canvas, verge, hour))
    vanishing, half = canvas.uniform(0.35, 0.65) * canvas.aspect, canvas.uniform(0.35, 0.6)
    middle = canvas.aspect / 2
    tar = [(vanishing - 0.01, horizon), (vanishing + 0.01, horizon)]
    tar += [(middle + half, 1.01), (middle - half, 1.01)]
    canvas.polygon(tar, in_light(canvas, (88, 88, 92), hour))
    for dash in range(6):
        far, near = (dash / 6) ** 2, ((dash + 0.5) / 6) ** 2
        far_x, near_x = (vanishing + (middle - vanishing) * t for t in (far, near))
        far_y, near_y = (horizon + (1 - horizon) * t for t in (far, near))
        stripe = [(far_x - 0.012 * far, far_y), (far_x + 0.012 * far, far_y)]
        stripe += [(near_x + 0.02 * near, near_y), (near_x - 0.02 * near, near_y)]
        canvas.polygon(stripe, in_light(canvas, (245, 240, 220), hour))
    contents: Counter[str] = Counter()
    if canvas.chance(0.4):
        contents["tree"] = 4
        for tree in range(4):
            side = canvas.uniform(0, 0.2) if tree % 2 else canvas.uniform(0.8, 1)
            foot = canvas.uniform(horizon + 0.05, 0.7)
            pen = Pen(canvas, x=side * canvas.aspect, y=foot, height=canvas.uniform(0.15, 0.35))
            draw_leafy_tree(pen, in_light(canvas, canvas.random.choice(SUMMER_LEAVES), hour))
    return Backdrop(frozenset({"road", *tags}), (0.72, 0.93), Place.LAND, contents)


def draw_snow(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon = canvas.uniform(0.4, 0.6)
    tags = draw_sky(canvas, hour, horizon)
    canvas.ridge(horizon, 0.05, in_light(canvas, (232, 238, 246), hour))
    canvas.ridge(horizon + 0.15, 0.05, in_light(canvas, (244, 247, 252), hour))
    contents: Counter[str] = Counter()
    if canvas.chance(0.5):
        contents["tree"] = canvas.random.randint(2, 7)
        for _ in range(contents["tree"]):
            pen = _standing(canvas, canvas.uniform(horizon + 0.05, 0.8), canvas.uniform(0.2, 0.45))
            draw_pine(pen, in_light(canvas, (40, 85, 60), hour), snowy=True)
    return Backdrop(frozenset({"snow", *tags}), (0.75, 0.95), Place.LAND, contents)


def draw_field(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon = canvas.uniform(0.35, 0.6)
    tags = draw_sky(canvas, hour, horizon)
    grass = canvas.random.choice([(100, 165, 60), (80, 140, 50), (130, 170, 70)])
    canvas.ridge(horizon, 0.03, in_light(canvas, (90, 150, 60), hour))
    canvas.ridge(horizon + 0.12, 0.03, in_light(canvas, grass, hour))
    canvas.mottle(8, 45, horizon + 0.1)
    return Backdrop(frozenset({"grass", *tags}), (0.72, 0.95), Place.LAND)


def draw_garden(canvas: Canvas, hour: Hour) -> Backdrop:
    horizon = canvas.uniform(0.1, 0.4)
    tags = draw_sky(canvas, hour, horizon)
    lawn = [in_light(canvas, (70, 130, 50), hour), in_light(canvas, (50, 110, 40), hour)]
    canvas.gradient(lawn, horizon, 1)
    canvas.mottle(10, 40, horizon)
    name = canvas.random.choice(["red", "yellow", "pink", "purple", "white", "orange"])
    petals = in_light(canvas, SHADES[name][0], hour)
    feet = sorted(canvas.uniform(horizon + 0.08, 1) for _ in range(canvas.random.randint(15, 40)))
    for foot in feet:
        size = 0.05 + 0.13 * (foot - horizon)
        draw_blossom(_standing(canvas, foot, size), petals, stem=False)
    tags |= {"grass", "garden", f"flower:{name}"}
    return Backdrop(frozenset(tags), (0.8, 0.95), Place.LAND, Counter({"flower": 15}))


def _standing(canvas: Canvas, foot: float, height: float) -> Pen:
    return Pen(canvas, x=canvas.uniform(0, canvas.aspect), y=foot, height=height)
