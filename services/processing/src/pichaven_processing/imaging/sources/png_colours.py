"""The `cICP` chunk of a PNG, which says what its numbers mean and goes before its profile."""

from pathlib import Path
from typing import Final

from pichaven_processing.imaging.sources.code_points import CodePoints

_SIGNATURE_BYTES: Final = 8
_MOST_CHUNKS: Final = 10_000


def png_code_points(path: Path) -> CodePoints | None:
    """Return the code points of a PNG file, None where no chunk before the pixels has them."""
    with path.open("rb") as file:
        file.seek(_SIGNATURE_BYTES)
        for _ in range(_MOST_CHUNKS):
            head = file.read(8)
            length, kind = int.from_bytes(head[:4]), head[4:]
            if len(head) < 8 or kind in {b"IDAT", b"IEND"}:
                return None
            if kind == b"cICP":
                content = file.read(4) if length == 4 else b""
                if len(content) < 4:
                    return None
                return CodePoints(content[0], content[1], content[2], bool(content[3]))
            file.seek(length + 4, 1)
    return None
