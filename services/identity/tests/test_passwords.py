"""Hashing: equal work for every account, off the event loop, within bounds."""

import asyncio
import time

import pytest

from pichaven_chassis.problems import Unavailable
from pichaven_identity.authentication.password_hasher import Argon2Passwords


def _passwords(*, memory_kib: int = 64, threads: int = 1, waiting: int = 8) -> Argon2Passwords:
    return Argon2Passwords(
        time_cost=1, memory_kib=memory_kib, parallelism=1, threads=threads, waiting=waiting
    )


async def test_an_account_that_is_not_there_costs_as_much_as_one_that_is() -> None:
    passwords = _passwords(memory_kib=32_768)
    stored = await passwords.hash("right horse")

    async def took(against: str | None) -> float:
        best = 60.0
        for _ in range(5):
            began = time.perf_counter()
            await passwords.verify(against, "wrong horse")
            best = min(best, time.perf_counter() - began)
        return best

    ratio = await took(None) / await took(stored)
    assert 0.5 < ratio < 2
    await passwords.close()


async def test_a_broken_stored_hash_matches_nothing() -> None:
    passwords = _passwords()

    assert not (await passwords.verify("not a hash", "x")).matches
    assert not (await passwords.verify(None, "\0 nobody's password")).matches
    await passwords.close()


async def test_more_than_may_wait_are_refused_at_once_and_the_rest_served() -> None:
    passwords = _passwords(memory_kib=8192, threads=1, waiting=3)

    answers = await asyncio.gather(
        *(passwords.hash(f"password {number}") for number in range(10)), return_exceptions=True
    )

    assert sum(isinstance(answer, str) for answer in answers) == 4
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 6
    assert (await passwords.hash("later")).startswith("$argon2id$")
    await passwords.close()


@pytest.mark.parametrize("password", ["", "\x00", "x" * 1024])
async def test_any_text_can_be_checked(password: str) -> None:
    passwords = _passwords()
    stored = await passwords.hash(password)

    assert (await passwords.verify(stored, password)).matches
    assert not (await passwords.verify(stored, password + "x")).matches
    await passwords.close()
