"""TIFF of which one strip or tile cannot be unpacked, and sound ones of the same kinds."""

from typing import Any

import numpy as np
import pytest
import pyvips
from services.processing.tests import pictures
from services.processing.tests.conftest import Render

from pichaven_processing.imaging.metadata.tiff_tags import TiffTags
from pichaven_processing.imaging.rejection import Rejected

TILES = {"tile": True, "tile_width": 128, "tile_height": 128}
LAYOUTS = [{}, TILES, TILES | {"bigtiff": True}]


def _tiff(compression: str, **options: Any) -> bytes:
    image: Any = pyvips.Image.new_from_array(np.asarray(pictures.picture(640, 480)))
    data: bytes = image.tiffsave_buffer(compression=compression, **options)
    return data


def _parts(data: bytes) -> list[tuple[int, int]]:
    page: Any = TiffTags(data).first()
    offsets, lengths = page.get(324) or page[273], page.get(325) or page[279]
    return list(zip(offsets, lengths, strict=True))


def _is_ready(render: Render, data: bytes) -> bool:
    twin = np.asarray(render(pictures.encode(pictures.picture(640, 480), "PNG")).image())
    rendered = np.asarray(render(data).image())
    return float(np.abs(rendered.astype(int) - twin).mean()) < 6


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", ["deflate", "lzw", "jpeg", "packbits", "none"])
def test_a_sound_file_is_ready(render: Render, compression: str, layout: dict[str, Any]) -> None:
    assert _is_ready(render, _tiff(compression, **layout))


@pytest.mark.parametrize("number", [0, 3, -1])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", ["deflate", "lzw", "jpeg"])
def test_a_strip_or_tile_of_noise_is_damage(
    render: Render, compression: str, layout: dict[str, Any], number: int
) -> None:
    data = bytearray(_tiff(compression, **layout))
    start, length = _parts(bytes(data))[number]
    middle = start + length // 2
    data[middle : middle + length // 4] = b"\xff" * (length // 4)

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("compression", ["deflate", "lzw", "jpeg"])
def test_a_tile_whose_head_is_lost_is_damage(render: Render, compression: str) -> None:
    data = bytearray(_tiff(compression, **TILES))
    start, _ = _parts(bytes(data))[5]
    data[start : start + 2] = b"\x12\x34"

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "damaged_file"
