"""Liveness (`/livez`: restart the process) and readiness (`/readyz`: send it work)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from pichaven_chassis.metrics import FAILING_CHECK

_PROBE_TIMEOUT_S: Final = 3


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """A named probe; it raises when the dependency that it checks does not work."""

    name: str
    probe: Callable[[], Awaitable[None]]


@dataclass
class Health:
    """The checks of one process and its startup state."""

    ready_checks: Sequence[HealthCheck] = ()
    live_checks: Sequence[HealthCheck] = ()
    started: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: bool = False
    startup_error: str | None = None

    async def live(self) -> dict[str, str]:
        """Return the failures that only a restart mends, by check."""
        return await _failures(self.live_checks)

    async def ready(self) -> dict[str, str]:
        """Return the failures that keep this process from its work, by check; empty means ready."""
        if self.stopping:
            return {"process": "stopping"}
        starting = not self.started.is_set()
        FAILING_CHECK.labels("startup").set(starting)
        if starting:
            return {"startup": self.startup_error or "still starting"}
        checks = [*self.live_checks, *self.ready_checks]
        failures = await _failures(checks)
        for check in checks:
            FAILING_CHECK.labels(check.name).set(check.name in failures)
        return failures


async def _failures(checks: Sequence[HealthCheck]) -> dict[str, str]:
    errors = await asyncio.gather(*(_probe(check) for check in checks))
    return {
        check.name: error for check, error in zip(checks, errors, strict=True) if error is not None
    }


async def _probe(check: HealthCheck) -> str | None:
    try:
        await asyncio.wait_for(check.probe(), _PROBE_TIMEOUT_S)
    except TimeoutError:
        return f"no answer within {_PROBE_TIMEOUT_S} s"
    except Exception as error:
        return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return None
