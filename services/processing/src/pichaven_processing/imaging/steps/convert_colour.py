"""Bring the picture to 8-bit sRGB, by its own colour profile where that is any good."""

from typing import Any

import pyvips

from pichaven_processing.imaging.picture import Work


def run(work: Work) -> None:
    image = _to_srgb(work.image, work.profile)
    if image.bands > 3 and image[3].min() >= 255:
        image = image.extract_band(0, n=3)
    work.image = image.copy_memory()


def _to_srgb(image: Any, profile: str | None) -> Any:
    if "icc-profile-data" in image.get_fields():
        try:
            return _plain(image.icc_transform("srgb", embedded=True).copy_memory())
        except pyvips.Error:
            # A broken profile, or one for other channels: the numbers are taken as they are.
            image = image.copy()
            image.remove("icc-profile-data")
    elif profile is not None:
        image = image.icc_transform("srgb", input_profile=profile)
    return _plain(image)


def _plain(image: Any) -> Any:
    """Three or four bands of 8 bits, whatever grey, palette or depth there was."""
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.format != "uchar":
        image = image.cast("uchar")
    if image.bands > 4:
        image = image.extract_band(0, n=4)
    return image
