"""Reading a user's own account."""

from pichaven_chassis.problems import Unauthorized
from pichaven_identity.accounts.model import Account
from pichaven_identity.accounts.repository import AccountRepository


class ReadProfile:
    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts

    async def __call__(self, user_id: str) -> Account:
        account = await self._accounts.get(user_id)
        if account is None:
            raise Unauthorized("The account of this token is gone.")
        return account
