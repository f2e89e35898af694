"""The child's side: set the limits, serve requests, return memory between two of them."""

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO, Final

_PR_SET_PDEATHSIG: Final = 1
_MAX_DETAIL: Final = 4000

Send = Callable[[Mapping[str, Any]], None]
"""Send one message to the parent."""
Handle = Callable[[dict[str, Any], bytes, Send], Mapping[str, Any]]
"""Return the result of a job and its payload; the third argument sends a report on it."""


class FailureKind(StrEnum):
    CRASH = "crash"
    MEMORY = "memory"
    TIMEOUT = "timeout"
    ERROR = "error"


def serve(load: Callable[[], Handle]) -> None:
    """Answer requests until the parent closes stdin.

    `load` imports what the work needs and returns the function that does it; it runs once the
    process's limits are set. A `MemoryError` or another exception of that function fails its
    request.
    """
    send = _begin()
    handle = load()
    send({"ready": True})
    while (request := _read_request(sys.stdin.buffer)) is not None:
        send(_reply(handle, *request, send))
        del request
        _release_memory()


def _begin() -> Send:
    """Set the limits that the command line names and return the way to the parent.

    From here on the process dies with its parent, cannot take more memory than its limit, and is
    the kernel's first choice when memory is short. What libraries print goes to stderr.
    """
    parent, memory_bytes, niceness = map(int, sys.argv[1:4])
    _die_with(parent)
    _limit_memory(memory_bytes)
    # Ctrl-C on a terminal is for the parent, which ends its work in order. Not a session of
    # our own: the kernel would then weigh us as a session, and niceness would count for nothing.
    os.setpgid(0, 0)
    os.nice(niceness)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(message: Mapping[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    return send


def _read_request(source: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Return the next job and its payload, None when the parent has closed its end."""
    line = source.readline()
    if not line:
        return None
    request = json.loads(line)
    return request["job"], source.read(request["payload_bytes"])


def _reply(handle: Handle, job: dict[str, Any], payload: bytes, send: Send) -> Mapping[str, Any]:
    try:
        return {"result": handle(job, payload, lambda report: send({"report": report}))}
    except MemoryError as error:
        kind, detail = FailureKind.MEMORY, str(error)
    except Exception:
        kind, detail = FailureKind.ERROR, traceback.format_exc()
    return {"failed": {"kind": kind, "detail": detail[-_MAX_DETAIL:]}}


def _release_memory() -> None:
    """Return freed memory to the system before waiting for the next request."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _die_with(parent: int) -> None:
    """End when the parent ends, however it ends, and at once when it has ended already."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _limit_memory(memory_bytes: int) -> None:
    """Limit private memory, so that an allocation fails before the machine is short of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, hard))
