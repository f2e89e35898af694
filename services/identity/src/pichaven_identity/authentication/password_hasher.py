import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import Type

from pichaven_chassis.logging import get_logger
from pichaven_chassis.problems import Unavailable
from pichaven_identity.ports import Verification

T = TypeVar("T")
_log = get_logger(__name__)


class Argon2Passwords:
    """Argon2id in a few threads of its own, which bounds memory too: one hash a thread.

    Beyond `waiting` queued calls it refuses rather than let answers and memory grow.
    """

    def __init__(
        self, *, time_cost: int, memory_kib: int, parallelism: int, threads: int, waiting: int
    ) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism, type=Type.ID
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._room = threads + waiting
        self._inside = 0
        # Of no password: matched by nothing, and as slow as any.
        self._nobody = self._hasher.hash("\0 nobody's password")

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> Verification:
        return await self._run(lambda: self._verify(stored, password))

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, stored: str | None, password: str) -> Verification:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except VerifyMismatchError:
            return Verification(matches=False)
        except (VerificationError, InvalidHashError):
            _log.exception("stored_hash_unusable")
            return Verification(matches=False)
        if stored is None:
            return Verification(matches=False)
        return Verification(matches=True, outdated=self._hasher.check_needs_rehash(stored))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._inside >= self._room:
            raise Unavailable("Too many people are logging in at this moment.")
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1
