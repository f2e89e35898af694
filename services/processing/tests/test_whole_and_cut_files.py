"""A file that lacks data is damaged; a sound one of a rare kind is not."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from services.processing.tests import pictures
from services.processing.tests.conftest import LIMITS, Render

from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.pipeline import run_pipeline
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.sources import heif_source, vips_source


def _tiled_heic() -> bytes:
    return pictures.heic(1024, 768, tile=256)


def _encoded(format_: str, **options: object) -> Callable[[], bytes]:
    return lambda: pictures.encode(pictures.picture(), format_, **options)


def _grey_heic(bits: int) -> bytes:
    buffer = io.BytesIO()
    grey = np.asarray(pictures.picture().convert("L")).astype("<u2") * 257
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    try:
        pillow_heif.from_bytes("I;16", (640, 480), grey.tobytes()).save(buffer, quality=60)
    finally:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = False
    return buffer.getvalue()


def _packed_tiff(bits: int, bands: int = 3, compression: str = "", tile: int = 0) -> bytes:
    """A TIFF of 640 x 512 pixels whose samples are no whole bytes, in strips or in tiles."""
    image = pictures.picture(640, 512).convert("RGB" if bands == 3 else "L")
    samples = (np.asarray(image).astype(np.uint32) * ((1 << bits) - 1) // 255).reshape(512, 640, -1)
    width, height = (tile, tile) if tile else (640, 128)
    parts = []
    for top in range(0, 512, height):
        for left in range(0, 640, width):
            part = samples[top : top + height, left : left + width].reshape(height, -1, 1)
            packed = np.packbits((part >> np.arange(bits)[::-1] & 1).reshape(height, -1), axis=1)
            data = packed.astype(np.uint8).tobytes()
            if compression == "deflate":
                data = zlib.compress(data)
            elif compression == "lzw":
                grey = Image.frombytes("L", (packed.shape[1], height), data)
                whole = pictures.encode(
                    grey, "TIFF", compression="tiff_lzw", tiffinfo={278: height}
                )
                with Image.open(io.BytesIO(whole)) as image_of_bytes:
                    [at], [size] = image_of_bytes.tag_v2[273], image_of_bytes.tag_v2[279]
                data = whole[at : at + size]
            parts.append(data + bytes(len(data) % 2))
    offsets = [8 + sum(map(len, parts[:index])) for index in range(len(parts))]
    directory: dict[int, pictures.Entry | pictures.Pixels] = {
        256: pictures.long(640),
        257: pictures.long(512),
        258: pictures.short(*[bits] * bands),
        259: pictures.short({"": 1, "lzw": 5, "deflate": 8}[compression]),
        262: pictures.short(2 if bands == 3 else 1),
        # A tag of no meaning places the samples behind the header.
        250: pictures.Pixels(b"".join(parts)),
        277: pictures.short(bands),
        (324 if tile else 273): pictures.long(*offsets),
        (325 if tile else 279): pictures.long(*map(len, parts)),
    }
    if tile:
        directory |= {322: pictures.long(tile), 323: pictures.long(tile)}
    else:
        directory[278] = pictures.long(height)
    return pictures.tiff(directory)


def _tiled_planes(bits: int, orientation: int = 1) -> bytes:
    """A TIFF of 640 x 512 pixels with a plane for each colour, in tiles of 128 x 128."""
    pixels = np.asarray(pictures.picture(640, 512)).astype(f"<u{bits // 8}")
    if bits == 16:
        pixels = pixels * 257
    tiles = [
        pixels[y : y + 128, x : x + 128, band].tobytes()
        for band in range(3)
        for y in range(0, 512, 128)
        for x in range(0, 640, 128)
    ]
    offsets = [8 + len(tiles[0]) * index for index in range(len(tiles))]
    directory = pictures.tiff(
        {
            256: pictures.long(640),
            257: pictures.long(512),
            258: pictures.short(bits, bits, bits),
            259: pictures.short(1),
            262: pictures.short(2),
            273: pictures.Pixels(b"".join(tiles)),
            274: pictures.short(orientation),
            277: pictures.short(3),
            284: pictures.short(2),
            322: pictures.long(128),
            323: pictures.long(128),
            324: pictures.long(*offsets),
            325: pictures.long(*[len(tiles[0])] * len(tiles)),
        }
    )
    # The strip's tag only placed the tiles behind the header.
    return directory.replace(struct.pack("<HHI", 273, 4, 1), struct.pack("<HHI", 271, 4, 1))


def _old_jpeg_tiff() -> bytes:
    data = pictures.jpeg()
    return pictures.tiff(
        {
            256: pictures.long(640),
            257: pictures.long(480),
            258: pictures.short(8, 8, 8),
            259: pictures.short(6),
            262: pictures.short(6),
            273: pictures.Pixels(data),
            277: pictures.short(3),
            278: pictures.long(480),
            279: pictures.long(len(data)),
            513: pictures.Pixels(data),
            514: pictures.long(len(data)),
            530: pictures.short(2, 2),
        }
    )


def _sos_of_a_progressive_scan() -> bytes:
    """Some phones write fields into the scan header that mean nothing there."""
    data = bytearray(pictures.jpeg())
    at = data.index(b"\xff\xda")
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
    data[end - 3 : end] = bytes(3)
    return bytes(data)


def _jpeg_with_fill(fill: bytes) -> bytes:
    data = pictures.jpeg()
    return data[:-2] + fill + data[-2:]


def _jpeg_with_junk_in_its_header() -> bytes:
    data = pictures.jpeg(exif=pictures.exif())
    at = data.index(b"\xff\xdb")
    return data[:at] + b"junk" * 100 + data[at:]


SOUND: dict[str, Callable[[], bytes]] = {
    "jpeg without its end": lambda: pictures.jpeg()[:-2],
    "jpeg with half its end": lambda: pictures.jpeg()[:-1],
    "progressive jpeg without its end": lambda: pictures.jpeg(progressive=True)[:-2],
    "jpeg with an odd scan header": _sos_of_a_progressive_scan,
    "jpeg with zeros before its end": lambda: _jpeg_with_fill(bytes(500)),
    "jpeg with a few bytes before its end": lambda: _jpeg_with_fill(b"\x12\x34\x56"),
    "jpeg with junk in its header": _jpeg_with_junk_in_its_header,
    "10-bit grey heic": lambda: _grey_heic(10),
    "12-bit grey heic": lambda: _grey_heic(12),
    "12-bit grey tiff": lambda: _packed_tiff(12, bands=1),
    "12-bit tiff": lambda: _packed_tiff(12),
    "12-bit deflated tiff": lambda: _packed_tiff(12, compression="deflate"),
    "12-bit lzw tiff": lambda: _packed_tiff(12, compression="lzw"),
    "12-bit tiff in tiles": lambda: _packed_tiff(12, tile=128),
    "10-bit tiff": lambda: _packed_tiff(10),
    "14-bit grey tiff": lambda: _packed_tiff(14, bands=1, compression="lzw"),
    "tiled planes of 8 bits": lambda: _tiled_planes(8),
    "tiled planes of 16 bits": lambda: _tiled_planes(16),
    "old-style jpeg tiff": _old_jpeg_tiff,
    "lab tiff": lambda: pictures.encode(pictures.picture().convert("LAB"), "TIFF"),
    "bmp": _encoded("BMP"),
    "bmp with a palette": lambda: pictures.encode(pictures.picture().quantize(256), "BMP"),
    "tiled heic": _tiled_heic,
    "jpeg with a trailer": lambda: pictures.jpeg() + bytes(5000),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_of_a_rare_kind_looks_like_its_plain_twin(render: Render, name: str) -> None:
    rendered = render(SOUND[name]())

    size = (rendered.facts.width, rendered.facts.height)
    twin = pictures.picture(*size)
    image = rendered.image("800.jpeg")
    grey = "grey" in name
    expected = np.asarray(twin.convert("L").convert("RGB") if grey else twin).astype(float)
    if image.size != twin.size:
        expected = np.asarray(twin.resize(image.size)).astype(float)
    difference = np.abs(np.asarray(image.convert("RGB")).astype(float) - expected).mean()
    assert difference < 8


@pytest.mark.parametrize("sides", [(16_000, 3), (3, 16_000), (1, 8000)])
@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "PNG"])
def test_a_picture_that_is_nearly_a_line_is_read(
    render: Render, sides: tuple[int, int], format_: str
) -> None:
    facts = render(pictures.encode(Image.new("RGB", sides, (9, 99, 199)), format_)).facts

    assert (facts.width, facts.height) == sides


def test_tiled_planes_are_turned_upright(render: Render) -> None:
    rendered = render(_tiled_planes(8, orientation=6))

    assert (rendered.facts.width, rendered.facts.height) == (512, 640)
    assert pictures.brightest_corner(rendered.image()) == "top right"


def test_the_page_of_full_size_is_shown_where_a_reduced_one_is_first(render: Render) -> None:
    buffer = io.BytesIO()
    small = pictures.picture(160, 120).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    small.save(
        buffer,
        "TIFF",
        save_all=True,
        append_images=[pictures.picture()],
        tiffinfo={254: 1},
    )
    data = bytearray(buffer.getvalue())
    with Image.open(io.BytesIO(data)) as image:
        image.seek(1)
        if image.tag_v2.get(254):
            at = data.rindex(struct.pack("<HHI", 254, 4, 1))
            struct.pack_into("<I", data, at + 8, 0)

    rendered = render(bytes(data))

    assert (rendered.facts.width, rendered.facts.height) == (640, 480)
    assert pictures.brightest_corner(rendered.image()) == "top left"


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5, 0.75, 0.9, 0.999])
@pytest.mark.parametrize("zeroed", [False, True])
def test_a_tiled_heic_cut_at_any_point_is_damaged(
    render: Render, share: float, zeroed: bool
) -> None:
    data = _tiled_heic()
    length = int(len(data) * share)

    with pytest.raises(Rejected) as refused:
        render(data[:length] + bytes(len(data) - length if zeroed else 0))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("cut", [3, 20, 2000])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_more_than_its_end_marker_is_damaged(
    render: Render, cut: int, progressive: bool
) -> None:
    with pytest.raises(Rejected) as refused:
        render(pictures.jpeg(progressive=progressive)[:-cut])

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_whose_data_a_decoder_cannot_follow_is_damaged(
    render: Render, progressive: bool
) -> None:
    data = bytearray(pictures.jpeg(progressive=progressive))
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_a_tiff_with_a_strip_that_cannot_be_unpacked_is_damaged(
    render: Render, compression: str
) -> None:
    data = bytearray(pictures.encode(pictures.picture(), "TIFF", compression=compression))
    middle = len(data) // 2
    data[middle : middle + 3000] = b"\xff" * 3000

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "damaged_file"


def test_a_jpeg_with_junk_in_its_header_and_a_hole_is_damaged(render: Render) -> None:
    data = bytearray(_jpeg_with_junk_in_its_header())
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "damaged_file"


def test_a_tiff_in_a_compression_that_is_not_read_says_so(render: Render) -> None:
    data = pictures.encode(pictures.picture(), "TIFF", compression="tiff_lzw")
    entry = struct.pack("<HHI", 259, 3, 1)
    lzma = struct.pack("<HH", 34925, 0)
    at = data.index(entry) + len(entry)

    with pytest.raises(Rejected) as refused:
        render(data[:at] + lzma + data[at + 4 :])

    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize(
    ("marker", "bits"),
    [(0xC1, 12), (0xC2, 12), (0xC9, 12), (0xC3, 8), (0xC3, 16), (0xC5, 8), (0xCF, 8), (0xF7, 8)],
)
def test_a_jpeg_of_a_process_that_is_not_read_says_so(
    render: Render, marker: int, bits: int
) -> None:
    data = bytearray(pictures.jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4] = marker, bits

    with pytest.raises(Rejected) as refused:
        render(bytes(data))

    assert refused.value.code == "unsupported_media_type"


def test_a_progressive_jpeg_without_its_last_scan_is_damaged(render: Render) -> None:
    data = pictures.jpeg(progressive=True)

    with pytest.raises(Rejected) as refused:
        render(data[: data.rindex(b"\xff\xda")])

    assert refused.value.code == "damaged_file"


def test_a_heif_coded_in_another_way_is_unsupported_at_once(render: Render) -> None:
    data = pictures.heic().replace(b"infe\x02\0\0\0\0\x01\0\0hvc1", b"infe\x02\0\0\0\0\x01\0\0unci")

    with pytest.raises(Rejected) as refused:
        render(data)

    assert refused.value.code == "unsupported_media_type"
    assert "unci" in refused.value.message


def test_a_sequence_without_a_still_picture_says_what_it_is(render: Render) -> None:
    head = struct.pack(">I", 24) + b"ftypmsf1\0\0\0\0msf1hevc"
    track = struct.pack(">I", 16) + b"moov" + struct.pack(">I", 8) + b"trak"

    with pytest.raises(Rejected) as refused:
        render(head + track)

    assert refused.value.code == "unsupported_media_type"
    assert "sequence" in refused.value.message


@pytest.mark.parametrize(
    "error", [IndexError("x"), KeyError("x"), ZeroDivisionError(), TypeError()]
)
def test_a_surprise_of_a_decoder_is_the_files_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    path = tmp_path / "original"
    path.write_bytes(pictures.heic())
    monkeypatch.setattr(heif_source.pillow_heif, "open_heif", fail)

    with pytest.raises(Rejected) as refused:
        run_pipeline(Picture(path, tmp_path, LIMITS), lambda _: None)

    assert refused.value.code in {"damaged_file", "unsupported_media_type"}


@pytest.mark.parametrize("error", [MemoryError(), OSError(28, "No space left on device")])
def test_an_error_of_the_machine_is_not_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    path = tmp_path / "original"
    path.write_bytes(pictures.jpeg())
    monkeypatch.setattr(vips_source.pyvips.Image, "jpegload", fail)

    with pytest.raises(type(error)):
        run_pipeline(Picture(path, tmp_path, LIMITS), lambda _: None)
