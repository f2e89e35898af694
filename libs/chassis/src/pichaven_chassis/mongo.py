"""MongoDB, through motor, and motor through this module alone.

Motor's upstream has moved on to PyMongo's own async client; the change will be made here.
"""

from typing import TYPE_CHECKING, Any

from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import WriteConcern
from pymongo.read_concern import ReadConcern

from pichaven_chassis.health import HealthCheck
from pichaven_chassis.settings import MongoSettings

Document = dict[str, Any]

if TYPE_CHECKING:
    MongoClient = AsyncIOMotorClient[Document]
    MongoCollection = AsyncIOMotorCollection[Document]
    MongoDatabase = AsyncIOMotorDatabase[Document]
else:
    # Generic in their stubs alone.
    MongoClient = AsyncIOMotorClient
    MongoCollection = AsyncIOMotorCollection
    MongoDatabase = AsyncIOMotorDatabase


def connect(settings: MongoSettings, service: str) -> MongoDatabase:
    """The service's own database. Connects on first use; every operation has a time limit."""
    client: MongoClient = MongoClient(
        settings.url.get_secret_value(),
        tz_aware=True,
        appname=f"pichaven-{service}",
        serverSelectionTimeoutMS=settings.timeout_ms,
        connectTimeoutMS=settings.timeout_ms,
        socketTimeoutMS=settings.timeout_ms,
        waitQueueTimeoutMS=settings.timeout_ms,
        retryWrites=True,
    )
    return client.get_database(
        f"pichaven_{service}",
        write_concern=WriteConcern("majority"),
        read_concern=ReadConcern("majority"),
    )


async def close(database: MongoDatabase) -> None:
    database.client.close()


def ping_check(database: MongoDatabase) -> HealthCheck:
    """Ready when the database answers."""

    async def probe() -> None:
        await database.command("ping")

    return HealthCheck("mongo", probe)


def merge_updates(*updates: Document) -> Document:
    """One Mongo update from several; a field may be named by only one of them."""
    merged: Document = {}
    for update in updates:
        for operator, fields in update.items():
            target = merged.setdefault(operator, {})
            clash = target.keys() & fields.keys()
            if clash:
                raise ValueError(f"{operator} names {sorted(clash)} twice")
            target.update(fields)
    return merged
