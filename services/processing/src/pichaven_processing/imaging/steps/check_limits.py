"""Read the header and check it against the limits, before a pixel is decoded."""

from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.sources.opening import open_source


def run(picture: Picture) -> None:
    assert picture.file_type is not None
    picture.limits.check_bytes(picture.original.stat().st_size)
    source = open_source(picture.original, picture.file_type)
    picture.limits.check_picture(source.width, source.height, source.pages)
    picture.source = source
