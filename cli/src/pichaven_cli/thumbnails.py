"""Thumbnails in terminals: whether the terminal shows pictures, and the pictures of results.

textual-image asks the terminal for Sixel (iTerm2, WezTerm, foot, xterm, …) and for Kitty's
graphics protocol, and draws as rich renderables.
"""

import io
import logging
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final

import httpx
from PIL import Image
from rich.console import RenderableType

_EDGE: Final = 150
"""Pixels of the long edge that a thumbnail needs."""
_COLUMNS: Final = 16
_ROWS: Final = 6
_CELL_RATIO: Final = 2
"""A cell of a terminal is about twice as high as wide."""
_PARALLEL: Final = 8
_TIMEOUT_S: Final = 5.0
_ALL_WITHIN_S: Final = 10.0
_LARGEST_BYTES: Final = 2 << 20

# It warns of terminals that do not tell the size of a cell, and assumes one.
logging.getLogger("textual_image").addHandler(logging.NullHandler())


def is_terminal() -> bool:
    """Return whether stdin and stdout are a terminal that has a size.

    A terminal is asked on stdout what it knows, and answers on stdin.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return os.environ.get("TERM") != "dumb" and os.get_terminal_size().columns > 0


def has_graphics() -> bool:
    """Return whether the terminal answers that it knows Sixel or Kitty's graphics protocol."""
    from textual_image import renderable

    return renderable.Image in {renderable.SixelImage, renderable.TGPImage}


def render_thumbnails(
    photos: Sequence[dict[str, Any]], *, transport: httpx.BaseTransport | None = None
) -> dict[str, RenderableType]:
    """Return the thumbnails of photos by id, without those that do not arrive in time.

    On a terminal without graphics, they are made of half blocks.
    """
    from textual_image import renderable

    return {
        photo_id: renderable.Image(
            picture,
            width=_COLUMNS if _is_wide(picture) else "auto",
            height="auto" if _is_wide(picture) else _ROWS,
        )
        for photo_id, picture in _fetch(photos, transport).items()
    }


def _is_wide(picture: Image.Image) -> bool:
    """Return whether the width decides how large a picture is in the box of a thumbnail."""
    return picture.width * _ROWS * _CELL_RATIO >= picture.height * _COLUMNS


def _thumbnail_url(photo: dict[str, Any]) -> str | None:
    """Return the URL of the smallest variant that is large enough, else of the largest."""

    def preference(variant: dict[str, Any]) -> tuple[bool, int, bool]:
        edge = max(variant["width"], variant["height"])
        small = edge < _EDGE
        # Pillow reads JPEG on every platform.
        return small, -edge if small else edge, variant["format"] != "jpeg"

    best = min(photo["variants"], key=preference, default=None)
    return best["url"] if best else None


def _fetch(
    photos: Iterable[dict[str, Any]], transport: httpx.BaseTransport | None
) -> dict[str, Image.Image]:
    """Return the pictures that arrive in time, by photo id."""
    urls = {photo["id"]: url for photo in photos if (url := _thumbnail_url(photo))}
    ended = threading.Event()
    pool = ThreadPoolExecutor(_PARALLEL, "thumbnails")
    with httpx.Client(timeout=_TIMEOUT_S, transport=transport) as client:
        futures = {
            photo_id: pool.submit(_fetch_picture, client, url, ended)
            for photo_id, url in urls.items()
        }
        wait(futures.values(), timeout=_ALL_WITHIN_S)
        ended.set()
        pool.shutdown(wait=False, cancel_futures=True)
        return {
            photo_id: picture
            for photo_id, future in futures.items()
            if future.done() and not future.cancelled() and (picture := future.result())
        }


def _fetch_picture(client: httpx.Client, url: str, ended: threading.Event) -> Image.Image | None:
    """Return a picture, None when storage does not send one that can be read."""
    content = bytearray()
    try:
        with client.stream("GET", url) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _LARGEST_BYTES or ended.is_set():
                    return None
        return Image.open(io.BytesIO(content)).convert("RGB")
    except Exception:
        # A decoder may raise anything, and the result is worth showing without its picture.
        return None
