"""Direct access to a stack's object storage."""

from pydantic import SecretStr

from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import S3ObjectStore, connect_store
from pichaven_local.stack import Stack


def media_store(stack: Stack) -> S3ObjectStore:
    """Connect to the stack's media bucket with the credentials of the services."""
    settings = stack.environment("upload")
    return connect_store(
        StorageSettings(
            endpoint_url=settings["PICHAVEN_STORAGE_ENDPOINT_URL"],
            access_key_id=settings["PICHAVEN_STORAGE_ACCESS_KEY_ID"],
            secret_access_key=SecretStr(settings["PICHAVEN_STORAGE_SECRET_ACCESS_KEY"]),
            bucket=settings["PICHAVEN_STORAGE_BUCKET"],
        )
    )


async def object_keys(stack: Stack, owner_id: str) -> set[str]:
    """Return the keys of all objects of an owner, originals and derived ones."""
    store = media_store(stack)
    try:
        return {
            info.key
            for prefix in (f"originals/{owner_id}/", f"derived/{owner_id}/")
            async for info in store.list(prefix)
        }
    finally:
        await store.close()
