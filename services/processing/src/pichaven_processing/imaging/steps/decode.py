"""Decode once, to no more pixels than the largest variant needs."""

from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.variant_plan import SIZES


def run(picture: Picture) -> None:
    source = picture.source
    assert source is not None
    pixels = source.thumbnail(max(SIZES))
    picture.image = pixels.image
    picture.orientation = pixels.orientation
    picture.profile = pixels.profile
    picture.code_points = pixels.code_points
    picture.width, picture.height = source.width, source.height
    if source.orientation > 4:
        picture.width, picture.height = picture.height, picture.width
