"""Files that can never become a photo are refused with a reason, and before any work."""

import time
from pathlib import Path

import pytest
from services.processing.tests import pictures
from services.processing.tests.conftest import LIMITS, Render

from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.picture import Picture
from pichaven_processing.imaging.pipeline import run_pipeline
from pichaven_processing.imaging.rejection import Rejected
from pichaven_processing.imaging.sources.jxl_header import picture_size
from pichaven_processing.imaging.step import Step, StepReport, StepState

WHOLE = {
    "jpeg": pictures.jpeg,
    "progressive jpeg": lambda: pictures.jpeg(progressive=True),
    "png": lambda: pictures.encode(pictures.picture(), "PNG"),
    "webp": lambda: pictures.encode(pictures.picture(), "WEBP"),
    "gif": lambda: pictures.encode(pictures.picture(), "GIF"),
    "tiff": lambda: pictures.encode(pictures.picture(), "TIFF"),
    "avif": lambda: pictures.encode(pictures.picture(), "AVIF"),
    "heic": pictures.heic,
    "jxl": pictures.jxl,
    "dng": pictures.dng,
    "dng with preview": lambda: pictures.dng(
        preview=pictures.jpeg(512, 384), preview_size=(512, 384)
    ),
}


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_file_is_damaged(render: Render, name: str, share: float) -> None:
    data = WHOLE[name]()

    with pytest.raises(Rejected) as refused:
        render(data[: int(len(data) * share)])

    assert refused.value.code == "damaged_file"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "damaged_file"),
        (b"just some text, whatever its name says\n" * 50, "unsupported_media_type"),
        (b"%PDF-1.7\n" + b"0" * 5000, "unsupported_media_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_media_type"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 500, "unsupported_media_type"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 5000, "damaged_file"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 5000, "damaged_file"),
        (b"GIF89a" + b"\0" * 5000, "damaged_file"),
        (b"RIFF\x00\x10\0\0WEBPVP8 " + b"\0" * 5000, "damaged_file"),
        (b"II*\0\x08\0\0\0" + b"\xff" * 5000, "damaged_file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 5000, "damaged_file"),
        (b"\xff\x0a" + b"\xff" * 5000, "damaged_file"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0" * 5000, "damaged_file"),
        (b"FUJIFILMCCD-RAW " + b"\0" * 5000, "damaged_file"),
        (b"IIU\0\x08\0\0\0" + b"\0" * 5000, "damaged_file"),
        (b"II*\0\x10\0\0\0CR\x02\0" + b"\0" * 5000, "damaged_file"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:14].hex(),
)
def test_a_file_of_another_type_and_a_damaged_picture_are_rejected_by_different_codes(
    render: Render, data: bytes, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        render(data)

    assert refused.value.code == code
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("sides", [(60_000, 60_000), (70_000, 10), (20_000, 20_000)])
def test_a_bomb_is_refused_by_its_header(render: Render, sides: tuple[int, int]) -> None:
    began = time.process_time()

    with pytest.raises(Rejected) as refused:
        render(pictures.bomb_png(*sides))

    assert refused.value.code == "too_many_pixels"
    assert f"{sides[0]:,}" in refused.value.message
    assert time.process_time() - began < 1


def test_a_jxl_is_measured_before_its_decoder_runs(render: Render) -> None:
    limits = Limits(
        max_bytes=10**9, max_pixels=100_000, max_animation_pixels=10**9, max_edge=65_535
    )
    for options in ({}, {"use_container": True, "exif": pictures.exif()}):
        with pytest.raises(Rejected) as refused:
            render(pictures.jxl(**options), limits)
        assert refused.value.code == "too_many_pixels"
        assert "640 x 480" in refused.value.message


@pytest.mark.parametrize("sides", [(640, 480), (8, 8), (256, 256), (1000, 37), (333, 2000)])
def test_the_size_in_a_jxl_header_is_the_size_of_the_picture(
    render: Render, sides: tuple[int, int]
) -> None:
    assert picture_size(pictures.jxl(pictures.picture(*sides))) == sides


def test_a_heic_beyond_the_limit_is_refused_before_decoding(render: Render) -> None:
    limits = Limits(
        max_bytes=10**9, max_pixels=100_000, max_animation_pixels=10**9, max_edge=65_535
    )
    with pytest.raises(Rejected) as refused:
        render(pictures.heic(), limits)
    assert refused.value.code == "too_many_pixels"


def test_an_animation_is_bounded_by_all_its_pictures(render: Render) -> None:
    limits = Limits(
        max_bytes=10**9, max_pixels=100_000, max_animation_pixels=200_000, max_edge=65_535
    )
    with pytest.raises(Rejected) as refused:
        render(pictures.animation("GIF"), limits)
    assert "3 pictures" in refused.value.message


def test_a_refusal_names_the_step_and_the_reason(render: Render, tmp_path: Path) -> None:
    path = tmp_path / "original"
    path.write_bytes(pictures.bomb_png())
    reports: list[StepReport] = []

    with pytest.raises(Rejected):
        run_pipeline(Picture(path, tmp_path, LIMITS), reports.append)

    last = reports[-1]
    assert (last.step, last.state) == (Step.CHECK_LIMITS, StepState.FAILED)
    assert "65,535" in (last.message or "") or "megapixels" in (last.message or "")
