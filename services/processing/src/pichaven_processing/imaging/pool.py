"""The imaging pipeline, run in child processes."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from pydantic import TypeAdapter

from pichaven_chassis.child_process.pool import ChildPool
from pichaven_processing.imaging.facts import Facts
from pichaven_processing.imaging.limits import Limits
from pichaven_processing.imaging.rejection import Rejected, RejectionCode
from pichaven_processing.imaging.step import Step, StepReport, StepState
from pichaven_processing.spool import Workspace

_WORKER: Final = "pichaven_processing.imaging.worker"
_FACTS: Final = TypeAdapter(Facts)

OnStep = Callable[[StepReport], None]


class ImagingPool(ChildPool):
    """Turns originals into variants and facts, each in a process of its own."""

    def __init__(
        self,
        *,
        limits: Limits,
        timeout_s: float,
        memory_bytes: int,
        jobs_per_child: int,
        idle_s: float,
        min_idle: int = 1,
        niceness: int = 0,
    ) -> None:
        super().__init__(
            _WORKER,
            memory_bytes=memory_bytes,
            niceness=niceness,
            requests_per_child=jobs_per_child,
            idle_s=idle_s,
            min_idle=min_idle,
        )
        self._limits = limits
        self.timeout_s = timeout_s
        """Wall time of one picture."""

    async def __call__(self, workspace: Workspace, on_step: OnStep) -> Facts:
        """Make the variants of `workspace.original` in `workspace.variants`.

        Raises `Rejected` for a file that can never be a photo and `ChildFailed` for an attempt
        that returned nothing.
        """

        def report_step(report: dict[str, Any]) -> None:
            state = StepState(report["state"])
            on_step(StepReport(Step(report["step"]), state, report["message"]))

        job = {
            "original": str(workspace.original),
            "variants": str(workspace.variants),
            "limits": asdict(self._limits),
        }
        result = await self.request(job, timeout_s=self.timeout_s, on_report=report_step)
        if rejection := result.get("rejected"):
            raise Rejected(RejectionCode(rejection["code"]), rejection["message"])
        return _FACTS.validate_python(result["facts"])
