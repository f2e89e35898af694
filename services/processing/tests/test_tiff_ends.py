"""TIFF in which zeros stand where data were never written, and sound ones with zeros in them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import pyvips
from services.processing.tests import pictures
from services.processing.tests.conftest import Render
from services.processing.tests.tiff_files import tiff_of

from pichaven_processing.imaging.metadata.tiff_tags import TiffTags
from pichaven_processing.imaging.rejection import Rejected

WIDTH, HEIGHT = 640, 480
DEPTHS = ["u1", "u2", "u4", "i2", "f4", "f8", 4, 10, 12, 14]


def _levels() -> npt.NDArray[np.float64]:
    return np.asarray(pictures.picture(WIDTH, HEIGHT)) / 255


def _tiff(depth: str | int, levels: npt.NDArray[np.float64], **options: Any) -> bytes:
    if isinstance(depth, int):
        samples = np.rint(levels * ((1 << depth) - 1)).astype(np.uint16)
        return tiff_of(samples[..., :1] if depth < 8 else samples, bits=depth, **options)
    sample = np.dtype(depth)
    full = 1 if sample.kind == "f" else np.iinfo(sample).max
    return tiff_of((levels * full).astype(sample), **options)


def _zeroed(data: bytes, share: float) -> bytes:
    """Return the file with zeros for the last of its strips or tiles, the directory whole."""
    page = TiffTags(data).first()
    offsets: Any = page.get(324) or page[273]
    lengths: Any = page.get(325) or page[279]
    start, end = min(offsets), max(map(sum, zip(offsets, lengths, strict=True)))
    cut = start + int((end - start) * share)
    return data[:cut] + bytes(end - cut) + data[end:]


@pytest.mark.parametrize("layout", [{}, {"tile": 128}, {"big": True}, {"order": ">"}])
@pytest.mark.parametrize("depth", DEPTHS)
def test_plain_samples_of_any_depth_that_break_off_into_zeros_are_damaged(
    render: Render, depth: str | int, layout: dict[str, Any]
) -> None:
    # Where a row of a tile of four bits is as short as the least that is judged, none is.
    if depth == 4 and "tile" in layout:
        return
    with pytest.raises(Rejected) as refused:
        render(_zeroed(_tiff(depth, _levels(), **layout), 0.6008))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("shape", ["bar", "circle", "slope", "black"])
@pytest.mark.parametrize("depth", [*DEPTHS, 1])
def test_a_black_border_of_any_depth_is_no_damage(
    render: Render, depth: str | int, shape: str
) -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    is_black = {
        "bar": (y >= 400) | (y < 70),
        "circle": (x - 320) ** 2 + (y - 240) ** 2 > 200**2,
        "slope": (y > 400 - x / 20) | (y < 70 + x / 20),
        "black": y >= 0,
    }[shape]

    render(_tiff(depth, np.where(is_black[..., None], 0, _levels())))


@pytest.mark.parametrize("inverted", [False, True])
def test_a_page_of_text_of_one_bit_is_sound(render: Render, inverted: bool) -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    is_ink = (y % 40 < 12) & (x % 9 < 5) & (y < 300) & (x > 60) & (x < 580)
    levels = np.where(is_ink != inverted, 0.0, 1.0)[..., None]

    render(_tiff(1, levels))


@pytest.mark.parametrize("share", [0.31, 0.62, 0.93])
@pytest.mark.parametrize("tile", [False, True])
@pytest.mark.parametrize("compression", ["lzw", "deflate", "jpeg", "packbits", "ccittfax4"])
def test_compressed_data_that_end_in_zeros_are_damaged(
    render: Render, compression: str, tile: bool, share: float
) -> None:
    image = pyvips.Image.new_from_array(np.asarray(pictures.picture(WIDTH, HEIGHT)))
    options: dict[str, Any] = {"compression": compression}
    if compression == "ccittfax4":
        image = image.colourspace("b-w") > 120
        options["bitdepth"] = 1
    if tile:
        options |= {"tile": True, "tile_width": 128, "tile_height": 128}

    with pytest.raises(Rejected) as refused:
        render(_zeroed(bytes(image.tiffsave_buffer(**options)), share))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("compression", ["lzw", "deflate", "jpeg", "packbits", "ccittfax4"])
def test_a_flat_compressed_picture_is_sound(render: Render, compression: str, level: int) -> None:
    image = (pyvips.Image.black(1024, 768) + level).cast("uchar").copy(interpretation="b-w")
    options = {"bitdepth": 1} if compression == "ccittfax4" else {}

    render(bytes(image.tiffsave_buffer(compression=compression, **options)))
