"""Changing a user's own account."""

from pichaven_chassis.clock import Clock
from pichaven_chassis.etags import ExpectedTags
from pichaven_chassis.problems import PreconditionFailed
from pichaven_identity.accounts.model import Account, normalise_name
from pichaven_identity.accounts.queries import ReadProfile
from pichaven_identity.accounts.repository import AccountRepository


class ChangeProfile:
    """Rename an account, if its version is expected."""

    def __init__(
        self, accounts: AccountRepository, read_profile: ReadProfile, *, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._read_profile = read_profile
        self._clock = clock

    async def __call__(self, user_id: str, *, name: str, expected: ExpectedTags) -> Account:
        """Return the account afterwards.

        Raises `InvalidRequest` whatever the version is, `Unauthorized`, `PreconditionFailed`.
        """
        name, version = normalise_name(name), None
        if expected:
            version = (await self._read_profile(user_id)).version
            expected.check_version(version)
        account = await self._accounts.rename(user_id, name, version=version, now=self._clock())
        if account is None:
            raise PreconditionFailed("Read it again and repeat the change on what you find.")
        return account
