"""No combination of counters admits more guesses on an account than one counter would."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count, repeat
from typing import Any, Final

import pytest
from services.identity.tests.conftest import Identity, prove

from pichaven_identity.authentication import proof_of_work
from pichaven_identity.authentication.model import ThrottlePolicy
from pichaven_identity.authentication.throttle import BY_FIRST, BY_FURTHER, BY_PROOF

THIEF = "198.51.100.9"
HOTEL = "203.0.113.200"
DAY_S: Final = 86_400.0
ONE_COUNTER: Final = ThrottlePolicy(longest=timedelta(minutes=5))
"""The bound: 6 guesses at once, then waits of 1, 2, 4 … seconds, 5 minutes at most."""
COUNTERS: Final = (BY_FIRST, BY_PROOF, BY_FURTHER)


@pytest.fixture
def easy_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof_of_work, "FEWEST_BITS", 2)
    monkeypatch.setattr(proof_of_work, "MOST_BITS", 6)


def _waits(policy: ThrottlePolicy) -> Iterator[float]:
    """Return the seconds that each guess has to wait after the one before, without end."""
    yield from repeat(0.0, policy.free + 1)
    for doublings in count():
        wait = min(policy.first * 2 ** min(doublings, 20), policy.longest)
        yield wait.total_seconds()


def _guesses(policy: ThrottlePolicy, until_s: float) -> list[float]:
    """Return when each guess of one who never pauses is admitted."""
    times: list[float] = []
    at = 0.0
    for wait in _waits(policy):
        at += wait
        if at > until_s:
            return times
        times.append(at)
    raise AssertionError("waits do not end")


def _most_a_day(policy: ThrottlePolicy) -> float:
    """Return the most guesses a day of one who also pauses until the counter forgets."""
    times = _guesses(policy, DAY_S)
    memory_s = policy.memory.total_seconds()
    pausing = (number / (at + memory_s) for number, at in enumerate(times, start=1))
    return max(len(times), *(DAY_S * rate for rate in pausing))


def test_each_guess_comes_no_earlier_than_from_one_counter() -> None:
    bound = _guesses(ONE_COUNTER, DAY_S)
    together = sorted(at for policy in COUNTERS for at in _guesses(policy, DAY_S))

    assert len(together) <= len(bound)
    assert all(at >= earliest for at, earliest in zip(together, bound, strict=False))
    assert (len(together), len(bound)) == (288, 301)


def test_pauses_gain_no_more_than_with_one_counter() -> None:
    together = sum(map(_most_a_day, COUNTERS))

    assert together <= _most_a_day(ONE_COUNTER)
    assert (round(together), round(_most_a_day(ONE_COUNTER))) == (486, 589)


def test_no_wait_outlasts_the_memory_of_its_counter() -> None:
    assert all(policy.longest < policy.memory for policy in COUNTERS)


async def _guess(identity: Identity, address: str, *, with_proof: bool) -> Any:
    login = {"password": "wrong wrong", "address": address}
    response = await identity.log_in(**login)
    if with_proof and response.json()["code"] == "proof_required":
        return await identity.log_in(**login, proof=prove(response.json(), "ada@example.org"))
    return response


@pytest.mark.usefixtures("easy_proofs")
async def test_many_networks_with_proofs_guess_no_faster_than_one_counter_would_let_them(
    identity: Identity,
) -> None:
    await identity.register()
    start = identity.clock.now
    fresh = (f"10{n // 250}.1.{n % 250}.9" for n in count(10))
    admitted: list[float] = []

    async def guess_until_refused(addresses: Iterator[str]) -> int:
        while True:
            response = await _guess(identity, next(addresses), with_proof=True)
            if response.status_code != 401:
                return int(response.headers["retry-after"])
            admitted.append((identity.clock.now - start).total_seconds())

    while identity.clock.now - start < timedelta(minutes=20):
        waits = [await guess_until_refused(repeat(THIEF)), await guess_until_refused(fresh)]
        identity.clock.advance(seconds=min(waits))

    bound = _guesses(ONE_COUNTER, DAY_S)
    assert len(admitted) > 15
    assert all(at >= earliest for at, earliest in zip(admitted, bound, strict=False))


async def test_the_owner_gets_in_by_a_proof_after_many_networks_failed(identity: Identity) -> None:
    await identity.register()
    for number in range(12):
        await _guess(identity, f"192.0.2.{number}", with_proof=False)

    refused = await identity.log_in(address=HOTEL)
    assert (refused.status_code, refused.json()["code"]) == (429, "proof_required")
    unknown = {"email": "nobody@example.org", "password": "wrong wrong"}
    for number in range(12):
        await identity.log_in(**unknown, address=f"192.0.2.{number}")
    alike = await identity.log_in(**unknown, address=HOTEL)
    assert refused.json() | {"request_id": ""} == alike.json() | {"request_id": ""}

    proof = prove(refused.json(), "ada@example.org")
    response = await identity.log_in(address=HOTEL, proof=proof)
    assert response.status_code == 200
    again = await identity.log_in(address="203.0.113.201", proof=proof)
    assert again.json()["code"] == "proof_required", "a proof works once"


@pytest.mark.usefixtures("easy_proofs")
async def test_proofs_get_harder_with_failures_and_have_to_wait_for_each_other(
    identity: Identity,
) -> None:
    await identity.register()
    for number in range(3):
        await _guess(identity, f"192.0.2.{number}", with_proof=False)
    demanded, waits = [], []
    for number in range(3, 6):
        problem = (await identity.log_in(address=f"192.0.2.{number}", password="wrong")).json()
        demanded.append(problem["proof_bits"])
        await _guess(identity, f"192.0.2.{number}", with_proof=True)
        refused = await _guess(identity, f"192.0.2.{100 + number}", with_proof=True)
        assert refused.json()["code"] == "too_many_attempts"
        waits.append(int(refused.headers["retry-after"]))
        identity.clock.advance(seconds=waits[-1])

    assert demanded == [2, 3, 4]
    # After 20 minutes the next attempt without a proof is admitted.
    assert waits == [300, 600, 300]
