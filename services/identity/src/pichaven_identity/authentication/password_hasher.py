"""Hashing passwords with Argon2id."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable

T = TypeVar("T")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Verification:
    matches: bool
    needs_rehash: bool = False
    """The hash was made with other parameters than the current ones."""


class PasswordHasher:
    """Argon2id in a bounded pool of threads, which bounds memory too: one hash per thread.

    Raises `Unavailable` when `queue_size` calls wait for a thread.
    """

    def __init__(
        self, *, time_cost: int, memory_kib: int, parallelism: int, threads: int, queue_size: int
    ) -> None:
        self._hasher = argon2.PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._capacity = threads + queue_size
        self._pending = 0
        # Verified in place of a missing hash, so that unknown accounts take as long as others.
        self._dummy_hash = self._hasher.hash("\0 nobody's password")

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> Verification:
        """Verify a password; for None, do the same work and match nothing."""
        return await self._run(lambda: self._verify(stored, password))

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str | None, password: str) -> Verification:
        try:
            self._hasher.verify(stored or self._dummy_hash, password)
        except VerifyMismatchError:
            return Verification(matches=False)
        except (VerificationError, InvalidHashError):
            _log.exception("password_hash_invalid")
            return Verification(matches=False)
        if stored is None:
            return Verification(matches=False)
        return Verification(matches=True, needs_rehash=self._hasher.check_needs_rehash(stored))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= self._capacity:
            raise Unavailable("Too many people are logging in at this moment.")
        self._pending += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._pending -= 1
