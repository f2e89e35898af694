"""Pictures that anybody may have made, by HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from services.ml.tests.colour_encoder import ColourEncoder

from pichaven_chassis.http import create_app
from pichaven_chassis.runtime import Role, Service
from pichaven_ml.bootstrap import build
from pichaven_ml.inference.decoding import count_decoded_pixels
from pichaven_ml.inference.decoding_pool import DecodingPool
from pichaven_ml.inference.errors import TooBusy, TooManyPixels, UnreadablePicture
from pichaven_ml.models.card import Preprocessing
from pichaven_ml.settings import MlSettings
from testing.disconnecting_client import send_and_disconnect
from testing.polling import eventually

TARGET = Preprocessing(height=32, width=32, mean=(0, 0, 0), std=(1, 1, 1))
BOUNDARY = b"b" * 20


def _encode(image: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def heavy() -> bytes:
    """Two kilobytes that are 50 megapixels with transparency."""
    image = Image.new("RGBA", (7071, 7071), (200, 10, 10, 255))
    data = _encode(image, "WEBP", lossless=True, method=0, quality=0)
    assert len(data) < 10_000
    return data


@pytest.fixture
async def decode() -> AsyncIterator[Callable[..., DecodingPool]]:
    pools: list[DecodingPool] = []

    def make(**limits: Any) -> DecodingPool:
        pools.append(DecodingPool(**{"timeout_s": 120, "longest_wait_s": 120} | limits))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


@asynccontextmanager
async def _ready_service(tmp_path: Path) -> AsyncIterator[Service]:
    settings = MlSettings(cache_dir=tmp_path, decode_timeout_s=120)
    service = await build(Role.API, settings=settings, loader=ColourEncoder())
    for step in service.startup:
        await step()
    yield service
    for close in service.close:
        await close()


def _resident_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line) << 10


@pytest.mark.slow
async def test_fifty_megapixels_take_no_memory_of_the_service(tmp_path: Path, heavy: bytes) -> None:
    before = most = _resident_bytes()
    async with _ready_service(tmp_path) as service:
        transport = httpx.ASGITransport(create_app(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://ml") as client:
            request = asyncio.create_task(
                client.post("/internal/embed/image", files={"file": ("a.webp", heavy)})
            )
            while not request.done():
                await asyncio.wait({request}, timeout=0.02)
                most = max(most, _resident_bytes())
    response = request.result()
    assert response.status_code == 200, response.text
    assert response.json()["embedding"][0] > 0.9
    assert most - before < 150 << 20


@pytest.mark.slow
async def test_a_light_picture_does_not_wait_for_heavy_ones(
    decode: Callable[..., DecodingPool], heavy: bytes, make_jpeg: Callable[..., bytes]
) -> None:
    pool = decode()
    ended: list[str] = []

    async def read(name: str, data: bytes) -> None:
        assert (await pool(data, TARGET, "one")).shape == (3, 32, 32)
        ended.append(name)

    await asyncio.gather(*(read("heavy", heavy) for _ in range(2)), read("light", make_jpeg()))
    assert ended == ["light", "heavy", "heavy"]


@pytest.mark.slow
async def test_heavy_pictures_of_owners_are_decoded_in_turn(
    decode: Callable[..., DecodingPool],
) -> None:
    pool = decode()
    picture = _encode(Image.new("RGB", (4500, 4000)), "PNG")
    ended: list[str] = []

    async def read(owner: str) -> None:
        await pool(picture, TARGET, owner)
        ended.append(owner)

    greedy = [asyncio.create_task(read("greedy")) for _ in range(4)]
    await eventually(lambda: pool.pids, "the first is decoded", 60)
    await asyncio.gather(read("other"), *greedy)
    assert ended == ["greedy", "other", "greedy", "greedy", "greedy"]


@pytest.mark.parametrize(
    ("kind", "options", "share"),
    [("JPEG", {}, 1 / 4), ("JPEG", {"progressive": True}, 1), ("PNG", {}, 1), ("WEBP", {}, 1)],
)
def test_the_pixels_that_count_are_those_that_decoding_makes(
    kind: str, options: dict[str, Any], share: float
) -> None:
    picture = _encode(Image.new("RGB", (3000, 2100)), kind, **options)
    assert count_decoded_pixels(picture) == 3000 * 2100 * share


async def test_a_picture_beyond_the_memory_limit_fails_alone(
    decode: Callable[..., DecodingPool], heavy: bytes, make_jpeg: Callable[..., bytes]
) -> None:
    pool = decode(memory_bytes=300 << 20)
    # libwebp reports a failed allocation as a damaged file.
    with pytest.raises((TooManyPixels, UnreadablePicture)):
        await pool(heavy, TARGET, "one")
    assert (await pool(make_jpeg(), TARGET, "one")).shape == (3, 32, 32)


async def test_a_picture_that_takes_too_long_fails_alone(
    decode: Callable[..., DecodingPool], heavy: bytes
) -> None:
    pool = decode(timeout_s=0.01)
    with pytest.raises(UnreadablePicture, match="too long"):
        await pool(heavy, TARGET, "one")
    assert pool.pids == ()


async def test_what_is_no_picture_starts_no_process(decode: Callable[..., DecodingPool]) -> None:
    pool = decode()
    bomb = _encode(Image.new("1", (8000, 7000)), "PNG")
    for data, refusal in ((b"no picture", UnreadablePicture), (bomb, TooManyPixels)):
        with pytest.raises(refusal):
            await pool(data, TARGET, "one")
    assert pool.pids == ()


async def test_damage_behind_the_header_is_named_so(decode: Callable[..., DecodingPool]) -> None:
    pool = decode()
    cut = _encode(Image.effect_noise((300, 300), 50), "JPEG")[:2000]
    with pytest.raises(UnreadablePicture):
        await pool(cut, TARGET, "one")
    assert len(pool.pids) == 1


async def test_few_pictures_wait(decode: Callable[..., DecodingPool], heavy: bytes) -> None:
    pool = decode()
    requests = [asyncio.create_task(pool(heavy, TARGET, "one")) for _ in range(20)]
    await eventually(lambda: any(each.done() for each in requests), "some are refused", 60)
    for each in requests:
        each.cancel()
    outcomes = await asyncio.gather(*requests, return_exceptions=True)
    assert any(isinstance(outcome, TooBusy) for outcome in outcomes)
    await eventually(lambda: pool.pids == (), "no process is left")


async def test_decoding_ends_when_the_caller_is_gone(tmp_path: Path, heavy: bytes) -> None:
    body = (
        b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        b"" + heavy + b"\r\n--" + BOUNDARY + b"--\r\n"
    )
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}",
        "Content-Length": str(len(body)),
    }
    async with _ready_service(tmp_path) as service:
        statuses = await send_and_disconnect(
            create_app(service), "/internal/embed/image", headers, body
        )
    assert statuses == [499]
