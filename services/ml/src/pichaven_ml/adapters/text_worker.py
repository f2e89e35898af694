"""The process that reads text in pictures: `python -m pichaven_ml.adapters.text_worker PARENT`.

A picture comes on stdin as its length (four bytes, big endian) and its bytes after four bytes
that say for how many milliseconds it may be read; one JSON object a line goes out on stdout.
Nothing here has credentials or a network client. The process gives way to all others, dies with
its parent, bounds its own memory, and is the first that the kernel ends when memory is short.
"""

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

HEADER: Final = struct.Struct(">II")
"""Milliseconds, length."""
_PR_SET_PDEATHSIG: Final = 1
_NICENESS: Final = 10
_MOST_MEMORY: Final = 1 << 30
_LONGEST_DETAIL: Final = 300


def main() -> None:
    _die_with(int(sys.argv[1]))
    _bound_memory()
    # Not a session of our own: niceness would then count among our own processes only.
    os.setpgid(0, 0)
    os.nice(_NICENESS)
    out = _claim_stdout()
    from pichaven_ml.adapters.rapid_ocr import RapidOcr

    ocr = RapidOcr()
    _say(out, {"ready": True})
    while (job := _next_job(sys.stdin.buffer)) is not None:
        _say(out, _read(ocr, *job))
        del job
        _let_go()


def _next_job(source: BinaryIO) -> tuple[float, bytes] | None:
    """Deadline and picture; None when the parent has closed its end."""
    header = source.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    milliseconds, length = HEADER.unpack(header)
    return time.monotonic() + milliseconds / 1000, source.read(length)


def _read(ocr: Any, deadline: float, picture: bytes) -> dict[str, Any]:
    from pichaven_ml.adapters.rapid_ocr import read_picture

    try:
        lines = read_picture(ocr, picture, deadline)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"[-_LONGEST_DETAIL:]}
    return {"lines": [[line.text, round(line.certainty, 4)] for line in lines]}


def _die_with(parent: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _bound_memory() -> None:
    """Private memory, so that an allocation fails before the machine is short of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, hard))


def _claim_stdout() -> TextIO:
    """Keep the pipe for ourselves: what libraries print goes to stderr."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _say(out: TextIO, message: dict[str, Any]) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


def _let_go() -> None:
    """Give freed memory back to the system before waiting for the next picture."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


if __name__ == "__main__":
    main()
