"""The real OCR process on drawn pictures: one for all tests, but where a test ends it."""

import asyncio
import io
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont

from pichaven_chassis.child_process.child import FailureKind
from pichaven_chassis.child_process.pool import ChildPool
from pichaven_chassis.child_process.process import ChildFailed
from pichaven_chassis.child_process.run_time import RunTime
from pichaven_chassis.outages import EngineDown
from pichaven_ml.text_reading.ocr_process import OcrProcess
from pichaven_ml.text_reading.reading import TextUnreadable, join_lines
from testing.polling import eventually

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


def picture(
    *lines: str, size: tuple[int, int] = (640, 480), letters: int = 44, kind: str = "JPEG"
) -> bytes:
    image = Image.new("RGB", size, (238, 232, 220))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(letters)
    for number, line in enumerate(lines):
        draw.text((40, 60 + 2 * letters * number), line, font=font, fill=(25, 25, 40))
    return encode_image(image, kind)


def encode_image(image: Image.Image, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=80)
    return buffer.getvalue()


DOT = encode_image(Image.new("RGB", (1, 1), "black"))


def noise(width: int, height: int) -> bytes:
    random = np.random.default_rng(4)
    return encode_image(
        Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader() -> AsyncIterator[OcrProcess]:
    reader = OcrProcess(timeout_s=60)
    yield reader
    await reader.close()


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    return {
        "a flat strip": encode_image(Image.new("RGB", (1920, 1), "white")),
        "a thin strip": encode_image(Image.new("RGB", (1, 1920), "white")),
        "a dot": DOT,
        "a strip of noise": noise(1920, 9),
        "noise": noise(700, 500),
        "one huge letter": picture("W", size=(1200, 900), letters=800),
    }


async def test_lines_are_read_from_top_to_bottom(reader: OcrProcess) -> None:
    written = ["Emergency exit", "Total amount 42.50", "Platform 7 departures"]
    lines = await reader(picture(*written))
    assert [line.text for line in lines] == written
    assert min(line.certainty for line in lines) > 0.9


async def test_accents_are_read(reader: OcrProcess) -> None:
    """Its two dots are drawn by hand: the font that is always there has no such letter."""
    with Image.open(io.BytesIO(picture("Bruckentor", letters=80))) as image:
        draw, font = ImageDraw.Draw(image), ImageFont.load_default(80)
        left = 40 + font.getlength("Br")
        width = font.getlength("u")
        for share in (0.25, 0.62):
            x = left + share * width
            draw.ellipse((x, 66, x + 9, 75), fill=(25, 25, 40))
        data = encode_image(image)
    assert join_lines(await reader(data)) == "Brückentor"


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
async def test_other_formats_are_read(reader: OcrProcess, kind: str) -> None:
    assert join_lines(await reader(picture("Quixotic", kind=kind))) == "Quixotic"


async def test_what_is_small_in_a_large_picture_is_read(reader: OcrProcess) -> None:
    data = picture("Gyrfalcon Street", size=(1920, 1440), letters=19)
    assert join_lines(await reader(data)) == "Gyrfalcon Street"


async def test_text_that_stands_upright_is_read(reader: OcrProcess) -> None:
    with Image.open(io.BytesIO(picture("Obelisk Avenue", size=(900, 200), letters=60))) as image:
        standing = image.rotate(90, expand=True)
    assert join_lines(await reader(encode_image(standing))) == "Obelisk Avenue"


async def test_a_picture_without_text_has_none(reader: OcrProcess) -> None:
    assert (
        join_lines(await reader(encode_image(Image.linear_gradient("L").resize((800, 600))))) == ""
    )


async def test_hostile_pictures_end_and_the_next_one_is_read(
    reader: OcrProcess, hostile: dict[str, bytes]
) -> None:
    for data in hostile.values():
        await asyncio.wait_for(reader(data), 60)
    for junk in (b"", b"\xff\xd8\xff", b"x" * 70_000):
        with pytest.raises(TextUnreadable, match="UnreadablePicture"):
            await reader(junk)
    bomb = encode_image(Image.new("L", (9_000, 9_000)), "PNG")
    with pytest.raises(TextUnreadable, match="TooManyPixels"):
        await reader(bomb)
    assert join_lines(await reader(picture("Quixotic"))) == "Quixotic"


async def test_a_process_that_dies_costs_its_picture_alone(reader: OcrProcess) -> None:
    await reader(DOT)
    pid = reader.pid
    assert pid is not None
    reading = asyncio.create_task(reader(noise(1400, 1000)))
    os.kill(pid, signal.SIGSEGV)
    with pytest.raises(TextUnreadable, match="ended with"):
        await reading
    assert join_lines(await reader(picture("second"))) == "second"
    assert reader.pid not in (None, pid)


async def test_a_picture_that_takes_too_long_is_given_up(reader: OcrProcess) -> None:
    await reader(DOT)
    stopped = reader.pid
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(TextUnreadable, match=r"not within 0\.6 s"):
        await reader(DOT, timeout_s=0.3)
    await eventually(lambda: not Path(f"/proc/{stopped}").exists(), "the process is gone")


@pytest.mark.parametrize(
    ("run_time", "expected"),
    [(RunTime(running=9, waiting=21), EngineDown), (RunTime(running=29), TextUnreadable)],
)
async def test_a_process_that_others_keep_from_running_is_no_photos_fault(
    monkeypatch: pytest.MonkeyPatch, run_time: RunTime, expected: type[Exception]
) -> None:
    async def fail(*_: object, **__: object) -> dict[str, object]:
        raise ChildFailed(FailureKind.TIMEOUT, run_time=run_time)

    monkeypatch.setattr(ChildPool, "request", fail)
    with pytest.raises(expected):
        await OcrProcess(timeout_s=15)(DOT)


async def test_a_process_that_cannot_start_is_no_photos_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    reader = OcrProcess(timeout_s=5)
    for _ in range(2):
        with pytest.raises(EngineDown, match="start"):
            await reader(DOT)
    assert reader.pid is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_memory_stays_level_and_the_process_gives_way(
    reader: OcrProcess, hostile: dict[str, bytes]
) -> None:
    pictures = [
        picture("Bäckerei", "Müller"),
        picture(*(["many words in a row here"] * 8), size=(1600, 1900), letters=50),
        *hostile.values(),
    ]

    async def work(rounds: int) -> None:
        for _ in range(rounds):
            for data in pictures:
                await reader(data)

    async def resident_mib_at_rest() -> int:
        # It gives memory back after its answer, before it takes the next picture.
        await reader(DOT)
        await reader(DOT)
        return _resident_mib(reader.pid)

    await work(1)
    before = await resident_mib_at_rest()
    await work(2)
    assert await resident_mib_at_rest() - before < 12
    assert before < 500
    assert os.getpriority(os.PRIO_PROCESS, reader.pid or 0) >= 10


def _resident_mib(pid: int | None) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match is not None
    return int(match[1]) // 1024
