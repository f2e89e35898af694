"""Changing a user's own account."""

from pichaven_chassis.clock import Clock
from pichaven_chassis.problems import PreconditionFailed
from pichaven_identity.accounts.model import Account, normalise_name
from pichaven_identity.accounts.repository import AccountRepository


class ChangeProfile:
    def __init__(self, accounts: AccountRepository, *, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock

    async def __call__(self, user_id: str, *, name: str, version: int | None) -> Account:
        """Rename the account; with a version, only if the account is still at it.

        Raises `InvalidRequest`, `PreconditionFailed`.
        """
        account = await self._accounts.rename(
            user_id, normalise_name(name), version=version, now=self._clock()
        )
        if account is None:
            raise PreconditionFailed("Read it again and repeat the change on what you find.")
        return account
