from datetime import datetime

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from pichaven_chassis.mongo import Document, MongoDatabase
from pichaven_chassis.outbox import PUBLIC, outbox_fields
from pichaven_contracts.event import Event
from pichaven_identity.accounts.model import Account, email_key
from pichaven_identity.errors import EmailTaken


class MongoAccounts:
    """Accounts with their outbox; `email_key` is unique."""

    def __init__(self, database: MongoDatabase) -> None:
        self.collection = database["users"]

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("email_key", unique=True, name="email_key")

    async def add(self, account: Account, *events: Event) -> None:
        document = {
            "_id": account.id,
            "email": account.email,
            "email_key": email_key(account.email),
            "name": account.name,
            "password_hash": account.password_hash,
            "created_at": account.created_at,
            "updated_at": account.updated_at,
            "version": account.version,
            **outbox_fields(*events),
        }
        try:
            await self.collection.insert_one(document)
        except DuplicateKeyError:
            raise EmailTaken("Log in, or use another address.") from None

    async def get(self, user_id: str) -> Account | None:
        return _account(await self.collection.find_one({"_id": user_id}, PUBLIC))

    async def by_email_key(self, key: str) -> Account | None:
        return _account(await self.collection.find_one({"email_key": key}, PUBLIC))

    async def rename(
        self, user_id: str, name: str, *, version: int | None, now: datetime
    ) -> Account | None:
        wanted: Document = {"_id": user_id}
        if version is not None:
            wanted["version"] = version
        changed = await self.collection.find_one_and_update(
            wanted,
            {"$set": {"name": name, "updated_at": now}, "$inc": {"version": 1}},
            projection=PUBLIC,
            return_document=ReturnDocument.AFTER,
        )
        return _account(changed)

    async def replace_password(
        self, user_id: str, *, old_hash: str, new_hash: str, changed_at: datetime | None
    ) -> bool:
        fields: Document = {"password_hash": new_hash}
        if changed_at is not None:
            fields["password_changed_at"] = changed_at
        result = await self.collection.update_one(
            {"_id": user_id, "password_hash": old_hash}, {"$set": fields}
        )
        return result.matched_count == 1


def _account(document: Document | None) -> Account | None:
    if document is None:
        return None
    return Account(
        id=document["_id"],
        email=document["email"],
        name=document["name"],
        password_hash=document["password_hash"],
        created_at=document["created_at"],
        updated_at=document["updated_at"],
        version=document["version"],
        password_changed_at=document.get("password_changed_at"),
    )
