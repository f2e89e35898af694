"""Processes of a stack killed one after another, in an order that a seed decides."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import psutil

from pichaven_local.component import Component
from pichaven_local.stack import Stack

WITH_CHILDREN: Final = ("processing", "ml")
"""Services whose child processes are killed too, apart from them."""
CHILD: Final = "child of "


class KillSequence:
    """Kills every process of the stack once, then again in another order, and so on.

    Processes are those that the launcher runs, engines and gateway included, and it starts them
    again. A victim gets SIGKILL whatever it does at that moment, starting again included.
    """

    def __init__(
        self, stack: Stack, *, seed: int, on_kill: Callable[[str], None] = lambda _name: None
    ) -> None:
        self._stack = stack
        self._random = random.Random(seed)
        self._on_kill = on_kill
        names = [part.name for part in stack.components if not part.once]
        self.victims = [*names, *(CHILD + name for name in WITH_CHILDREN if name in names)]
        self.counts: Counter[str] = Counter()
        """How often each was killed, by its component's name."""

    def run(self, stop: threading.Event, *, pause_s: float, limit: int | None = None) -> None:
        """Kill one each `pause_s` until `stop` is set or `limit` are killed; blocks."""
        for name in self._order():
            if stop.wait(pause_s) or (limit is not None and self.counts.total() >= limit):
                return
            if self._kill(name):
                self.counts[name] += 1
                self._on_kill(name)

    def _order(self) -> Iterator[str]:
        while True:
            yield from self._random.sample(self.victims, len(self.victims))

    def _kill(self, name: str) -> bool:
        """Return False for one that does not run."""
        component = self._stack.component(name.removeprefix(CHILD))
        if name.startswith(CHILD):
            return self._kill_child(component)
        if component.pid is None:
            return False
        component.kill()
        return True

    def _kill_child(self, parent: Component) -> bool:
        try:
            children = psutil.Process(parent.pid).children() if parent.pid else []
            if not children:
                return False
            self._random.choice(children).kill()
        except psutil.Error:
            return False
        return True
