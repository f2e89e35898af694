"""Turn the picture upright."""

import pyvips

from pichaven_processing.imaging.picture import Picture


def run(picture: Picture) -> None:
    if picture.orientation == 1:
        return
    image = picture.image.copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", picture.orientation)
    picture.image = image.autorot().copy_memory()
    picture.orientation = 1
