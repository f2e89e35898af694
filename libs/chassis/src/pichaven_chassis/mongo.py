"""MongoDB through motor; no other module imports motor.

Motor's successor is PyMongo's own async client (ADR 0007); the change will be made here.
"""

from typing import TYPE_CHECKING, Any

from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import WriteConcern
from pymongo.errors import DuplicateKeyError
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
    """Return the service's database. It connects on first use; every operation has a timeout.

    An acknowledged write is in the journal of a majority. MongoDB's replica sets do so for
    `majority` alone; SecantusDB would lose what it has not yet written when it is killed.
    """
    options: dict[str, Any] = {}
    if settings.username and settings.password:
        options["username"] = settings.username
        options["password"] = settings.password.get_secret_value()
    if settings.ca_file:
        options |= {"tls": True, "tlsCAFile": str(settings.ca_file)}
    client: MongoClient = MongoClient(
        settings.url.get_secret_value(),
        tz_aware=True,
        appname=f"pichaven-{service}",
        serverSelectionTimeoutMS=settings.timeout_ms,
        connectTimeoutMS=settings.timeout_ms,
        socketTimeoutMS=settings.timeout_ms,
        waitQueueTimeoutMS=settings.timeout_ms,
        retryWrites=True,
        **options,
    )
    return client.get_database(
        f"pichaven_{service}",
        write_concern=WriteConcern("majority", j=True),
        read_concern=ReadConcern("majority"),
    )


async def close(database: MongoDatabase) -> None:
    database.client.close()


def ping_check(database: MongoDatabase) -> HealthCheck:
    """Return the check that the database answers."""

    async def probe() -> None:
        await database.command("ping")

    return HealthCheck("mongo", probe)


async def insert_unless_exists(collection: MongoCollection, document: Document) -> bool:
    """Insert the document; return False where a unique index has one of its keys already."""
    try:
        await collection.insert_one(document)
    except DuplicateKeyError:
        return False
    return True


def merge_updates(*updates: Document) -> Document:
    """Return one Mongo update of several. Raises `ValueError` where two name the same field."""
    merged: Document = {}
    for update in updates:
        for operator, fields in update.items():
            target = merged.setdefault(operator, {})
            repeated = target.keys() & fields.keys()
            if repeated:
                raise ValueError(f"{operator} names {sorted(repeated)} twice")
            target.update(fields)
    return merged
