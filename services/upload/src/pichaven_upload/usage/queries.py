"""An owner's usage and limits."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from pichaven_chassis.clock import Clock
from pichaven_upload.usage.model import Limits
from pichaven_upload.usage.repository import AccountRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Bytes of originals; open uploads count with the size they announced."""

    bytes_used: Annotated[
        int, Field(description="Bytes of the originals that are stored.", examples=[18_253_611_008])
    ]
    bytes_reserved: Annotated[
        int, Field(description="Bytes that open uploads have announced.", examples=[4_816_233])
    ]
    quota_bytes: Annotated[
        int,
        Field(
            description="Bytes that the originals may have together.", examples=[107_374_182_400]
        ),
    ]
    photos: Annotated[int, Field(description="How many photos there are.", examples=[4_127])]
    open_uploads: Annotated[int, Field(description="Uploads that are not finished.", examples=[1])]
    uploads_last_hour: Annotated[
        int, Field(description="Uploads that began in the last hour.", examples=[36])
    ]
    uploads_per_hour: Annotated[
        int, Field(description="Uploads that may begin in an hour.", examples=[10_000])
    ]
    max_file_bytes: Annotated[
        int, Field(description="Bytes that one file may have.", examples=[524_288_000])
    ]


class GetUsage:
    def __init__(
        self, accounts: AccountRepository, limits: Limits, *, clock: Clock, max_file_bytes: int
    ) -> None:
        self._accounts = accounts
        self._limits = limits
        self._clock = clock
        self._max_file_bytes = max_file_bytes

    async def __call__(self, owner_id: str) -> Usage:
        account = await self._accounts.get(owner_id)
        return Usage(
            # A photo may be subtracted just before its upload is added.
            bytes_used=max(0, account.bytes_used),
            bytes_reserved=account.bytes_reserved,
            quota_bytes=self._limits.quota_bytes,
            photos=max(0, account.photos),
            open_uploads=len(account.open),
            uploads_last_hour=account.started_within(60, self._clock()),
            uploads_per_hour=self._limits.uploads_per_hour,
            max_file_bytes=self._max_file_bytes,
        )
