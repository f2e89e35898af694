"""Decode once, to no more pixels than the largest variant needs."""

from pichaven_processing.imaging.picture import Work
from pichaven_processing.imaging.variant_plan import SIZES


def run(work: Work) -> None:
    source = work.opened()
    pixels = source.shrunk(max(SIZES))
    work.image = pixels.image
    work.orientation = pixels.orientation
    work.profile = pixels.profile
    work.width, work.height = source.width, source.height
    if source.orientation > 4:
        work.width, work.height = work.height, work.width
