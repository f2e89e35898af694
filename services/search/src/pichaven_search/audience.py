"""Who searches, and whose photos that viewer may find."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from pichaven_chassis.auth import Reader


@dataclass(frozen=True, slots=True)
class Audience:
    """The viewer of a request; every query of photos is restricted to it.

    A viewer finds the own library. Albums that others share will add their owners here.
    """

    user_id: str

    @property
    def own(self) -> "Audience":
        """The viewer's own photos alone: for library statistics, completions and duplicates."""
        return Audience(self.user_id)

    @property
    def owner_ids(self) -> tuple[str, ...]:
        """The owners whose photos may be found; their shards are searched."""
        return (self.user_id,)

    @property
    def routing(self) -> str:
        """Elasticsearch's `routing` of the owners' shards."""
        return ",".join(self.owner_ids)

    def may_download(self, owner_id: str) -> bool:
        """Return whether the viewer may get the originals of an owner. Only owners may."""
        return owner_id == self.user_id


async def get_audience(user: Reader) -> Audience:
    """FastAPI dependency: the audience of the request's user."""
    return Audience(user.user_id)


CurrentAudience = Annotated[Audience, Depends(get_audience)]
