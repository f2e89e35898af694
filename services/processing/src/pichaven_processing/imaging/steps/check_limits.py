"""Read the header and hold it against the limits, before a pixel is decoded."""

from pichaven_processing.imaging.picture import Work
from pichaven_processing.imaging.sources.opening import open_source


def run(work: Work) -> None:
    assert work.file_type is not None
    work.limits.check_bytes(work.original.stat().st_size)
    work.source = open_source(work.original, work.file_type)
    work.limits.check_picture(work.source.width, work.source.height, work.source.pages)
