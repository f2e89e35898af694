"""TIFF: the page to show, and who reads it.

libvips reads most layouts, 8-bit L*a*b* and tiled separate planes once they are described anew.
Pillow reads old-style JPEG; samples that are no whole bytes are unpacked by `packed_tiff`.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from pichaven_processing.imaging.file_types import TIFF
from pichaven_processing.imaging.metadata.tiff_tags import Tags, TiffTags, integer_of
from pichaven_processing.imaging.sources.mapped_file import map_tags
from pichaven_processing.imaging.sources.packed_tiff import PACKED_BITS, PackedTiffSource
from pichaven_processing.imaging.sources.pillow_source import PillowSource
from pichaven_processing.imaging.sources.sample_ranges import scale_to_display
from pichaven_processing.imaging.sources.source import Source, damaged_file
from pichaven_processing.imaging.sources.tiff_directory import (
    LAB,
    load_described,
    load_doubles,
    load_lab,
    load_planes,
)
from pichaven_processing.imaging.sources.tiff_ends import check_end
from pichaven_processing.imaging.sources.tiff_extents import check_extents
from pichaven_processing.imaging.sources.tiff_parts import check_parts
from pichaven_processing.imaging.sources.vips_source import VipsSource

_SUBFILE, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 258, 259, 262
_SAMPLES, _PLANAR, _TILE_OFFSETS = 277, 284, 324
_EXTRA_SAMPLES, _FORMAT, _COLOUR_MAP, _INK_SET, _PREDICTOR = 338, 339, 320, 332, 317
_REDUCED, _MASK = 1, 4
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _INKS, _YCBCR = 0, 1, 2, 3, 5, 6
_PREMULTIPLIED, _STRAIGHT = 1, 2
_FLOAT: Final = 3
_MAX_PAGES: Final = 1000
_OLD_JPEG, _JPEG = 6, 7
_OF_THREE_SAMPLES: Final = frozenset({_RGB, _YCBCR})
"""Photometric interpretations that need them; more may follow."""
_FAX: Final = frozenset({2, 3, 4})


def open_tiff(path: Path) -> Source:
    """Open the first page of full size. Raises `Rejected` for a damaged file."""
    tags = map_tags(path)
    if tags is None:
        return VipsSource(path, TIFF)
    number, page = _page_to_show(tags)
    check_extents([page], path.stat().st_size)
    check_end(path, page)
    if integer_of(page, _COMPRESSION) == _OLD_JPEG:
        return PillowSource(path, ("TIFF",), number)
    samples = integer_of(page, _SAMPLES) or 1
    if integer_of(page, _PHOTOMETRIC) in _OF_THREE_SAMPLES and samples < 3:
        # libvips would show the numbers of three colours as grey.
        raise damaged_file()
    if _bits(page) in PACKED_BITS:
        return PackedTiffSource(path, _described(page), tags)
    return _vips_source(path, page, number)


def _vips_source(path: Path, page: Tags, number: int) -> VipsSource:
    described = _described(page)
    check = partial(check_parts, path, described)
    load = _loader_of(described)
    is_scaled = _is_scaled(described)
    is_premultiplied = integer_of(page, _EXTRA_SAMPLES) == _PREMULTIPLIED
    if load is None and (described is not page or (is_scaled and is_premultiplied)):
        load = load_described
    if load is None:
        scale = _scale_of(described) if is_scaled else None
        return VipsSource(path, TIFF, number, scale=scale, check=check)
    if is_premultiplied:
        # libvips would take the alpha for one of bytes.
        described = {**described, _EXTRA_SAMPLES: (_STRAIGHT,)}
    return VipsSource(
        path,
        TIFF,
        load=partial(load, path, described),
        scale=_scale_of(described) if is_scaled else None,
        premultiplied=is_premultiplied,
        check=check,
    )


def _described(page: Tags) -> Tags:
    """Return the page with a photometric interpretation, where it has none or one of grey that its
    samples are too many for.

    The tag is required and has no default. libtiff and GIMP take three samples for RGB, fax for
    white where 0 and other grey for black where 0. More samples than those of a colour have to be
    named as extra ones; of three that are not, libvips would show the first as grey.
    """
    if _PHOTOMETRIC in page and not _is_grey_of_colours(page):
        return page
    samples, compression = integer_of(page, _SAMPLES) or 1, integer_of(page, _COMPRESSION)
    photometric = _BLACK_IS_ZERO
    if samples >= 3:
        photometric = _RGB
        if compression == _JPEG and samples == 3:
            photometric = _YCBCR
        elif _INK_SET in page:
            photometric = _INKS
    elif _COLOUR_MAP in page:
        photometric = _PALETTE
    elif compression in _FAX:
        photometric = _WHITE_IS_ZERO
    return {**page, _PHOTOMETRIC: (photometric,)}


def _is_grey_of_colours(page: Tags) -> bool:
    extra = page.get(_EXTRA_SAMPLES, ())
    colours = (integer_of(page, _SAMPLES) or 1) - len(extra)
    return integer_of(page, _PHOTOMETRIC) in {_WHITE_IS_ZERO, _BLACK_IS_ZERO} and colours >= 3


def _is_scaled(page: Tags) -> bool:
    """Whether samples are no unsigned bytes or shorts of grey or RGB."""
    is_plain = (integer_of(page, _FORMAT) or 1) in {1, 4} and _bits(page) <= 16
    return not is_plain and integer_of(page, _PHOTOMETRIC) in {_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB}


def _scale_of(page: Tags) -> Callable[[Callable[[], Any]], Any]:
    photometric = integer_of(page, _PHOTOMETRIC)
    return partial(
        scale_to_display,
        page=page,
        colours=3 if photometric == _RGB else 1,
        inverted=photometric == _WHITE_IS_ZERO,
    )


def _page_to_show(tags: TiffTags) -> tuple[int, Tags]:
    """Return number and directory of the first page that is no preview or mask, else of the first.

    Only of the main chain; a file whose first page is of full size is not read further.
    """
    offset = tags.first_offset
    for number in range(_MAX_PAGES):
        page = tags.at(offset)
        if not page.tags:
            break
        if not (integer_of(page.tags, _SUBFILE) or 0) & (_REDUCED | _MASK):
            return number, page.tags
        offset = page.next_offset
    return 0, tags.first()


def _loader_of(page: Tags) -> Callable[..., Any] | None:
    """Return the loader of a layout that libvips does not read as it is."""
    is_double = _bits(page) == 64 and integer_of(page, _FORMAT) == _FLOAT
    if is_double and (integer_of(page, _PREDICTOR) or 1) == 1 and _is_scaled(page):
        return load_doubles
    if integer_of(page, _PLANAR) == 2 and _TILE_OFFSETS in page:
        return load_planes
    is_lab = integer_of(page, _PHOTOMETRIC) in LAB and _bits(page) == 8
    if is_lab and integer_of(page, _SAMPLES) == 3:
        return load_planes if integer_of(page, _PLANAR) == 2 else load_lab
    return None


def _bits(page: Tags) -> int:
    return integer_of(page, _BITS) or 1
