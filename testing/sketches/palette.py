"""Named colours, each with a few shades, and arithmetic on them."""

from typing import Final

RGB = tuple[int, int, int]

SHADES: Final[dict[str, tuple[RGB, ...]]] = {
    "red": ((205, 30, 30), (225, 45, 45), (170, 20, 28)),
    "orange": ((240, 135, 25), (235, 115, 20), (250, 150, 50)),
    "yellow": ((245, 215, 40), (240, 205, 65), (250, 230, 80)),
    "green": ((45, 150, 55), (80, 180, 80), (25, 110, 50)),
    "blue": ((35, 85, 200), (60, 130, 225), (25, 50, 150)),
    "purple": ((130, 50, 165), (150, 90, 200), (105, 40, 140)),
    "pink": ((245, 130, 175), (240, 95, 150), (250, 165, 195)),
    "white": ((245, 245, 242), (235, 237, 240), (250, 248, 245)),
    "black": ((22, 22, 26), (35, 35, 38), (28, 28, 30)),
    "brown": ((125, 75, 40), (95, 60, 35), (145, 95, 55)),
    "gray": ((130, 132, 135), (155, 157, 160), (105, 107, 110)),
}
COLOURS: Final = tuple(SHADES)

SKIN: Final[tuple[RGB, ...]] = (
    (255, 220, 190),
    (235, 190, 150),
    (200, 150, 110),
    (150, 100, 70),
    (100, 65, 45),
)
HAIR: Final[tuple[RGB, ...]] = (
    (40, 25, 15),
    (90, 60, 30),
    (220, 180, 90),
    (20, 20, 20),
    (155, 80, 40),
    (170, 170, 170),
)
SUMMER_LEAVES: Final[tuple[RGB, ...]] = ((50, 120, 45), (70, 140, 50), (35, 95, 45))
AUTUMN_LEAVES: Final[tuple[RGB, ...]] = ((205, 110, 30), (190, 70, 30), (220, 160, 40))


def rgb(red: float, green: float, blue: float) -> RGB:
    """Return the colour with each channel rounded and clipped to 0..255."""
    return (_channel(red), _channel(green), _channel(blue))


def shade(colour: RGB, factor: float) -> RGB:
    """Return the colour scaled by a factor: darker below 1, lighter above."""
    return rgb(*(value * factor for value in colour))


def lighten(colour: RGB, amount: float) -> RGB:
    """Return the colour with an amount (0..255) added to each channel."""
    return rgb(*(value + amount for value in colour))


def blend(first: RGB, second: RGB, share: float = 0.5) -> RGB:
    """Return a mix: `share` of the second colour, the rest of the first."""
    mixed = (a * (1 - share) + b * share for a, b in zip(first, second, strict=True))
    return rgb(*mixed)


def brightness(colour: RGB) -> float:
    """Return the mean of the channels, 0..255."""
    return sum(colour) / 3


def _channel(value: float) -> int:
    return int(min(255, max(0, value)))
