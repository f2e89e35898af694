"""The child process of `ImagingPool`. It has no credentials and no network client."""

import contextlib
import gc
import resource
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pichaven_chassis.child_process import child
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.step import StepReport

_MAY_BE_MEMORY: Final = frozenset({RejectionCode.DAMAGED_FILE, RejectionCode.PROCESSING_FAILED})


def load() -> child.Handle:
    import pyvips

    # No cache of finished operations: every picture comes once.
    pyvips.cache_set_max(0)
    return process_picture


def process_picture(job: dict[str, Any], _payload: bytes, report: child.Send) -> dict[str, Any]:
    """Return `{"facts": …}` or `{"rejected": …}`; reports are of `StepReport`'s fields."""
    result = _run_pipeline(job, lambda step: report(asdict(step)))
    if result.get("rejected", {}).get("code") in _MAY_BE_MEMORY:
        # Decoders call a file damaged when an allocation fails. Without the limit the same
        # file fails again, or the limit was the cause; the parent still watches the memory.
        with _unlimited_memory():
            if "rejected" not in _run_pipeline(job, lambda _: None):
                raise MemoryError("the file is whole without the limit")
    return result


def _run_pipeline(job: dict[str, Any], on_step: Callable[[StepReport], None]) -> dict[str, Any]:
    from pichaven_processing.imaging.picture import Picture
    from pichaven_processing.imaging.pipeline import run_pipeline

    picture = Picture(Path(job["original"]), Path(job["variants"]), Limits(**job["limits"]))
    try:
        return {"facts": asdict(run_pipeline(picture, on_step))}
    except Rejected as rejected:
        return {"rejected": {"code": rejected.code, "message": rejected.message}}


@contextlib.contextmanager
def _unlimited_memory() -> Iterator[None]:
    limit, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    try:
        yield
    finally:
        gc.collect()
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


if __name__ == "__main__":
    child.serve(load)
