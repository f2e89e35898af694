"""What a child process does for itself: how it begins, answers, and rests between two jobs."""

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1

Say = Callable[[Mapping[str, Any]], None]
"""Sends one message to the parent: a JSON object on a line."""


def begin() -> Say:
    """Called first, with the arguments that `parent.start` gave and before anything is loaded.

    From here on the process dies with its parent, cannot take more memory than it was given, and
    is the first that the kernel ends when memory is short. What libraries print goes to stderr.
    """
    parent, memory_bytes, niceness = map(int, sys.argv[1:4])
    _die_with(parent)
    _bound_memory(memory_bytes)
    # Ctrl-C on a terminal is for the parent, which ends its work in order. Not a session of
    # our own: the kernel would then weigh us as a session, and niceness would count for nothing.
    os.setpgid(0, 0)
    os.nice(niceness)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(message: Mapping[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    return say


def let_go() -> None:
    """Give freed memory back to the system before waiting for the next job."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _die_with(parent: int) -> None:
    """End when the parent ends, however it ends; and do not outlive one that is gone already."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _bound_memory(limit_bytes: int) -> None:
    """Private memory, so that an allocation fails before the machine is short of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, hard))
