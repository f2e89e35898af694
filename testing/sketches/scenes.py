"""Whole pictures: a setting, what stands in it, the weather, the finish, and the tags of it all."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from PIL import Image

from testing.sketches import finish, indoors, outdoors, weather
from testing.sketches.backdrop import Backdrop
from testing.sketches.canvas import Canvas, Pen
from testing.sketches.light import HOURS, Hour
from testing.sketches.objects.catalogue import THINGS, Place
from testing.sketches.palette import COLOURS, SHADES, shade
from testing.sketches.tags import complete

Setting = Literal[
    "beach", "sea", "lake", "mountain", "forest", "desert", "city", "road", "snow", "field",
    "garden", "room", "table", "studio",
]  # fmt: skip
Extra = Literal[
    "moon", "fireworks", "rainbow", "rain", "snowfall", "fog", "black and white", "sepia"
]

_SETTINGS: Final[dict[Setting, tuple[Callable[[Canvas, Hour], Backdrop], int]]] = {
    "beach": (outdoors.draw_beach, 8),
    "sea": (outdoors.draw_sea, 8),
    "lake": (outdoors.draw_lake, 5),
    "mountain": (outdoors.draw_mountain, 6),
    "forest": (outdoors.draw_forest, 6),
    "desert": (outdoors.draw_desert, 5),
    "city": (outdoors.draw_city, 5),
    "road": (outdoors.draw_road, 7),
    "snow": (outdoors.draw_snow, 5),
    "field": (outdoors.draw_field, 8),
    "garden": (outdoors.draw_garden, 4),
    "room": (indoors.draw_room, 8),
    "table": (indoors.draw_table, 12),
    "studio": (indoors.draw_studio, 16),
}
SETTINGS: Final[tuple[Setting, ...]] = tuple(_SETTINGS)
INDOORS: Final = frozenset({"room", "table", "studio"})
_GROUND: Final[dict[Setting, Place]] = {
    "sea": Place.WATER,
    "lake": Place.WATER,
    "room": Place.ROOM,
    "table": Place.TABLE,
    "studio": Place.STUDIO,
}
_COLOUR_BOUND: Final = frozenset({"sunset", "autumn", "rainbow"})


@dataclass(frozen=True)
class Wish:
    """What a picture must contain; the rest is random.

    A colour or a count without a thing has no effect. `draw` raises ValueError for unknown names.
    """

    thing: str | None = None
    colour: str | None = None
    count: int | None = None
    setting: Setting | None = None
    hour: Hour | None = None
    extra: Extra | None = None
    alone: bool = False


class Sketch(NamedTuple):
    """A picture and its exact labels."""

    image: Image.Image
    tags: frozenset[str]


def draw(seed: int, *, height: int, aspect: float = 1.0, wish: Wish | None = None) -> Sketch:
    """Return the picture of a seed: always the same, and the same motif at every height.

    `height` is in pixels, `aspect` is width over height.
    """
    wish = wish or Wish()
    _check(wish)
    canvas = Canvas(seed, height=height, aspect=aspect)
    setting = wish.setting or _pick_setting(canvas, wish)
    hour = wish.hour or canvas.random.choices(HOURS, [0.62, 0.2, 0.18])[0]
    backdrop = _SETTINGS[setting][0](canvas, hour)
    tags, counts = set(backdrop.tags), Counter(backdrop.contents)
    inside = setting in INDOORS
    tags.add("indoors" if inside else "outdoors")
    if setting == "studio":
        tags.discard("indoors")
    if not inside:
        tags.add(hour)
        tags |= _in_the_sky(canvas, setting, hour, wish.extra)
    if backdrop.place is not None:
        tags |= _place_things(canvas, backdrop, backdrop.place, wish, counts, hour, inside=inside)
    if not inside:
        tags |= _weather(canvas, setting, hour, wish.extra)
    tags = _finish(canvas, tags, wish)
    return Sketch(canvas.image, complete(tags, counts))


def _check(wish: Wish) -> None:
    if wish.thing is not None and wish.thing not in THINGS:
        raise ValueError(f"no such thing: {wish.thing}")
    if wish.colour is not None and wish.colour not in COLOURS:
        raise ValueError(f"no such colour: {wish.colour}")
    if wish.setting is not None and wish.setting not in _SETTINGS:
        raise ValueError(f"no such setting: {wish.setting}")


def _pick_setting(canvas: Canvas, wish: Wish) -> Setting:
    fitting = {
        setting: weight
        for setting, (_, weight) in _SETTINGS.items()
        if _fits(wish, _GROUND.get(setting, Place.LAND), setting)
    }
    return canvas.random.choices(list(fitting), list(fitting.values()))[0]


def _fits(wish: Wish, ground: Place, setting: Setting) -> bool:
    open_sky = wish.hour is not None or wish.extra not in ("black and white", "sepia", None)
    if open_sky and (setting in INDOORS or setting == "forest"):
        return False
    if wish.thing is None:
        return True
    return setting != "city" and ground in THINGS[wish.thing].places


def _in_the_sky(canvas: Canvas, setting: Setting, hour: Hour, extra: Extra | None) -> set[str]:
    """Draw moon, fireworks and rainbow where there is sky, and return their tags."""
    tags: set[str] = set()
    if setting == "forest":
        return tags
    if (hour == "night" and canvas.chance(0.4)) or extra == "moon":
        weather.draw_moon(canvas)
        tags.add("moon")
    if (hour == "night" and canvas.chance(0.18)) or extra == "fireworks":
        weather.draw_fireworks(canvas)
        tags.add("fireworks")
    if (hour == "day" and canvas.chance(0.1)) or extra == "rainbow":
        weather.draw_rainbow(canvas)
        tags.add("rainbow")
    return tags


def _cast(canvas: Canvas, place: Place, wish: Wish) -> list[str]:
    """Return the kinds of the things to draw, one entry for each thing."""
    fitting = [name for name, thing in THINGS.items() if place in thing.places]
    if wish.thing is not None:
        kinds = [wish.thing]
        if not wish.alone and canvas.chance(0.25):
            kinds.append(canvas.random.choice(fitting))
    else:
        weights = {Place.STUDIO: (4, 90, 6), Place.TABLE: (0, 78, 22)}.get(place, (28, 52, 20))
        number = canvas.random.choices((0, 1, 2), weights)[0]
        kinds = canvas.random.sample(fitting, number)
        if place is Place.LAND and canvas.chance(0.07):
            return ["person"] * canvas.random.randint(2, 5)
    cast: list[str] = []
    for index, kind in enumerate(kinds):
        count = 1
        if THINGS[kind].repeats and len(kinds) == 1:
            count = canvas.random.choices((1, 2, 3, 4, 5), (70, 13, 9, 5, 3))[0]
        elif THINGS[kind].repeats and canvas.chance(0.1):
            count = 2
        if index == 0 and wish.count is not None:
            count = wish.count
        cast += [kind] * count
    return cast


def _place_things(
    canvas: Canvas,
    backdrop: Backdrop,
    place: Place,
    wish: Wish,
    counts: Counter[str],
    hour: Hour,
    *,
    inside: bool,
) -> set[str]:
    cast = _cast(canvas, place, wish)
    if not cast:
        return set()
    tags: set[str] = set()
    square = min(1.0, canvas.aspect)  # things stand where a centred crop keeps them
    slot = square / len(cast)
    uniform_colour = canvas.chance(0.7)
    colours: dict[str, str] = {}
    order = cast.copy()
    canvas.random.shuffle(order)
    for index, name in enumerate(order):
        thing = THINGS[name]
        colour = None
        if thing.colours:
            distinct = [c for c in thing.colours if f"background:{c}" not in backdrop.tags]
            colour = canvas.random.choice(distinct or thing.colours)
            if name == wish.thing and wish.colour:
                colour = wish.colour
            elif uniform_colour:
                colour = colours.setdefault(name, colour)
        height = canvas.uniform(*thing.heights)
        if len(cast) > 1:
            height = min(height * 0.9, 1.15 * slot / thing.width)
        margin = 0.3 if height * thing.width > 0.5 else 0.2
        share = canvas.uniform(margin, 1 - margin) if len(cast) == 1 else 0.5
        nudge = canvas.uniform(-0.08, 0.08) if len(cast) > 1 else 0
        x = (canvas.aspect - square) / 2 + slot * (index + share + nudge)
        y = _foot(canvas, name, height, backdrop.ground, place)
        _draw_one(canvas, name, x, y, height, colour, hour, inside=inside)
        counts[name] += 1
        if colour:
            tags.add(f"{name}:{colour}")
            if height * max(0.4, thing.width) > 0.3:
                tags.add(colour)
    return tags


def _foot(
    canvas: Canvas, name: str, height: float, ground: tuple[float, float], place: Place
) -> float:
    """Return the y of a thing's foot that keeps the thing inside the picture."""
    if name == "portrait":
        return canvas.uniform(0.95, 1.1)
    if name == "airplane" and place is not Place.STUDIO:
        return canvas.uniform(0.25, 0.45) + height / 2
    if place in (Place.STUDIO, Place.TABLE):
        return min(0.97, 0.5 + height / 2 + canvas.uniform(-0.06, 0.06))
    foot = canvas.uniform(*ground)
    if name == "bird" and canvas.chance(0.4):
        foot -= canvas.uniform(0.1, 0.3)
    return max(foot, min(0.98, height * 0.98))


