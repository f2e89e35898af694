from pichaven_chassis.clock import Clock
from pichaven_chassis.problems import PreconditionFailed, Unauthorized
from pichaven_identity.accounts.model import Account, checked_name
from pichaven_identity.ports import Accounts


class ShowProfile:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def __call__(self, user_id: str) -> Account:
        account = await self._accounts.get(user_id)
        if account is None:
            raise Unauthorized("The account of this token is gone.")
        return account


class ChangeProfile:
    """Changes what is given. With a version, only that version is changed."""

    def __init__(self, accounts: Accounts, *, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock

    async def __call__(self, user_id: str, *, name: str, version: int | None) -> Account:
        changed = await self._accounts.rename(
            user_id, checked_name(name), version=version, now=self._clock()
        )
        if changed is None:
            raise PreconditionFailed("Read it again and repeat the change on what you find.")
        return changed
