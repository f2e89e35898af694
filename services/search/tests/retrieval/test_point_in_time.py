import itertools
from typing import Any

from pichaven_search.audience import Audience
from pichaven_search.index.model import Index
from pichaven_search.retrieval.point_in_time import PointInTimePool

INDEX = Index("photos-1", "words", 4, "ready", 3)


class Opening:
    """Of `CandidateRepository`, what opens points in time."""

    def __init__(self) -> None:
        self.opened = 0

    async def open_point_in_time(self, _index: Index, audience: Audience) -> str:
        self.opened += 1
        return f"{audience.user_id}-{self.opened}"


async def test_a_person_gets_a_new_one_each_time_and_a_program_few() -> None:
    opening: Any = Opening()
    now = 0.0
    pool = PointInTimePool(opening, now=lambda: now)

    for number in range(1, 201):
        now += 0.6
        assert await pool.acquire(INDEX, Audience("person")) == f"person-{number}"

    opening.opened = 0
    for _ in itertools.repeat(None, 6_000):
        now += 0.01
        await pool.acquire(INDEX, Audience("program"))
    assert opening.opened <= 3 * 60
    assert await pool.acquire(INDEX, Audience("another")) == f"another-{opening.opened}"
