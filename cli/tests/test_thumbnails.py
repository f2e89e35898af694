"""Thumbnails of search results, on pseudo-terminals that answer as terminals do."""

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from PIL import Image

from pichaven_cli.thumbnails import render_thumbnails
from testing.http_server import respond_with

ASK_ATTRIBUTES: Final = b"\x1b[c"
SIXEL_ANSWER: Final = b"\x1b[?62;4c"
PLAIN_ANSWER: Final = b"\x1b[?62;22c"
SIXEL: Final = re.compile(rb"\x1bP[0-9;]*q")
KITTY_PICTURE: Final = re.compile(rb"\x1b_G[^;]*f=100[^;]*;")


def _jpeg(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "JPEG")
    return buffer.getvalue()


def _variant(edge: int, picture_format: str, url: str) -> dict[str, Any]:
    return {"width": edge, "height": edge * 2 // 3, "format": picture_format, "url": url}


def _hit(number: int, url: str) -> dict[str, Any]:
    photo = {
        "id": f"id-{number}",
        "filename": f"photo-{number}.jpg",
        "taken_at_local": "2024-07-03T10:00:00",
        "variants": [_variant(150, "jpeg", f"{url}/{number}.jpg")],
    }
    return {"photo": photo, "score": 0.7, "matched": {"text": ["filename"], "visual": None}}


@pytest.fixture
def server_url() -> Iterator[str]:
    """Serves two hits; storage has the thumbnail of the first."""

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/search":
            page = {"items": [_hit(1, url), _hit(2, url)], "facets": None, "total": 2, "took_ms": 3}
            return httpx.Response(200, json=page)
        if request.url.path == "/1.jpg":
            assert "x-api-key" not in request.headers
            return httpx.Response(200, content=_jpeg(150, 100))
        return httpx.Response(404)

    with respond_with(respond) as url:
        yield url


def _environment(url: str, home: Path) -> dict[str, str]:
    environment = os.environ | {
        "PICHAVEN_URL": url,
        "PICHAVEN_API_KEY": "k",
        "XDG_CONFIG_HOME": str(home),
        "TERM": "xterm-256color",
        "COLUMNS": "120",
    }
    environment.pop("PICHAVEN_THUMBNAILS", None)
    return environment


def _search(url: str, home: Path, answer: bytes, *options: str, columns: int = 120) -> bytes:
    """Return what `search` writes to a terminal.

    The terminal's answer lies ready before it is asked for, so that it is never late.
    """
    terminal, side = pty.openpty()
    tty.setraw(side)
    termios.tcsetwinsize(side, (24, columns))
    os.write(terminal, answer)
    command = subprocess.Popen(
        [sys.executable, "-m", "pichaven_cli", "search", "beach", *options],
        env=_environment(url, home),
        stdin=side,
        stdout=side,
        stderr=side,
    )
    os.close(side)
    output = b""
    # The end of a terminal whose other side is closed is an error.
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 4096):
            output += chunk
    os.close(terminal)
    assert command.wait(30) == 0, output.decode()
    assert b"photo-1.jpg" in output and b"photo-2.jpg" in output
    return output


@pytest.mark.slow
def test_a_terminal_that_knows_sixel_gets_sixels(server_url: str, tmp_path: Path) -> None:
    output = _search(server_url, tmp_path, SIXEL_ANSWER)

    assert len(SIXEL.findall(output)) == 1, "one photo has a thumbnail in storage"


@pytest.mark.slow
def test_a_terminal_that_knows_kittys_protocol_gets_pictures_by_it(
    server_url: str, tmp_path: Path
) -> None:
    output = _search(server_url, tmp_path, PLAIN_ANSWER + b"\x1b_Gi=1;OK\x1b\\")

    assert len(KITTY_PICTURE.findall(output)) == 1
    assert not SIXEL.search(output)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [b"", PLAIN_ANSWER], ids=["silent", "plain"])
def test_any_other_terminal_gets_text(server_url: str, tmp_path: Path, answer: bytes) -> None:
    output = _search(server_url, tmp_path, answer)

    assert not SIXEL.search(output)
    assert not KITTY_PICTURE.search(output)
    assert "▀".encode() not in output and "▄".encode() not in output


@pytest.mark.slow
def test_thumbnails_can_be_switched_off_and_forced(server_url: str, tmp_path: Path) -> None:
    off = _search(server_url, tmp_path, SIXEL_ANSWER, "--no-thumbnails")
    forced = _search(server_url, tmp_path, PLAIN_ANSWER, "--thumbnails")

    assert ASK_ATTRIBUTES not in off
    assert not SIXEL.search(off)
    assert "▀".encode() in forced or "▄".encode() in forced


@pytest.mark.slow
def test_a_terminal_without_a_size_gets_text(server_url: str, tmp_path: Path) -> None:
    assert not SIXEL.search(_search(server_url, tmp_path, SIXEL_ANSWER, columns=0))


@pytest.mark.slow
def test_an_output_that_is_no_terminal_gets_no_pictures(server_url: str, tmp_path: Path) -> None:
    command = subprocess.run(
        [sys.executable, "-m", "pichaven_cli", "search", "beach", "--thumbnails"],
        env=_environment(server_url, tmp_path) | {"FORCE_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )

    assert b"photo-1.jpg" in command.stdout
    assert not SIXEL.search(command.stdout)
    assert "▀".encode() not in command.stdout and "▄".encode() not in command.stdout
    assert ASK_ATTRIBUTES not in command.stdout


@pytest.mark.parametrize(
    ("variants", "best"),
    [
        ([(150, "avif"), (150, "jpeg"), (400, "jpeg")], "/150.jpeg"),
        ([(1920, "webp"), (400, "avif")], "/400.avif"),
        ([(40, "jpeg"), (90, "jpeg")], "/90.jpeg"),
        ([], None),
    ],
)
def test_the_smallest_variant_that_is_large_enough_is_fetched(
    variants: list[tuple[int, str]], best: str | None
) -> None:
    requests: list[str] = []

    def storage(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        return httpx.Response(200, content=_jpeg(30, 20))

    photo = {
        "id": "1",
        "variants": [
            _variant(edge, picture_format, f"http://storage/{edge}.{picture_format}")
            for edge, picture_format in variants
        ],
    }

    thumbnails = render_thumbnails([photo], transport=httpx.MockTransport(storage))

    assert requests == ([best] if best else [])
    assert set(thumbnails) == ({"1"} if best else set())


@pytest.mark.parametrize("content", [b"", b"no picture", _jpeg(150, 100)[:300], b"x" * (3 << 20)])
def test_a_thumbnail_that_cannot_be_read_is_left_out(content: bytes) -> None:
    photos = [{"id": "1", "variants": [_variant(150, "jpeg", "http://storage/1")]}]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=content))

    assert render_thumbnails(photos, transport=transport) == {}
