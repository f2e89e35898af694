from typing import Literal

import pytest

from pichaven_contracts.photo import Variant
from pichaven_contracts.variants import (
    ALL_VARIANTS,
    GRID_VARIANTS,
    VariantChoice,
    grid_variant,
    nearest_variant,
)


def _variant(name: str) -> Variant:
    edge, image_format = name.split(".")
    return Variant(name=edge, format=image_format, width=1, height=1, bytes=1, key=name)


@pytest.mark.parametrize(
    ("names", "prefer", "nearest"),
    [
        (["400.jpeg", "800.webp", "800.jpeg", "1920.jpeg"], None, "800.jpeg"),
        (["800.avif", "400.webp"], None, "400.webp"),
        (["500.jpeg", "1000.jpeg"], None, "1000.jpeg"),
        (["500.jpeg", "1000.jpeg"], "smaller", "500.jpeg"),
        (["750.jpeg", "1920.webp"], "larger", "1920.webp"),
        (["150.jpeg", "400.jpeg"], "larger", "400.jpeg"),
        (["original.jpeg", "1000.jpeg"], None, "1000.jpeg"),
        (["800.avif"], None, None),
        ([], None, None),
    ],
)
def test_the_nearest_variant_has_a_given_format_and_the_preferred_side(
    names: list[str], prefer: Literal["smaller", "larger"] | None, nearest: str | None
) -> None:
    variant = nearest_variant(map(_variant, names), 800, ("jpeg", "webp"), prefer)
    assert (variant.key if variant else None) == nearest


def test_a_grid_shows_400_pixels_in_the_most_widely_supported_format() -> None:
    names = ["150.webp", "400.avif", "400.jpeg", "400.webp", "800.webp"]
    variant = grid_variant(map(_variant, names))
    assert variant is not None
    assert variant.key == "400.webp"
    assert _select(GRID_VARIANTS, names) == ["400.webp"]


LARGE = ["150.jpeg", "150.avif", "400.jpeg", "400.avif", "800.jpeg", "1920.jpeg", "1920.webp"]


@pytest.mark.parametrize(
    ("choice", "names", "selected"),
    [
        (ALL_VARIANTS, LARGE, LARGE),
        (VariantChoice(("1920", "400")), LARGE, ["1920.webp", "400.jpeg"]),
        (VariantChoice(("400", "1920"), ("avif", "jpeg")), LARGE, ["400.avif", "1920.jpeg"]),
        (VariantChoice(None, ("avif",)), LARGE, ["150.avif", "400.avif", "800.jpeg", "1920.webp"]),
        (VariantChoice(()), LARGE, []),
        # Of a picture of 100 pixels, which has no more sizes.
        (VariantChoice(("400", "1920")), ["150.jpeg", "800.jpeg"], ["150.jpeg", "800.jpeg"]),
        (VariantChoice(("800", "1920")), ["150.jpeg", "800.jpeg"], ["800.jpeg"]),
        (VariantChoice(("400",)), [], []),
    ],
)
def test_a_choice_has_each_size_once_and_the_nearest_for_one_that_is_missing(
    choice: VariantChoice, names: list[str], selected: list[str]
) -> None:
    assert _select(choice, names) == selected


def _select(choice: VariantChoice, names: list[str]) -> list[str]:
    return choice.select(names, _kind)


def _kind(name: str) -> tuple[str, str]:
    edge, image_format = name.split(".")
    return edge, image_format
