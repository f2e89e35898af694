"""What the hour does to colours, and the skies it brings."""

from typing import Final, Literal

from testing.sketches.canvas import Canvas
from testing.sketches.palette import RGB, blend, lighten, rgb, shade

Hour = Literal["day", "night", "sunset"]
HOURS: Final[tuple[Hour, ...]] = ("day", "night", "sunset")

_DIM: Final[dict[Hour, float]] = {"day": 1.0, "sunset": 0.6, "night": 0.32}
_CAST: Final[dict[Hour, RGB]] = {
    "day": (100, 100, 100),
    "sunset": (118, 95, 90),
    "night": (85, 95, 140),
}


def in_light(canvas: Canvas, colour: RGB, hour: Hour) -> RGB:
    """Return a landscape colour, slightly varied, in the light of an hour."""
    dim, cast = _DIM[hour], _CAST[hour]
    varied = canvas.jitter(colour)
    return rgb(*(value * dim * tint / 100 for value, tint in zip(varied, cast, strict=True)))


def draw_sky(canvas: Canvas, hour: Hour, horizon: float) -> set[str]:
    """Fill the picture with a sky down to the horizon and return its tags."""
    if hour == "night":
        return _night_sky(canvas, horizon)
    if hour == "sunset":
        return _sunset_sky(canvas, horizon)
    return _day_sky(canvas, horizon)


def _night_sky(canvas: Canvas, horizon: float) -> set[str]:
    canvas.gradient([canvas.jitter(c) for c in ((6, 8, 24), (18, 24, 60), (35, 38, 78))])
    if canvas.chance(0.2):
        return set()
    for _ in range(canvas.random.randint(20, 90)):
        size = canvas.uniform(0.003, 0.009)
        value = canvas.random.randint(150, 255)
        x, y = canvas.uniform(0, canvas.aspect), canvas.uniform(0, horizon)
        canvas.ellipse(x, y, size, size, lighten((value, value, value), 5))
    return {"stars"}


def _sunset_sky(canvas: Canvas, horizon: float) -> set[str]:
    top = canvas.random.choice([(70, 50, 110), (40, 60, 120), (120, 60, 90), (90, 90, 150)])
    low = canvas.random.choice([(255, 150, 50), (255, 110, 60), (255, 180, 90), (240, 90, 70)])
    stops = [canvas.jitter(c) for c in (top, blend(top, low), low)]
    canvas.gradient(stops, 0, max(0.15, horizon))
    if horizon < 1:
        canvas.gradient([canvas.jitter(low), canvas.jitter(low)], horizon - 0.01, 1)
    if canvas.chance(0.8):
        x, size = canvas.across(0.15, 0.85), canvas.uniform(0.04, 0.11)
        y = horizon - canvas.uniform(-0.02, 0.22)
        for halo in (2.2, 1.6, 1.25):
            canvas.ellipse(x, y, size * halo, size * halo, lighten(low, 18 * (2.6 - halo)))
        canvas.ellipse(x, y, size, size, canvas.jitter((255, 235, 150), 10))
    for _ in range(canvas.random.randint(0, 5)):
        streak = canvas.random.choice([(160, 80, 90), (255, 190, 120), (110, 70, 110)])
        x, y = canvas.uniform(0, canvas.aspect), canvas.uniform(0.03, horizon * 0.8 + 0.02)
        rx, ry = canvas.uniform(0.1, 0.3), canvas.uniform(0.008, 0.025)
        canvas.ellipse(x, y, rx, ry, canvas.jitter(streak))
    return set()


def _day_sky(canvas: Canvas, horizon: float) -> set[str]:
    overcast = canvas.chance(0.2)
    if overcast:
        canvas.gradient([canvas.jitter((150, 155, 162)), canvas.jitter((195, 198, 203))])
    else:
        blues = [(50, 120, 215), (80, 150, 230), (40, 95, 190), (110, 170, 235)]
        zenith = canvas.jitter(canvas.random.choice(blues))
        canvas.gradient([zenith, canvas.jitter((190, 215, 240))], 0, max(0.2, horizon))
        if horizon < 1:
            canvas.gradient([(190, 215, 240), (200, 220, 240)], horizon - 0.01, 1)
    tags = {"cloudy"} if overcast else set()
    if canvas.chance(0.65):
        _clouds(canvas, horizon, (168, 172, 178) if overcast else (240, 243, 247))
        tags.add("clouds")
    if not overcast and canvas.chance(0.25):
        size = canvas.uniform(0.03, 0.07)
        x = canvas.across(0.1, 0.9)
        y = canvas.uniform(0.06, max(0.08, horizon * 0.5))
        canvas.ellipse(x, y, size, size, canvas.jitter((255, 240, 150), 8))
        tags.add("sun")
    return tags


def _clouds(canvas: Canvas, horizon: float, colour: RGB) -> None:
    for _ in range(canvas.random.randint(1, 5)):
        x, y = canvas.uniform(0, canvas.aspect), canvas.uniform(0.03, max(0.05, horizon * 0.75))
        size, puff = canvas.uniform(0.04, 0.1), canvas.jitter(colour, 12)
        for _ in range(5):
            canvas.ellipse(
                x + canvas.uniform(-1.6, 1.6) * size,
                y + canvas.uniform(-0.3, 0.3) * size,
                size * canvas.uniform(0.6, 1.2),
                size * canvas.uniform(0.4, 0.75),
                puff,
            )


def draw_water(canvas: Canvas, hour: Hour, top: float, bottom: float) -> None:
    """Draw a band of water with ripples that grow towards the viewer."""
    days: list[tuple[RGB, RGB]] = [
        ((70, 140, 200), (20, 80, 150)),
        ((90, 190, 200), (20, 120, 160)),
        ((110, 140, 160), (50, 80, 105)),
    ]
    fixed: dict[Hour, tuple[RGB, RGB]] = {
        "night": ((14, 22, 55), (8, 12, 32)),
        "sunset": ((200, 120, 80), (70, 60, 100)),
    }
    far, near = fixed.get(hour) or canvas.random.choice(days)
    canvas.gradient([canvas.jitter(far), canvas.jitter(near)], top, bottom)
    for _ in range(canvas.random.randint(8, 30)):
        x, y = canvas.uniform(0, canvas.aspect), canvas.uniform(top + 0.01, bottom)
        reach = canvas.uniform(0.03, 0.16) * (0.4 + y - top)
        colour = shade(blend(far, near), canvas.random.choice([1.25, 1.4, 0.8]))
        ripple = [(x - reach, y), (x, y - 0.008), (x + reach, y)]
        canvas.line(ripple, 0.004 + 0.008 * (y - top), colour)
