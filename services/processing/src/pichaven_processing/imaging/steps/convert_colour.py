"""Convert the picture to 8-bit sRGB, by its own colour profile unless that is broken."""

from typing import Any

import pyvips

from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.sources.code_points import (
    BT2020,
    CodePoints,
    code_points_of_icc,
)


def run(picture: Picture) -> None:
    image = picture.image
    code_points = _described_colours(image, picture.code_points)
    if code_points is not None and image.interpretation in {"srgb", "rgb16", "b-w", "grey16"}:
        # Few pictures need numpy.
        from pichaven_processing.imaging.tone_mapping import to_srgb

        image = to_srgb(image, code_points)
    else:
        image = _to_srgb(image, picture.profile)
    if image.bands > 3 and image[3].min() >= 255:
        image = image.extract_band(0, n=3)
    picture.image = image.copy_memory()


def _described_colours(image: Any, container: CodePoints | None) -> CodePoints | None:
    """Return the code points to convert by, None where the ICC profile or sRGB is right."""
    if container is not None and container.is_hdr:
        return container
    if "icc-profile-data" in image.get_fields():
        icc = code_points_of_icc(bytes(image.get("icc-profile-data")))
        return icc if icc is not None and icc.is_hdr else None
    return container if container is not None and container.primaries == BT2020 else None


def _to_srgb(image: Any, profile: str | None) -> Any:
    if "icc-profile-data" in image.get_fields():
        try:
            return _to_8_bit_rgb(image.icc_transform("srgb", embedded=True).copy_memory())
        except pyvips.Error:
            # A broken profile, or one for other channels: the numbers are taken as they are.
            image = image.copy()
            image.remove("icc-profile-data")
    elif profile is not None:
        image = image.icc_transform("srgb", input_profile=profile)
    return _to_8_bit_rgb(image)


def _to_8_bit_rgb(image: Any) -> Any:
    """Return three or four bands of 8 bits, from any grey, palette or depth."""
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.format != "uchar":
        image = image.cast("uchar")
    if image.bands > 4:
        image = image.extract_band(0, n=4)
    return image
