"""The demo's pictures: photographs that ship with the libraries, and drawn ones."""

import importlib.util
from pathlib import Path
from typing import Final

from testing.sketches import Wish, draw

PHOTOGRAPHS: Final = {
    "astronaut.png": "skimage/data",
    "chelsea-the-cat.png": "skimage/data",
    "coffee.png": "skimage/data",
    "rocket.jpg": "skimage/data",
    "moon.png": "skimage/data",
    "page.png": "skimage/data",
    "china-temple.jpg": "sklearn/datasets/images",
    "flower.jpg": "sklearn/datasets/images",
}
_FILES: Final = {"chelsea-the-cat.png": "chelsea.png", "china-temple.jpg": "china.jpg"}
PHOTOGRAPH_QUERIES: Final = (
    "an astronaut",
    "a cat",
    "a cup of coffee",
    "a rocket launch",
    "the moon at night",
    "a printed page",
    "a temple",
    "a flower",
)
DRAWN_QUERIES: Final = (
    "beach",
    "forest",
    "mountains",
    "city at night",
    "sunset",
    "desert",
)
_DRAWN: Final[tuple[Wish, ...]] = (
    Wish(setting="beach", hour="day"),
    Wish(setting="beach", hour="sunset"),
    Wish(setting="forest", hour="day"),
    Wish(setting="mountain", hour="day"),
    Wish(setting="city", hour="night"),
    Wish(setting="desert", hour="day"),
    Wish(thing="cat"),
    Wish(thing="flower"),
)
_OF_EACH: Final = 3


def write_photographs(folder: Path) -> None:
    """Write the libraries' photographs under names that say what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in PHOTOGRAPHS.items():
        package, _, inside = path.partition("/")
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin).parent / inside / _FILES.get(name, name)
        (folder / name).write_bytes(source.read_bytes())


def write_drawn(folder: Path) -> None:
    """Write drawn pictures, which the bundled model knows, as JPEGs."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(len(_DRAWN) * _OF_EACH):
        wish = _DRAWN[number % len(_DRAWN)]
        sketch = draw(70_000 + number, height=900, aspect=4 / 3, wish=wish)
        sketch.image.save(folder / f"drawn-{number + 1:02}.jpg", "JPEG", quality=88)