def _draw_one(
    canvas: Canvas,
    name: str,
    x: float,
    y: float,
    height: float,
    colour: str | None,
    hour: Hour,
    *,
    inside: bool,
) -> None:
    thing = THINGS[name]
    tone = (128, 128, 128)
    if colour is not None:
        tone = canvas.jitter(canvas.random.choice(SHADES[colour]), 14)
    if not inside:
        tone = shade(tone, {"day": 1.0, "sunset": 0.9, "night": 0.75}[hour])
    if not thing.floats and name != "portrait":
        floor = canvas.colour_at(x, min(y, 0.99))
        canvas.ellipse(x, y, height * thing.width * 0.42, height * 0.035, shade(floor, 0.7))
    mirrored = canvas.chance(0.5)
    thing.draw(Pen(canvas, x=x, y=y, height=height, mirrored=mirrored), tone)


def _weather(canvas: Canvas, setting: Setting, hour: Hour, extra: Extra | None) -> set[str]:
    share = canvas.random.random()
    if extra in ("rain", "snowfall", "fog"):
        kind: str | None = extra
    elif extra is not None:
        return set()
    elif share < 0.08 and hour != "sunset":
        kind = "rain"
    elif share < 0.12 or (setting == "snow" and share < 0.4):
        kind = "snowfall"
    else:
        kind = "fog" if share > 0.96 else None
    if kind == "rain":
        weather.draw_rain(canvas, hour)
    elif kind == "snowfall":
        weather.draw_snowfall(canvas)
    elif kind == "fog":
        weather.draw_fog(canvas, hour)
    return {kind} if kind else set()


def _finish(canvas: Canvas, tags: set[str], wish: Wish) -> set[str]:
    """Apply tone and focus and return the tags that are still true: none of colour without colour.

    A picture whose wish names a colour or a sunset keeps its colours.
    """
    share = canvas.random.random()
    may_lose_colour = wish.extra is None and wish.colour is None and wish.hour != "sunset"
    style: str | None = None
    if wish.extra == "black and white" or (may_lose_colour and share < 0.05):
        finish.make_black_and_white(canvas)
        style = "black and white"
    elif wish.extra == "sepia" or (may_lose_colour and 0.05 < share < 0.075):
        finish.make_sepia(canvas)
        style = "sepia"
    finish.expose(canvas, tinted=style is None)
    if canvas.chance(0.2):
        finish.soften(canvas)
    if style is None:
        return tags
    untrue = {tag for tag in tags if ":" in tag or tag in COLOURS or tag in _COLOUR_BOUND}
    return (tags - untrue) | {style}
