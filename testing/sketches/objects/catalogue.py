"""Everything that can be put into a picture: how it is drawn, how large, where it belongs."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Final

from testing.sketches.canvas import Pen
from testing.sketches.objects import animals, buildings, food, people, plants, things, vehicles
from testing.sketches.palette import COLOURS, RGB


class Place(Flag):
    """Kinds of ground a thing can stand on."""

    LAND = auto()
    WATER = auto()
    ROOM = auto()
    TABLE = auto()
    STUDIO = auto()  # a plain background


@dataclass(frozen=True)
class Thing:
    """A kind of object. Heights are shares of the picture's, width is in its own heights."""

    draw: Callable[[Pen, RGB], None]
    colours: tuple[str, ...]  # empty: drawn in colours of its own, none of them worth a tag
    heights: tuple[float, float]
    width: float
    places: Place
    repeats: bool = True  # may stand several times in one picture
    floats: bool = False  # hangs or flies, so it throws no shadow


_L, _W, _R, _T, _S = Place.LAND, Place.WATER, Place.ROOM, Place.TABLE, Place.STUDIO
_COATS: Final = ("black", "white", "brown", "gray", "orange")

THINGS: Final[dict[str, Thing]] = {
    "cat": Thing(animals.draw_cat, _COATS, (0.4, 0.9), 1.0, _L | _T | _R | _S),
    "dog": Thing(animals.draw_dog, _COATS, (0.4, 0.9), 1.1, _L | _T | _R | _S),
    "bird": Thing(
        animals.draw_bird,
        ("red", "blue", "yellow", "white", "black", "brown", "green"),
        (0.3, 0.75),
        1.2,
        _L | _W | _S,
        floats=True,
    ),
    "horse": Thing(
        animals.draw_horse, ("brown", "black", "white", "gray"), (0.45, 0.8), 1.1, _L | _S
    ),
    "fish": Thing(
        animals.draw_fish,
        ("red", "orange", "yellow", "blue", "gray", "pink"),
        (0.35, 0.8),
        1.1,
        _W | _S,
        floats=True,
    ),
    "car": Thing(vehicles.draw_car, COLOURS, (0.27, 0.48), 1.9, _L | _S),
    "boat": Thing(
        vehicles.draw_boat,
        ("red", "white", "blue", "brown", "yellow", "black", "green"),
        (0.35, 0.75),
        1.2,
        _W | _S,
        floats=True,
    ),
    "bicycle": Thing(
        vehicles.draw_bicycle,
        ("red", "blue", "green", "black", "yellow", "white"),
        (0.4, 0.7),
        1.4,
        _L | _S,
    ),
    "airplane": Thing(
        vehicles.draw_airplane,
        ("white", "gray", "red", "blue", "yellow"),
        (0.4, 0.7),
        1.3,
        _L | _W | _S,
        floats=True,
    ),
    "train": Thing(
        vehicles.draw_train,
        ("red", "blue", "green", "yellow", "white", "gray"),
        (0.27, 0.42),
        2.6,
        _L | _S,
        repeats=False,
    ),
    "person": Thing(people.draw_person, COLOURS, (0.45, 0.9), 0.45, _L | _R | _S),
    "portrait": Thing(
        people.draw_portrait, COLOURS, (0.85, 1.05), 0.9, _L | _R | _S | _T, repeats=False
    ),
    "flower": Thing(
        plants.draw_flower,
        ("red", "yellow", "pink", "purple", "white", "orange", "blue"),
        (0.35, 0.95),
        0.6,
        _L | _T | _S,
    ),
    "tree": Thing(plants.draw_tree, (), (0.4, 0.85), 0.75, _L | _S),
    "palm tree": Thing(plants.draw_palm, (), (0.45, 0.9), 0.8, _L | _S),
    "christmas tree": Thing(
        plants.draw_christmas_tree, (), (0.5, 0.85), 0.6, _L | _R | _S, repeats=False
    ),
    "house": Thing(
        buildings.draw_house,
        ("red", "white", "blue", "yellow", "brown", "gray", "green", "pink"),
        (0.4, 0.7),
        1.3,
        _L | _S,
    ),
    "lighthouse": Thing(
        buildings.draw_lighthouse, ("red", "blue", "black"), (0.55, 0.85), 0.35, _L | _W
    ),
    "bridge": Thing(
        buildings.draw_bridge,
        ("red", "gray", "brown", "black"),
        (0.35, 0.6),
        1.7,
        _W,
        repeats=False,
        floats=True,
    ),
    "birthday cake": Thing(
        food.draw_birthday_cake,
        ("white", "pink", "brown", "yellow", "blue"),
        (0.45, 0.8),
        1.2,
        _T | _R | _S,
    ),
    "meal": Thing(food.draw_plate, (), (0.45, 0.85), 1.25, _T),
    "pizza": Thing(food.draw_pizza, (), (0.5, 0.9), 1.0, _T | _S),
    "coffee": Thing(
        food.draw_coffee,
        ("white", "red", "blue", "black", "brown", "green", "yellow"),
        (0.4, 0.85),
        1.0,
        _T | _S,
    ),
    "apple": Thing(
        food.draw_apple, ("red", "green", "yellow", "orange"), (0.35, 0.7), 0.95, _T | _S
    ),
    "document": Thing(things.draw_document, (), (0.6, 0.95), 0.95, _T | _S),
    "book": Thing(
        things.draw_book,
        ("red", "blue", "green", "brown", "black", "yellow", "purple"),
        (0.45, 0.8),
        0.8,
        _T | _S,
    ),
    "balloon": Thing(
        things.draw_balloon, COLOURS, (0.55, 0.95), 0.42, _L | _R | _S | _T, floats=True
    ),
    "ball": Thing(things.draw_ball, COLOURS, (0.3, 0.6), 0.95, _L | _R | _S | _T),
    "umbrella": Thing(things.draw_umbrella, COLOURS, (0.4, 0.8), 1.0, _L | _R | _S, floats=True),
    "clock": Thing(
        things.draw_clock,
        ("red", "black", "brown", "gray", "blue", "white"),
        (0.4, 0.85),
        0.97,
        _R | _T | _S,
        floats=True,
    ),
}
