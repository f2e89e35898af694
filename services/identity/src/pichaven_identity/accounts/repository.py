"""Accounts in MongoDB, unique by e-mail address."""

from datetime import datetime

from pymongo import ReturnDocument

from pichaven_chassis.mongo import Document, MongoDatabase, insert_unless_exists
from pichaven_identity.accounts.model import Account, email_key
from pichaven_identity.errors import EmailTaken


class AccountRepository:
    """Accounts; `email_key` is unique."""

    def __init__(self, database: MongoDatabase) -> None:
        self._accounts = database["users"]

    async def ensure_indexes(self) -> None:
        await self._accounts.create_index("email_key", unique=True, name="email_key")

    async def add(self, account: Account) -> None:
        """Insert a new account. Raises `EmailTaken` when its address has one."""
        document = {
            "_id": account.id,
            "email": account.email,
            "email_key": email_key(account.email),
            "name": account.name,
            "password_hash": account.password_hash,
            "created_at": account.created_at,
            "updated_at": account.updated_at,
            "version": account.version,
        }
        if not await insert_unless_exists(self._accounts, document):
            raise EmailTaken("Log in, or use another address.")

    async def get(self, user_id: str) -> Account | None:
        return _to_account(await self._accounts.find_one({"_id": user_id}))

    async def get_by_email_key(self, key: str) -> Account | None:
        return _to_account(await self._accounts.find_one({"email_key": key}))

    async def rename(
        self, user_id: str, name: str, *, version: int | None, now: datetime
    ) -> Account | None:
        """Return the renamed account; None when there is none at this version (any, if None)."""
        query: Document = {"_id": user_id}
        if version is not None:
            query["version"] = version
        return _to_account(
            await self._accounts.find_one_and_update(
                query,
                {"$set": {"name": name, "updated_at": now}, "$inc": {"version": 1}},
                return_document=ReturnDocument.AFTER,
            )
        )

    async def replace_password(
        self, user_id: str, *, old_hash: str, new_hash: str, changed_at: datetime | None
    ) -> bool:
        """Replace the hash if it is still `old_hash`; return whether it was.

        `changed_at` is None when the password stays the same.
        """
        fields: Document = {"password_hash": new_hash}
        if changed_at is not None:
            fields["password_changed_at"] = changed_at
        result = await self._accounts.update_one(
            {"_id": user_id, "password_hash": old_hash}, {"$set": fields}
        )
        return result.matched_count == 1


def _to_account(document: Document | None) -> Account | None:
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
