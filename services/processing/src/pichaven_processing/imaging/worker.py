"""The child process that does the imaging: `python -m pichaven_processing.imaging.worker`.

One JSON object a line: jobs come on stdin, step reports and one outcome a job go out on stdout.
Nothing here has credentials or a network client. The process dies with its parent, cannot take
more memory than it was given, and is the first that the kernel ends when memory is short.
"""

import contextlib
import ctypes
import gc
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from pichaven_processing.domain.limits import Limits
from pichaven_processing.domain.rejection import Rejected, RejectionCode
from pichaven_processing.domain.steps import StepReport

_PR_SET_PDEATHSIG: Final = 1
_LONGEST_TRACE: Final = 4000


def main() -> None:
    parent = int(sys.argv[1])
    _die_with(parent)
    _bound_memory(int(sys.argv[2]))
    # Ctrl-C on a terminal is for the parent, which ends its work in order. Not a session of
    # our own: the kernel would then weigh us as a session, and niceness would count for nothing.
    os.setpgid(0, 0)
    os.nice(int(sys.argv[3]))
    out = _claim_stdout()
    import pyvips

    # No cache of finished operations: every picture comes once.
    pyvips.cache_set_max(0)
    _say(out, {"ready": True})
    for line in sys.stdin:
        _say(out, _do(json.loads(line), out))
        _let_go()


def _do(job: dict[str, Any], out: TextIO) -> dict[str, Any]:
    def tell(report: StepReport) -> None:
        _say(out, {"step": report.step, "state": report.state, "message": report.message})

    outcome = _attempt(job, tell)
    if outcome.get("rejected", {}).get("code") == RejectionCode.DAMAGED_FILE:
        # Decoders call a file damaged when an allocation fails. Without the bound the same
        # file fails again or it was the bound; the parent's watch on memory stays.
        with _unbounded_memory():
            if "rejected" not in _attempt(job, _silence):
                return {"failed": {"kind": "memory", "detail": "whole without the bound"}}
    return outcome


def _attempt(job: dict[str, Any], tell: Callable[[StepReport], None]) -> dict[str, Any]:
    from pichaven_processing.imaging.pipeline import OutOfTime, run_pipeline
    from pichaven_processing.imaging.work import Work

    work = Work(Path(job["original"]), Path(job["folder"]), Limits(**job["limits"]))
    deadline = time.monotonic() + float(job["timeout_s"])
    try:
        facts = run_pipeline(work, tell, deadline=deadline)
    except Rejected as rejected:
        return {"rejected": {"code": rejected.code, "message": rejected.message}}
    except OutOfTime as error:
        return {"failed": {"kind": "timeout", "detail": f"after {error}"}}
    except MemoryError as error:
        return {"failed": {"kind": "memory", "detail": str(error)[:_LONGEST_TRACE]}}
    except Exception:
        return {"failed": {"kind": "error", "detail": traceback.format_exc()[-_LONGEST_TRACE:]}}
    return {"facts": asdict(facts)}


def _silence(_report: StepReport) -> None:
    """The steps were told already."""


def _die_with(parent: int) -> None:
    """End when the parent ends, however it ends; and do not outlive one that is gone already."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the parent is gone")
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _bound_memory(limit_bytes: int) -> None:
    """Private memory, so that a decoder's allocation fails before the machine is short of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, hard))


@contextlib.contextmanager
def _unbounded_memory() -> Iterator[None]:
    bound, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    try:
        yield
    finally:
        gc.collect()
        resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))


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
