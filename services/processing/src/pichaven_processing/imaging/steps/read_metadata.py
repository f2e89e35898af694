"""Read the file's metadata; broken metadata does not fail the picture."""

import sys
import traceback
from collections.abc import Callable
from dataclasses import replace

from pichaven_processing.imaging.facts import GeoPlace
from pichaven_processing.imaging.metadata.place_names import add_place_names
from pichaven_processing.imaging.metadata.position_offsets import add_position_offset
from pichaven_processing.imaging.metadata.reading import read_blocks
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.spool import sidecar_of


def run(picture: Picture, add_names: Callable[[GeoPlace], GeoPlace] = add_place_names) -> None:
    assert picture.source is not None
    try:
        blocks = replace(picture.source.blocks(), sidecar=_read_sidecar(picture))
        picture.metadata = read_blocks(blocks)
        place, taken_at = picture.metadata.place, picture.metadata.taken_at
        if place is not None:
            picture.metadata = replace(picture.metadata, place=add_names(place))
        if place is not None and taken_at is not None:
            located = add_position_offset(taken_at, place)
            picture.metadata = replace(picture.metadata, taken_at=located)
    except MemoryError:
        raise
    except Exception:
        # Hostile metadata must not fail the picture; the parent keeps the end of stderr.
        traceback.print_exc(file=sys.stderr)


def _read_sidecar(picture: Picture) -> bytes | None:
    """Return the XMP file beside the original, if it has one."""
    path = sidecar_of(picture.original)
    return path.read_bytes() if path.is_file() else None
