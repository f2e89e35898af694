"""Find pictures whose end was never written, so that zeros are in its place.

Decoders read zeros as pixels. How many zeros a sound picture may end in is
measured on flat pictures of 12 megapixels: VP8 codes a flat area in about a thousand, the others
end in ten at most.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pichaven_processing.imaging.metadata.tiff_tags import Buffer
from pichaven_processing.imaging.sources.source import damaged_file

_FEW: Final = 64
_VP8_FEW: Final = 256
_VP8_PIXELS_PER_ZERO: Final = 4000
_GIF_END: Final = 0x3B
_MAX_CHUNKS: Final = 100_000
_BLOCK: Final = 4096
_DARK: Final = 8
"""Of 255: the brightest sample of a dark pixel."""
_DARK_SHARE: Final = 50
"""One pixel of so many may be dark in a row that is bright."""


Levels = Callable[[bytes, int], Sequence[float]]
"""Returns how bright each pixel of a row is, of 255, from a byte on; nothing is no break."""


def check_webp(data: Buffer, pixels: int) -> None:
    """Raise `Rejected` where the data of a picture of so many pixels ends in zeros."""
    for kind, start, end in _webp_chunks(data):
        most = _FEW
        if kind in {b"VP8 ", b"ANMF"}:
            most = _VP8_FEW + pixels // _VP8_PIXELS_PER_ZERO
        if kind in {b"VP8 ", b"VP8L", b"ALPH", b"ANMF"} and count_zeros(data, start, end) > most:
            raise damaged_file()


def check_gif(data: Buffer) -> None:
    """Raise `Rejected` for a file of which the trailer and more is zeros."""
    zeros = count_zeros(data, 0, len(data))
    if zeros > _FEW and zeros < len(data) and data[len(data) - zeros - 1] != _GIF_END:
        raise damaged_file()


def check_jxl(data: Buffer) -> None:
    """Raise `Rejected` for a file that ends in zeros."""
    if count_zeros(data, 0, len(data)) > _FEW:
        raise damaged_file()


def check_rows(
    data: Buffer, parts: Sequence[tuple[int, int]], row_bytes: int, levels: Levels
) -> None:
    """Raise `Rejected` where plain rows break off and zeros follow to the end.

    `parts` are starts and ends of strips or tiles, `levels` judges the row above the break.
    Zeros may be black pixels, and a black border
    begins with a row or leaves the row above it dark as well. So only a row is taken as broken
    that ends early below one that is bright up to its end, with nothing but zeros after it.
    """
    zeros = 0
    for start, end in sorted(parts, reverse=True):
        here = count_zeros(data, start, end)
        zeros += here
        if here == end - start:
            continue
        row, column = divmod(end - here - start, row_bytes)
        above = start + (row - 1) * row_bytes
        if row == 0 or column == 0 or row_bytes - column < _FEW or zeros < 2 * row_bytes:
            return
        pixels = levels(bytes(data[above : above + row_bytes]), column)
        if pixels and sorted(pixels)[len(pixels) // _DARK_SHARE] > _DARK:
            raise damaged_file()
        return


def levels_of_bytes(row: bytes, column: int, *, pixel_bytes: int) -> Sequence[float]:
    """Return the brightest byte of each pixel from byte `column` on."""
    rest = row[column:]
    rest = rest[len(rest) % pixel_bytes :]
    return [max(rest[at : at + pixel_bytes]) for at in range(0, len(rest), pixel_bytes)]


def check_part(data: Buffer, start: int, end: int, most: int | None = None) -> None:
    """Raise `Rejected` where compressed data end in more zeros than `most`."""
    if count_zeros(data, start, end) > (_FEW if most is None else max(most, _FEW)):
        raise damaged_file()


def _webp_chunks(data: Buffer) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield bytes(data[at : at + 4]), at + 8, min(at + 8 + length, len(data))
        at += 8 + length + length % 2


def count_zeros(data: Buffer, start: int, end: int) -> int:
    """Return how many zeros the part ends in."""
    at = end
    while at > start:
        block = data[max(start, at - _BLOCK) : at]
        rest = len(block.rstrip(b"\0"))
        if rest:
            return end - (at - len(block) + rest)
        at -= len(block)
    return end - start
