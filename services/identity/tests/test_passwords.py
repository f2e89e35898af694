"""Password hashing: equal work for every account, off the event loop, bounded."""

import asyncio
from typing import Literal

import argon2
import pytest
from argon2.exceptions import VerifyMismatchError

from pichaven_chassis.problems import Unavailable
from pichaven_identity.authentication.password_hasher import PasswordHasher


def _hasher(*, memory_kib: int = 64, threads: int = 1, queue_size: int = 8) -> PasswordHasher:
    return PasswordHasher(
        time_cost=1, memory_kib=memory_kib, parallelism=1, threads=threads, queue_size=queue_size
    )


async def test_a_missing_account_costs_the_same_argon2_work_as_an_existing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = _hasher(memory_kib=1024)
    stored = await hasher.hash("right horse")
    work: list[tuple[argon2.Parameters, str | bytes]] = []
    verify = argon2.PasswordHasher.verify

    def spy(self: argon2.PasswordHasher, stored_hash: str, password: str | bytes) -> Literal[True]:
        try:
            return verify(self, stored_hash, password)
        except VerifyMismatchError:
            # Raised only after all of Argon2's work.
            work.append((argon2.extract_parameters(stored_hash), password))
            raise

    monkeypatch.setattr(argon2.PasswordHasher, "verify", spy)

    assert not (await hasher.verify(stored, "wrong horse")).matches
    assert not (await hasher.verify(None, "wrong horse")).matches

    # Argon2's work depends on its parameters and the password, not on the stored hash.
    [existing, missing] = work
    assert existing == missing
    await hasher.close()


async def test_a_broken_stored_hash_matches_nothing() -> None:
    hasher = _hasher()

    assert not (await hasher.verify("not a hash", "x")).matches
    assert not (await hasher.verify(None, "\0 nobody's password")).matches
    await hasher.close()


async def test_calls_beyond_the_queue_are_refused_at_once_and_the_rest_served() -> None:
    hasher = _hasher(memory_kib=8192, threads=1, queue_size=3)

    responses = await asyncio.gather(
        *(hasher.hash(f"password {number}") for number in range(10)), return_exceptions=True
    )

    assert sum(isinstance(response, str) for response in responses) == 4
    assert sum(isinstance(response, Unavailable) for response in responses) == 6
    assert (await hasher.hash("later")).startswith("$argon2id$")
    await hasher.close()


@pytest.mark.parametrize("password", ["", "\x00", "x" * 1024])
async def test_any_text_can_be_checked(password: str) -> None:
    hasher = _hasher()
    stored = await hasher.hash(password)

    assert (await hasher.verify(stored, password)).matches
    assert not (await hasher.verify(stored, password + "x")).matches
    await hasher.close()
