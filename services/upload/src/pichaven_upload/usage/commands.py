"""Reserving an owner's quota for an upload."""

import asyncio

from pichaven_chassis.clock import Clock
from pichaven_chassis.logging import get_logger
from pichaven_contracts.photo import Lane
from pichaven_upload.usage.model import Account, Limits
from pichaven_upload.usage.repository import AccountRepository

_log = get_logger(__name__)


class ReserveQuota:
    """Add an upload to its owner's account, before anything is stored."""

    def __init__(self, accounts: AccountRepository, limits: Limits, *, clock: Clock) -> None:
        self._accounts = accounts
        self._limits = limits
        self._clock = clock

    async def __call__(self, owner_id: str, upload_id: str, size: int, lane: Lane) -> Lane:
        """Return the lane to use: the bulk lane for an owner who begins very many uploads.

        Raises `UploadRateExceeded`, `TooManyOpenUploads`, `QuotaExceeded`.
        """
        now = self._clock()

        async def reserve(account: Account) -> Account:
            return account.reserve(upload_id, size, self._limits, now)

        account = await self._accounts.update_optimistically(owner_id, reserve)
        return Lane.BULK if account.is_bulk(self._limits, now) else lane

    async def undo(self, owner_id: str, upload_id: str) -> None:
        """Remove a reservation without an upload; the reconciler does it where this fails."""

        async def settle(account: Account) -> Account:
            return account.settle(upload_id)

        try:
            await asyncio.shield(self._accounts.update_optimistically(owner_id, settle))
        except Exception as error:
            _log.warning("reservation_undo_deferred", upload=upload_id, error=repr(error)[:300])
