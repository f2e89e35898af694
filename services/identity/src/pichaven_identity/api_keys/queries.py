"""A user's API keys."""

from collections.abc import Sequence

from pichaven_identity.api_keys.model import ApiKey
from pichaven_identity.api_keys.repository import ApiKeyRepository


class ListApiKeys:
    def __init__(self, api_keys: ApiKeyRepository) -> None:
        self._api_keys = api_keys

    async def __call__(self, user_id: str) -> Sequence[ApiKey]:
        """Return the user's keys, newest first."""
        keys = await self._api_keys.list_by_user(user_id)
        return sorted(keys, key=lambda key: key.id, reverse=True)
