"""The order of owners, in simulated time."""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pichaven_chassis.fair_share import FairShare

_LONGEST_S = 2.0
_durations = st.floats(0.05, _LONGEST_S)


@dataclass
class Simulation:
    """A queue of requests, whose work takes as long as they say."""

    slots: int = 1
    per_owner: int = 1
    reserved: int = 0
    now: float = 0.0
    waiting: list[tuple[str, float]] = field(default_factory=list)
    running: list[tuple[float, str]] = field(default_factory=list)
    """With the time of the end."""
    started: list[tuple[float, str]] = field(default_factory=list)
    served_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def __post_init__(self) -> None:
        self.share = FairShare(
            slots=self.slots,
            per_owner=self.per_owner,
            reserved=self.reserved,
            now=lambda: self.now,
        )

    def submit(self, owner: str, work_s: float) -> None:
        self.waiting.append((owner, work_s))
        self._start()

    def step(self) -> str:
        """Go on to the next end of work, and return its owner."""
        self.now, owner = min(self.running)
        self.running.remove((self.now, owner))
        self.share.give_back(owner)
        self._start()
        return owner

    def start_of(self, owner: str) -> float | None:
        return next((at for at, each in self.started if each == owner), None)

    def _start(self) -> None:
        while (owner := self.share.choose(owner for owner, _ in self.waiting)) is not None:
            request = next(each for each in self.waiting if each[0] == owner)
            self.waiting.remove(request)
            self.share.take(owner)
            self.running.append((self.now + request[1], owner))
            self.started.append((self.now, owner))
            self.served_s[owner] += request[1]


@given(
    st.integers(1, 4),
    st.lists(_durations, min_size=8, max_size=40),
    st.integers(0, 20),
)
def test_a_newcomer_waits_for_one_work_in_progress_and_for_no_queue(
    slots: int, works: list[float], served: int
) -> None:
    simulation = Simulation(slots=slots)
    for number, work_s in enumerate(works):
        simulation.submit(f"old {number % 5}", work_s)
    for _ in range(5 + served):
        if simulation.running:
            owner = simulation.step()
            simulation.submit(owner, works[served % len(works)])
    arrival = simulation.now
    first_end = min(simulation.running)[0]
    simulation.submit("newcomer", 0.1)
    while simulation.start_of("newcomer") is None:
        simulation.step()
    assert (simulation.start_of("newcomer") or 0) <= max(arrival, first_end)


@given(st.lists(st.lists(_durations, max_size=12), min_size=2, max_size=6), st.integers(1, 3))
def test_every_request_is_served(queues: list[list[float]], slots: int) -> None:
    simulation = Simulation(slots=slots, reserved=slots - 1)
    for number, works in enumerate(queues):
        for work_s in works:
            simulation.submit(f"owner {number}", work_s)
    while simulation.running:
        simulation.step()
    assert len(simulation.started) == sum(map(len, queues))
    assert not simulation.waiting


@settings(max_examples=20)
@given(st.lists(st.floats(0.5, _LONGEST_S), min_size=2, max_size=6), st.data())
def test_owners_who_always_want_more_get_equal_time(
    works: list[float], data: st.DataObject
) -> None:
    slots = data.draw(st.integers(1, len(works) - 1))
    simulation = Simulation(slots=slots)
    work_of = {f"owner {number}": work_s for number, work_s in enumerate(works)}
    for owner, work_s in [*work_of.items()] * 2:
        simulation.submit(owner, work_s)
    while simulation.now < 100:
        owner = simulation.step()
        simulation.submit(owner, work_of[owner])
    fair = simulation.now * slots / len(works)
    allowed = fair / 10 + _LONGEST_S
    assert all(abs(simulation.served_s[owner] - fair) <= allowed for owner in work_of)


def test_use_of_long_ago_does_not_count() -> None:
    simulation = Simulation()
    simulation.submit("early", 60)
    simulation.step()
    assert simulation.share.recent_use_s("early") > 10
    simulation.now += 600
    simulation.submit("other", 1)
    assert simulation.share.recent_use_s("early") == 0


def test_a_half_life_halves_what_was_used() -> None:
    simulation = Simulation()
    simulation.submit("one", 1)
    simulation.step()
    used = simulation.share.recent_use_s("one")
    simulation.now += 30
    assert simulation.share.recent_use_s("one") == pytest.approx(used / 2)


def test_a_reserved_slot_is_for_owners_of_little_use() -> None:
    simulation = Simulation(slots=3, reserved=1)
    for owner in "abc":
        simulation.submit(owner, 5)
    for _ in range(3):
        owner = simulation.step()
        simulation.submit(owner, 5)
    assert len(simulation.running) == 2
    simulation.submit("newcomer", 5)
    assert simulation.start_of("newcomer") == simulation.now
    assert len(simulation.running) == 3


def test_a_slot_for_nobody_else_is_refused() -> None:
    with pytest.raises(ValueError, match="everybody"):
        FairShare(slots=1, per_owner=1, reserved=1, now=lambda: 0.0)
