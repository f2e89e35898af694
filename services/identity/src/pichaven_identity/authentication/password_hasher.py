"""Hashing passwords with Argon2id."""

from dataclasses import dataclass

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from pichaven_chassis.logging import get_logger
from pichaven_identity.authentication.bounded_threads import BoundedThreads

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
        self._threads = BoundedThreads("argon2", threads=threads, queue_size=queue_size)
        # Verified in place of a missing hash, so that unknown accounts take as long as others.
        self._dummy_hash = self._hasher.hash("\0 nobody's password")

    async def hash(self, password: str) -> str:
        return await self._threads.run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> Verification:
        """Verify a password; for None, do the same work and match nothing."""
        return await self._threads.run(lambda: self._verify(stored, password))

    async def close(self) -> None:
        await self._threads.close()

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
