"""The child process that does the imaging, which `ChildProcess` starts as a module.

One JSON object a line: jobs come on stdin, step reports and one outcome a job go out on stdout.
Nothing here has credentials or a network client.
"""

import contextlib
import gc
import json
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pichaven_chassis.child_process import child
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.step import StepReport

_LONGEST_TRACE: Final = 4000


def main() -> None:
    say = child.begin()
    import pyvips

    # No cache of finished operations: every picture comes once.
    pyvips.cache_set_max(0)
    say({"ready": True})
    for line in sys.stdin:
        say(_do(json.loads(line), say))
        child.let_go()


def _do(job: dict[str, Any], say: child.Say) -> dict[str, Any]:
    def tell(report: StepReport) -> None:
        say({"step": report.step, "state": report.state, "message": report.message})

    outcome = _attempt(job, tell)
    if outcome.get("rejected", {}).get("code") == RejectionCode.DAMAGED_FILE:
        # Decoders call a file damaged when an allocation fails. Without the bound the same
        # file fails again or it was the bound; the parent's watch on memory stays.
        with _unbounded_memory():
            if "rejected" not in _attempt(job, _silence):
                return {"failed": {"kind": "memory", "detail": "whole without the bound"}}
    return outcome


def _attempt(job: dict[str, Any], tell: Callable[[StepReport], None]) -> dict[str, Any]:
    from pichaven_processing.imaging.picture import Work
    from pichaven_processing.imaging.pipeline import OutOfTime, run_pipeline

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


@contextlib.contextmanager
def _unbounded_memory() -> Iterator[None]:
    bound, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    try:
        yield
    finally:
        gc.collect()
        resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))


if __name__ == "__main__":
    main()
