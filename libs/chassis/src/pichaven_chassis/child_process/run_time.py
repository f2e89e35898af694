"""How long a process has computed, and how long it could have if others had not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

_NANOSECONDS = 1e-9


@dataclass(frozen=True, slots=True)
class RunTime:
    """Seconds of all threads of a process together."""

    running: float = 0.0
    """On a processor."""
    waiting: float = 0.0
    """Ready to run while other processes had all processors."""

    @classmethod
    def of(cls, pid: int) -> Self:
        """Return the times since the process started; zeros where the system has none."""
        running = waiting = 0
        try:
            for thread in Path(f"/proc/{pid}/task").iterdir():
                times = (thread / "schedstat").read_text(encoding="ascii").split()
                running += int(times[0])
                waiting += int(times[1])
        except (OSError, ValueError, IndexError):
            # A thread, or the process, has ended meanwhile.
            pass
        return cls(running * _NANOSECONDS, waiting * _NANOSECONDS)

    def __sub__(self, other: Self) -> "RunTime":
        return RunTime(
            max(self.running - other.running, 0.0), max(self.waiting - other.waiting, 0.0)
        )

    def __str__(self) -> str:
        return f"{self.running:.1f} s running, {self.waiting:.1f} s waiting to run"
