"""Turn the picture upright."""

import pyvips

from pichaven_processing.imaging.picture import Work


def run(work: Work) -> None:
    if work.orientation == 1:
        return
    image = work.image.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", work.orientation)
    work.image = image.autorot().copy_memory()
    work.orientation = 1
