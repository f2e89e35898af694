"""The process that reads text in pictures, which `TextProcess` starts as a module.

A picture comes on stdin as its length (four bytes, big endian) and its bytes after four bytes
that say for how many milliseconds it may be read; one JSON object a line goes out on stdout.
Nothing here has credentials or a network client.
"""

import struct
import sys
import time
from typing import Any, BinaryIO, Final

from pichaven_chassis.child_process import child

HEADER: Final = struct.Struct(">II")
"""Milliseconds, length."""
_LONGEST_DETAIL: Final = 300


def main() -> None:
    say = child.begin()
    from pichaven_ml.text_reading.rapid_ocr import RapidOcr

    ocr = RapidOcr()
    say({"ready": True})
    while (job := _next_job(sys.stdin.buffer)) is not None:
        say(_read(ocr, *job))
        del job
        child.let_go()


def _next_job(source: BinaryIO) -> tuple[float, bytes] | None:
    """Deadline and picture; None when the parent has closed its end."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    milliseconds, length = HEADER.unpack(header)
    return time.monotonic() + milliseconds / 1000, source.read(length)


def _read(ocr: Any, deadline: float, picture: bytes) -> dict[str, Any]:
    from pichaven_ml.text_reading.rapid_ocr import read_picture

    try:
        lines = read_picture(ocr, picture, deadline)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"[-_LONGEST_DETAIL:]}
    return {"lines": [[line.text, round(line.certainty, 4)] for line in lines]}


if __name__ == "__main__":
    main()
