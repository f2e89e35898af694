"""The process that reads text in pictures; `OcrProcess` starts it as a module.

A request on stdin is two big-endian 32-bit numbers, the time limit in milliseconds and the
picture's length, and the picture's bytes. A response on stdout is a JSON object on a line. The
process has no credentials and no network client.
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
    send = child.begin()
    from pichaven_ml.text_reading.rapid_ocr import RapidOcr

    ocr = RapidOcr()
    send({"ready": True})
    while (request := _next_request(sys.stdin.buffer)) is not None:
        send(_read(ocr, *request))
        del request
        child.let_go()


def _next_request(source: BinaryIO) -> tuple[float, bytes] | None:
    """Return deadline and picture; None when the parent has closed the pipe."""
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
