"""A line for every tenth of a long task, with its rate."""

import time


class Progress:
    """Counts items of a known number and prints how far it is."""

    def __init__(self, what: str, total: int) -> None:
        """`what` names the items and where they go."""
        self._what = what
        self._total = total
        self._began = time.perf_counter()
        self._count = 0
        self._printed = 0

    def add(self, count: int) -> None:
        self._count += count
        tenth = 10 * self._count // self._total
        if tenth > self._printed:
            self._printed = tenth
            seconds = time.perf_counter() - self._began
            rate = self._count / seconds if seconds else 0.0
            print(
                f"{self._count} of {self._total} {self._what}, {rate:.0f}/s, {seconds:.0f} s",
                flush=True,
            )
