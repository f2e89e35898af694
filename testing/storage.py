"""What object storage really holds."""

from pydantic import SecretStr

from pichaven_chassis.settings import StorageSettings
from pichaven_chassis.storage import S3ObjectStore, connect_store
from pichaven_local.stack import Stack


def store_of(stack: Stack) -> S3ObjectStore:
    """The stack's media bucket, reached as the services reach it."""
    env = stack.environment("upload")
    return connect_store(
        StorageSettings(
            endpoint_url=env["PICHAVEN_STORAGE_ENDPOINT_URL"],
            access_key_id=env["PICHAVEN_STORAGE_ACCESS_KEY_ID"],
            secret_access_key=SecretStr(env["PICHAVEN_STORAGE_SECRET_ACCESS_KEY"]),
            bucket=env["PICHAVEN_STORAGE_BUCKET"],
        )
    )


async def keys_of(stack: Stack, owner_id: str) -> set[str]:
    """Every key under which storage holds something of an owner."""
    store = store_of(stack)
    try:
        return {
            found.key
            for prefix in (f"originals/{owner_id}/", f"derived/{owner_id}/")
            async for found in store.list(prefix)
        }
    finally:
        await store.close()
